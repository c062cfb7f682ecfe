// The child process: it starts, does what it is told, and is gone afterwards, however its parent ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { privateKeyToAddress } from 'viem/accounts';
import { AnvilError, DEV_KEYS, findAnvil, startAnvil } from './anvil.ts';
import { until } from './testing.ts';

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('startAnvil', () => {
  it('mines, finalises, moves time, and stops', async () => {
    const anvil = await startAnvil({ blockTime: 'manual', chainId: 4242 });
    assert.equal(await anvil.rpc('eth_chainId'), '0x1092');
    await anvil.mine(5);
    const block = (tag: string) =>
      anvil.rpc<{ number: string; timestamp: string }>('eth_getBlockByNumber', [tag, false]);
    assert.equal((await block('latest')).number, '0x5');
    assert.equal((await block('finalized')).number, '0x3');
    const time = Number((await block('latest')).timestamp);
    await anvil.increaseTime(1000);
    assert.ok(Number((await block('latest')).timestamp) >= time + 1000);
    for (const key of [DEV_KEYS[0], DEV_KEYS.at(-1)!]) {
      const balance = await anvil.rpc<string>('eth_getBalance', [privateKeyToAddress(key), 'latest']);
      assert.ok(BigInt(balance) > 10n ** 18n);
    }
    await assert.rejects(anvil.rpc('eth_nothing'), AnvilError);
    await anvil.stop();
    await anvil.ended;
    assert.equal(isAlive(anvil.pid), false);
    await anvil.stop();
  });

  it('says what is wrong when it cannot start', async () => {
    const first = await startAnvil();
    await assert.rejects(startAnvil({ port: first.port }), /in use/i);
    await first.stop();
  });

  it('is gone when its parent is killed', { skip: process.platform === 'win32' }, async () => {
    const module = fileURLToPath(new URL('./anvil.ts', import.meta.url));
    const code = `
      const { startAnvil } = await import(${JSON.stringify(module)});
      const anvil = await startAnvil();
      process.stdout.write(String(anvil.pid) + '\\n' + anvil.url);
    `;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', code]);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const [pid, url] = line.toString().split('\n') as [string, string];
    assert.ok(isAlive(Number(pid)));
    parent.kill('SIGKILL');
    await until('nobody answers', () =>
      fetch(url, { method: 'POST', body: '{}' }).then(
        () => false,
        () => true,
      ),
    );
  });
});

describe('findAnvil', () => {
  it('finds it where npm has put it', () => assert.match(findAnvil(), /anvil(?:\.exe)?$/));
});
