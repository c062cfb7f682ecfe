/**
 * Play, in a real browser against `upfront devnet` as a person starts it: standing and allowance react to those who
 * withhold and those who perform, ten thousand nonces, and the way out when the operator is gone.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { skipWithoutChromium, startBrowser, type TestBrowser, type TestPage } from './browser.ts';
import { until } from './devnet.ts';
import { assertAccessible, createStory, press } from './wallet-steps.ts';

const COMMAND = fileURLToPath(new URL('./bin/upfront', import.meta.resolve('@upfront/cli/package.json')));
const UP_MOST_MS = 60_000;

describe('play', { skip: skipWithoutChromium(), timeout: 300_000 }, () => {
  const step = createStory();
  let devnet: Devnet;
  let browser: TestBrowser;
  let one: TestPage;

  before(async () => {
    devnet = await startDevnet();
    browser = await startBrowser();
    one = await browser.open(`${devnet.nodeUrl}/play`);
  });
  after(async () => {
    await browser?.close();
    await devnet?.stop();
  });

  const role = (name: string) => one.page.getByRole('region', { name, exact: true });
  /** The number at the beginning of a role's tally. */
  const tally = async (name: string): Promise<number> => {
    const text = (await role(name).locator('.tally strong').textContent()) ?? '';
    return Number(text.replaceAll(',', '').split(/\s/)[0]);
  };
  const standing = async (name: string): Promise<number> => {
    const text = (await role(name).locator('.trace strong').first().textContent()) ?? '';
    return Number(text.split(/\s/)[0]);
  };

  step('an honest crowd performs, and its standing rises', async () => {
    await assertAccessible(one.page, 'before the play');
    await press(one.page, 'Start: Honest crowd');
    await until(
      'payments of the crowd',
      async () => ((await tally('Honest crowd')) >= 20 ? true : undefined),
      60_000,
    );
    await until('a rise', async () => ((await standing('Honest crowd')) > 12.5 ? true : undefined));
  });

  step('a withholder loses standing and places, a slow one keeps its own', async () => {
    await press(one.page, 'Start: Withholder');
    await press(one.page, 'Start: Slow holder');
    await until(
      'standing halved twice',
      async () => {
        const now = await standing('Withholder');
        return now > 0 && now <= 3.2 ? true : undefined;
      },
      60_000,
    );
    await role('Withholder')
      .getByText(/^Allowance/)
      .waitFor();
    await until('slow posts', async () => ((await tally('Slow holder')) >= 4 ? true : undefined), 60_000);
    assert.ok((await standing('Slow holder')) >= 12.5);
    await assertAccessible(one.page, 'while they play');
    for (const name of ['Honest crowd', 'Withholder', 'Slow holder']) {
      await role(name).getByRole('button', { name: 'Stop' }).click();
      await role(name).getByText('stopped').waitFor();
    }
  });

  step('ten thousand nonces go through, and the places grow with them', async () => {
    const started = performance.now();
    await press(one.page, 'Start: Burst of 10,000');
    await role('Burst of 10,000').getByText('done', { exact: true }).waitFor({ timeout: 90_000 });
    assert.equal(await tally('Burst of 10,000'), 10_000);
    console.log(`a burst of 10,000 in the page: ${((performance.now() - started) / 1000).toFixed(1)} s`);
    await until('all places', async () => ((await standing('Burst of 10,000')) === 100 ? true : undefined));
  });

  step('the purse leaves without the operator', async () => {
    const { page, expectErrors } = one;
    const act = page.getByRole('region', { name: 'Leave without the operator' });
    // What is exited with is what is settled: the purse's deposit, less what settlements have taken since.
    await act.getByText(/ETH/).first().waitFor();
    expectErrors(/ERR_CONNECTION|ERR_EMPTY_RESPONSE|WebSocket/);
    await press(page, 'Stop the operator');
    await act.getByText('gone', { exact: true }).waitFor({ timeout: 90_000 });
    await assert.rejects(fetch(`${devnet.nodeUrl}/v1/status`));
    await press(page, 'Exit');
    await act.getByText('Claimable from').waitFor({ timeout: 90_000 });
    await press(page, 'Let the close age pass');
    await act.getByText('Nobody answered the exit in time.').waitFor();
    await press(page, 'Claim');
    await act.getByText(/^Paid \d+(\.\d+)?\sETH on the first layer\. The contract has closed\.$/).waitFor();
  });

  step('said nothing wrong on the way', () => one.close());
});

interface Devnet {
  readonly nodeUrl: string;
  stop(): Promise<void>;
}

/** `upfront devnet` in a folder of its own, on free ports. */
async function startDevnet(): Promise<Devnet> {
  const folder = mkdtempSync(join(tmpdir(), 'upfront-play-'));
  const argv = [
    COMMAND,
    'devnet',
    '--json',
    '--port',
    '0',
    '--l1-port',
    '0',
    '--interval',
    '3s',
    '--home',
    folder,
  ];
  const child = spawn(process.execPath, argv, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const stop = async (): Promise<void> => {
    await ended(child, 'SIGINT');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const late = setTimeout(() => child.kill('SIGKILL'), UP_MOST_MS);
  try {
    const lines = createInterface({ input: child.stdout });
    for await (const line of lines) {
      const { nodeUrl } = JSON.parse(line) as { nodeUrl?: string };
      if (nodeUrl === undefined) continue;
      child.stdout.resume();
      return { nodeUrl, stop };
    }
    throw new Error('the devnet has ended');
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(late);
  }
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}
