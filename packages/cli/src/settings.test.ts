/** Flags go before the environment, that before config.json; and where that file is. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { CliError } from './errors.ts';
import { findHome, readSettings, writeProfile } from './settings.ts';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'upfront-settings-'));
  mkdirSync(join(folder, 'a', 'b'), { recursive: true });
});
after(() => rmSync(folder, { recursive: true }));

it('finds the home folder', () => {
  const deep = join(folder, 'a', 'b');
  mkdirSync(join(folder, '.upfront'));
  assert.equal(findHome(undefined, {}, deep), join(folder, '.upfront'));
  assert.equal(findHome(undefined, { UPFRONT_HOME: 'x' }, deep), join(deep, 'x'));
  assert.equal(findHome('y', { UPFRONT_HOME: 'x' }, deep), join(deep, 'y'));
  assert.equal(findHome(undefined, { UPFRONT_HOME: '' }, '/'), join(homedir(), '.upfront'));
});

it('prefers flags to the environment, and that to the file', () => {
  const home = join(folder, '.upfront');
  writeProfile(home, { nodeUrl: 'http://file:1', l1Url: 'http://file:2', genesis: 'genesis.json' });
  writeProfile(home, { account: 'alice' });
  const environment = {
    UPFRONT_NODE_URL: 'http://environment:1/',
    UPFRONT_GENESIS: 'other.json',
    UPFRONT_L1_URL: '',
  };
  const settings = readSettings({ node: 'http://flag:1/' }, environment, folder);
  assert.deepEqual(settings, {
    home,
    isAccountFlag: false,
    nodeUrl: 'http://flag:1',
    l1Url: 'http://file:2',
    genesis: join(folder, 'other.json'),
    account: 'alice',
  });
  assert.equal(readSettings({}, environment, folder).nodeUrl, 'http://environment:1');
  assert.equal(readSettings({}, {}, folder).genesis, join(home, 'genesis.json'));
  assert.equal(readSettings({ account: 'bob' }, {}, folder).isAccountFlag, true);
});

it('refuses a broken file, and URLs that are none', () => {
  const home = join(folder, 'broken');
  mkdirSync(home);
  const isUsage = (error: unknown): boolean => error instanceof CliError && error.kind === 'usage';
  for (const text of ['{', '[]', '{"nodeURL":"x"}', '{"nodeUrl":1}']) {
    writeFileSync(join(home, 'config.json'), text);
    assert.throws(() => readSettings({ home }, {}, folder), isUsage, text);
  }
  for (const node of ['127.0.0.1:8640', 'ws://x', 'x']) {
    assert.throws(() => readSettings({ home: join(folder, 'none'), node }, {}, folder), isUsage, node);
  }
});
