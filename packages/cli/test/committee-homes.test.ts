/**
 * `upfront init --validators N`: what it writes, who may read it, and what it refuses before it spends anything.
 */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fromHex, toHex } from '@upfront/core';
import { type Anvil, DEV_KEYS, loadConfig, readGenesisFile, startAnvil } from '@upfront/node';
import { createMachine, type Machine, type Said } from './support.ts';

const COUNT = 4;

describe('homes of a committee', { timeout: 300_000 }, () => {
  let machine: Machine;
  let anvil: Anvil;
  let made: Said;
  const out = (name: string): string => join(machine.folder, name);
  const init = (folder: string, ...more: string[]) =>
    machine.run(['init', '--l1', anvil.url, '--out', out(folder), ...more], { UPFRONT_KEY: DEV_KEYS[0] });
  const transactions = async (): Promise<number> => {
    const address = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';
    return Number(await anvil.rpc('eth_getTransactionCount', [address, 'latest']));
  };
  const json = (path: string): Said => JSON.parse(readFileSync(path, 'utf8'));

  before(async () => {
    machine = createMachine();
    anvil = await startAnvil({ blockTime: 'automine' });
    const { code, json: said, stderr } = await init('net', '--validators', `${COUNT}`, '--port', '9000');
    assert.equal(code, 0, stderr);
    made = said;
  });
  after(async () => {
    await anvil.stop();
    await machine.remove();
  });

  it('are one a validator, each whole, with the same genesis and committee', () => {
    const homes: string[] = made['homes'];
    assert.deepEqual(
      homes,
      Array.from({ length: COUNT }, (_, i) => join(out('net'), `validator-${i + 1}`)),
    );
    assert.equal(new Set(made['validators']).size, COUNT);
    const genesis = readGenesisFile(join(out('net'), 'genesis.json'));
    assert.deepEqual(
      genesis.validators.map((one) => toHex(one)).sort(),
      [...made['validators']].map((one: string) => one.toLowerCase()).sort(),
    );
    for (const home of homes) {
      assert.deepEqual(readdirSync(home).sort(), [
        'committee.json',
        'config.json',
        'data',
        'genesis.json',
        'keys',
        'node.json',
      ]);
      assert.deepEqual(readGenesisFile(join(home, 'genesis.json')), genesis);
      assert.deepEqual(json(join(home, 'committee.json')), json(join(homes[0]!, 'committee.json')));
    }
  });

  it('hold keys that only their owner may read, all different', () => {
    const secrets: string[] = [];
    for (const [i, home] of (made['homes'] as string[]).entries()) {
      const paths = [
        'keys/validator.json',
        'data/comet/config/priv_validator_key.json',
        'data/comet/config/node_key.json',
        'data/comet/data/priv_validator_state.json',
      ].map((path) => join(home, path));
      for (const path of [...paths, join(home, 'node.json')])
        assert.equal(statSync(path).mode & 0o777, 0o600, path);
      assert.equal(statSync(home).mode & 0o777, 0o700, home);
      secrets.push(...paths.slice(0, 3).map((path) => readFileSync(path, 'utf8')));
      // Encrypted: the file names the address and no key.
      const { address, crypto } = json(paths[0]!);
      assert.equal(`0x${address}`, String(made['validators'][i]).toLowerCase());
      assert.equal(crypto.kdf, 'scrypt');
      // The public half of the consensus key is the one that the committee knows.
      const [known] = (json(join(home, 'committee.json'))['nodes'] as Said[]).filter(
        (node) => node['validator'] === `0x${address}`,
      );
      const publicKey = Buffer.from(json(paths[1]!)['pub_key'].value, 'base64');
      assert.deepEqual(Buffer.from(fromHex(known!['consensusKey'])!), publicKey);
    }
    assert.equal(new Set(secrets).size, 3 * COUNT);
  });

  it('stand side by side on one machine, and have the usual ports on hosts of their own', async () => {
    const ports = (homes: string[]): number[][] =>
      homes.map((home) => {
        const { engine, port, metricsPort, p2pPort, linkPort, committee } = loadConfig({
          file: join(home, 'node.json'),
        });
        assert.equal(engine, 'cometbft');
        assert.equal(committee, join(home, 'committee.json'));
        return [port, metricsPort, p2pPort, linkPort];
      });
    const here = ports(made['homes']);
    assert.deepEqual(here[1], [9002, 9003, 26_657, 26_757]);
    assert.equal(new Set(here.flat()).size, 4 * COUNT);
    const hosts = ['10.0.0.1', 'b.example', 'c.example', '10.0.0.4'];
    const { json: far, code } = await init('far', '--validators', '4', '--host', ...hosts);
    assert.equal(code, 0);
    assert.deepEqual(new Set(ports(far['homes']).map(String)), new Set(['8640,8641,26656,26756']));
    const nodes: Said[] = json(join(far['homes'][2], 'committee.json'))['nodes'];
    assert.deepEqual(
      nodes.map((node) => node['host']),
      hosts,
    );
    assert.equal(loadConfig({ file: join(far['homes'][0], 'node.json') }).p2pHost, '0.0.0.0');
  });

  it('are refused for a bad count, wrong hosts, or two ways of naming validators: nothing is made or spent', async () => {
    const before = await transactions();
    const rows: [string[], RegExp][] = [
      [['--validators', '0'], /without validators/],
      [['--validators', '-1'], /--validators/],
      [['--validators', '1.5'], /whole number/],
      [['--validators', '101'], /0\.\.100/],
      [['--validators', 'four'], /whole number/],
      [['--validators', '4', '--host', 'a', 'b'], /2 hosts for 4 validators/],
      [['--host', 'a'], /--host is of a committee/],
      [['--first-port', '3000'], /--first-port is of a committee/],
      [['--cometbft', '/opt/cometbft'], /--cometbft is of a committee/],
      [['--committee', 'committee.json'], /goes with --join/],
      [['--validators', '4', '--first-port', '65530'], /no port 65536/],
      [['--validators', '4', '--first-port', '3000', '--port', '1'], /cannot be used with/],
      [['--validators', '4', '--join', 'genesis.json'], /cannot be used with/],
      [['--join', 'genesis.json'], /committee is not known/],
      [['--validators', '2', '--validator', `0x${'11'.repeat(20)}`], /use one of both/],
    ];
    for (const [i, [more, message]] of rows.entries()) {
      const { code, stdout, stderr } = await init(`bad-${i}`, ...more);
      assert.equal(code, 2, more.join(' '));
      assert.match(`${stdout}${stderr}`, message, more.join(' '));
      assert.equal(existsSync(out(`bad-${i}`)), false, more.join(' '));
    }
    assert.equal(await transactions(), before);
  });

  it('say nothing of the machine that made them, and work wherever they are moved', async () => {
    const {
      code,
      json: said,
      stderr,
    } = await machine.run(
      [
        'init',
        '--l1',
        anvil.url,
        '--out',
        out('made'),
        '--validators',
        '3',
        '--first-port',
        '30000',
        '--host',
        'a.example',
        'b.example',
        'a.example',
      ],
      { UPFRONT_KEY: DEV_KEYS[0], UPFRONT_COMETBFT: '/only/here/cometbft' },
    );
    assert.equal(code, 0, stderr);
    const [home] = said['homes'] as [string];
    for (const name of ['node.json', 'config.json', 'committee.json', 'genesis.json'])
      assert.doesNotMatch(
        readFileSync(join(home, name), 'utf8'),
        new RegExp(`only/here|${machine.folder}`),
        name,
      );
    const moved = out('elsewhere');
    renameSync(home, moved);
    const { address } = json(join(moved, 'keys', 'validator.json'));
    await anvil.rpc('anvil_setBalance', [`0x${address}`, '0x8ac7230489e80000']);
    const bonded = await machine.run(['bond', '--home', moved]);
    assert.equal(bonded.code, 0, bonded.stderr);
    assert.deepEqual([bonded.json['amount'], bonded.json['consensusKey']], ['1', undefined]);
    const { stderr: help } = await init(
      'flag',
      '--validators',
      '2',
      '--first-port',
      '30000',
      '--cometbft',
      '/opt/cometbft',
    );
    assert.equal(
      loadConfig({ file: join(out('flag'), 'validator-1', 'node.json') }).cometbft,
      '/opt/cometbft',
      help,
    );
  });

  it('have the ports that are named, four each, next to one another on one host', () => {
    const rows: [string, number[]][] = [
      ['flag', [30_000, 30_004]],
      ['made', [30_000, 30_000, 30_004]],
    ];
    for (const [name, firsts] of rows) {
      const nodes: Said[] = json(join(out(name), 'validator-2', 'committee.json'))['nodes'];
      assert.deepEqual(
        nodes.map(({ p2pPort, linkPort }) => [p2pPort, linkPort]),
        firsts.map((first) => [first + 2, first + 3]),
      );
      const second = json(join(out(name), 'validator-2', 'node.json'));
      const { port, metricsPort, p2pPort, linkPort } = second;
      const first = firsts[1]!;
      assert.deepEqual([port, metricsPort, p2pPort, linkPort], [first, first + 1, first + 2, first + 3]);
    }
  });

  it('are made for a newcomer, which bonds with the key of its home', async () => {
    const from = made['homes'][0];
    const makeNewcomer = (...more: string[]) =>
      machine.run([
        'init',
        '--join',
        join(from, 'genesis.json'),
        '--committee',
        join(from, 'committee.json'),
        '--l1',
        anvil.url,
        ...more,
      ]);
    const {
      code,
      json: said,
      stderr,
    } = await makeNewcomer('--out', out('newcomer'), '--first-port', '31000', '--host', 'e.example');
    assert.equal(code, 0, stderr);
    const home: string = said['home'];
    const { entry, address, consensusKey } = said;
    const key = Buffer.from(
      json(join(home, 'data/comet/config/priv_validator_key.json'))['pub_key'].value,
      'base64',
    );
    assert.equal(consensusKey, `0x${key.toString('hex')}`);
    assert.deepEqual(
      [entry.validator, entry.consensusKey, entry.host, entry.p2pPort, entry.linkPort],
      [address.toLowerCase(), consensusKey, 'e.example', 31_002, 31_003],
    );
    assert.deepEqual(json(join(home, 'committee.json'))['nodes'], [
      ...json(join(from, 'committee.json'))['nodes'],
      entry,
    ]);
    assert.deepEqual(
      readGenesisFile(join(home, 'genesis.json')),
      readGenesisFile(join(from, 'genesis.json')),
    );
    assert.equal(loadConfig({ file: join(home, 'node.json') }).p2pHost, '0.0.0.0');
    for (const path of ['keys/validator.json', 'data/comet/config/priv_validator_key.json', 'node.json'])
      assert.equal(statSync(join(home, path)).mode & 0o777, 0o600, path);

    await anvil.rpc('anvil_setBalance', [address, '0x8ac7230489e80000']);
    const bonded = await machine.done(['bond', '--home', home]);
    assert.deepEqual([bonded['amount'], bonded['consensusKey']], ['1', consensusKey]);

    const again = await makeNewcomer('--out', out('newcomer'));
    assert.deepEqual([again.code, again.json['status']], [2, 'usage']);
    writeFileSync(out('no-committee.json'), '{"nodes":[]}');
    const none = await machine.run([
      'init',
      '--join',
      join(from, 'genesis.json'),
      '--committee',
      out('no-committee.json'),
      '--l1',
      anvil.url,
      '--out',
      out('none'),
    ]);
    assert.deepEqual([none.code, existsSync(out('none'))], [2, false]);
  });

  it('are never written over', async () => {
    const before = await transactions();
    const again = await init('net', '--validators', '4');
    assert.equal(again.code, 2);
    assert.match(`${again.stdout}${again.stderr}`, /network in .* already/);
    mkdirSync(join(out('half'), 'validator-3'), { recursive: true });
    const half = await init('half', '--validators', '4');
    assert.equal(half.code, 2);
    assert.match(`${half.stdout}${half.stderr}`, /validator-3 is there already/);
    // The others were not begun.
    assert.deepEqual(readdirSync(out('half')), ['validator-3']);
    assert.equal(await transactions(), before);
  });
});
