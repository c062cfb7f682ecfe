/** Precedence, strictness and help of the configuration; the genesis file. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { defaultParameters, type Genesis } from '@upfront/core';
import { type CommitteeNode, committeeToJson, genesisKeysOf, readCommitteeFile } from './committee-file.ts';
import { loadConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import { genesisFromJson, genesisToJson, readGenesisFile } from './genesis-file.ts';
import { flagOf, type Setting, settingNames, settings, settingsHelp, variableOf } from './settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'upfront-config-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

function fileOf(content: unknown): string {
  const path = join(folder, `${files++}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('a configuration', () => {
  test('of nothing has every default', () => {
    const config = loadConfig({});
    for (const name of settingNames) {
      const setting: Setting = settings[name];
      assert.equal(config[name], setting.default, name);
    }
  });

  test('is taken from flags, then environment, then file', () => {
    const file = fileOf({ port: 1, host: 'file', metricsPort: 3, metrics: false });
    const environment = { UPFRONT_PORT: '2', UPFRONT_HOST: 'environment', UPFRONT_METRICS_PORT: '' };
    const config = loadConfig({ flags: { port: '4', host: undefined }, environment, file });
    assert.equal(config.port, 4);
    assert.equal(config.host, 'environment');
    assert.equal(config.metricsPort, 3);
    assert.equal(config.metrics, false);
  });

  test('has paths of a file from the file’s folder, others as they are', () => {
    const file = fileOf({ dataDir: 'data', genesis: '/abs/genesis.json' });
    const config = loadConfig({ file });
    assert.equal(config.dataDir, join(folder, 'data'));
    assert.equal(config.genesis, '/abs/genesis.json');
    assert.equal(loadConfig({ flags: { dataDir: 'data' }, file }).dataDir, 'data');
  });

  test('names the setting and the source of what cannot be used', () => {
    const rows: [Parameters<typeof loadConfig>[0], RegExp][] = [
      [{ flags: { port: '65536' } }, /^port \(--port\) is "65536", not an integer in 0\.\.65535$/],
      [{ flags: { port: '0x10' } }, /--port/],
      [{ flags: { port: 1.5 } }, /--port/],
      [{ environment: { UPFRONT_PORT: ' 80' } }, /UPFRONT_PORT/],
      [{ environment: { UPFRONT_L1_TAG: 'pending' } }, /UPFRONT_L1_TAG.*finalized, safe, latest/],
      [{ flags: { l1Url: 'not a url' } }, /--l1-url/],
      [{ flags: { l1Url: 'file:///etc' } }, /--l1-url/],
      [{ flags: { logLevel: 'loud' } }, /--log-level/],
      [{ flags: { metrics: 'maybe' } }, /true or false/],
      [{ file: fileOf({ prot: 1 }) }, /prot, which there is not/],
      [{ file: fileOf({ connections: '-1' }) }, /in the file/],
      [{ file: fileOf('{') }, /cannot be read as JSON/],
      [{ file: fileOf([]) }, /not an object/],
      [{ file: join(folder, 'missing.json') }, /there is no file .*missing\.json: name one/],
    ];
    for (const [sources, message] of rows) {
      assert.throws(
        () => loadConfig(sources),
        (error) => error instanceof ConfigError && message.test(error.message),
        String(message),
      );
    }
  });

  test('has help for every setting, and one flag and one variable each', () => {
    const help = settingsHelp();
    for (const name of settingNames) {
      assert.ok(help.includes(flagOf(name)), name);
      assert.ok(help.includes(variableOf(name)), name);
    }
    assert.equal(new Set(settingNames.map(variableOf)).size, settingNames.length);
    assert.equal(flagOf('l1FromBlock'), '--l1-from-block');
    assert.equal(variableOf('connectionsPerAddress'), 'UPFRONT_CONNECTIONS_PER_ADDRESS');
  });
});

describe('a genesis file', () => {
  const genesis: Genesis = {
    chainId: 1,
    contract: new Uint8Array(20).fill(1),
    time: 1_700_000_000_000,
    parameters: defaultParameters,
    validators: [new Uint8Array(20).fill(2)],
  };

  test('is read back as it was written', () => {
    const json = genesisToJson(genesis);
    assert.deepEqual(readGenesisFile(fileOf(json)), genesis);
    assert.deepEqual(genesisFromJson({ bytes: json.bytes }), genesis);
  });

  test('that does not agree with itself is refused', () => {
    const json = genesisToJson(genesis);
    for (const changed of [
      { ...json, chainId: 2 },
      { ...json, hash: `0x${'00'.repeat(32)}` },
      { ...json, parameters: { ...json.parameters, fee: '11' } },
      { ...json, validators: [] },
      { ...json, bytes: json.bytes.slice(0, -2) },
      { ...json, bytes: undefined },
      null,
      'text',
    ]) {
      assert.throws(() => genesisFromJson(changed), ConfigError);
    }
    assert.throws(() => readGenesisFile(join(folder, 'missing.json')), ConfigError);
  });
});

describe('the file of a committee', () => {
  const nodeOf = (n: number, isValidator = true): CommitteeNode => ({
    validator: isValidator ? new Uint8Array(20).fill(n) : undefined,
    consensusKey: new Uint8Array(32).fill(n),
    id: `${n}`.repeat(40),
    host: `${n}.example`,
    p2pPort: 26_656,
    linkPort: 26_756,
  });

  test('is read back; the chain began with the keys of the genesis, whoever else is reached', () => {
    const nodes = [nodeOf(1), nodeOf(3), nodeOf(2), nodeOf(4, false)];
    assert.deepEqual(readCommitteeFile(fileOf(committeeToJson(nodes))), nodes);
    const validators = [1, 2].map((n) => nodeOf(n).validator!);
    assert.deepEqual(
      genesisKeysOf(nodes, { validators }),
      [1, 2].map((n) => ({ validator: nodeOf(n).validator, consensusKey: nodeOf(n).consensusKey })),
    );
  });

  test('that lists no nodes, or a wrong one, is refused', () => {
    const [good] = (committeeToJson([nodeOf(1)]) as { nodes: [object] }).nodes;
    const rows: [unknown, RegExp][] = [
      [{ nodes: [] }, /lists no "nodes"/],
      [{}, /lists no "nodes"/],
      ...['validator', 'consensusKey', 'id', 'host', 'p2pPort', 'linkPort'].map((name): [unknown, RegExp] => [
        { nodes: [{ ...good, [name]: 'x y' }] },
        new RegExp(`node 0: "${name}" is missing or wrong`),
      ]),
    ];
    for (const [content, message] of rows) assert.throws(() => readCommitteeFile(fileOf(content)), message);
  });
});
