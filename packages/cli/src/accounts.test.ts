/** Which account is meant, where its key comes from, and that no key comes from the command line. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { privateKeyToAccount } from 'viem/accounts';
import {
  chosenAddress,
  createNames,
  keyFromEnvironment,
  listAccounts,
  openAccount,
  parseKey,
  refuseKey,
  refuseKeys,
  resolveAddress,
  storeAccount,
} from './accounts.ts';
import { CliError } from './errors.ts';
import type { PasswordSource } from './prompt.ts';

const KEYS = [`0x${'01'.repeat(32)}`, `0x${'02'.repeat(32)}`, `0x${'03'.repeat(32)}`] as const;
const [ALICE, BOB, CAROL] = KEYS.map((key) => privateKeyToAccount(key).address) as [
  `0x${string}`,
  `0x${string}`,
  `0x${string}`,
];
const passwords: PasswordSource = { environment: { UPFRONT_PASSWORD: 'pass' }, ask: undefined };
const isUsage = (error: unknown): boolean => error instanceof CliError && error.kind === 'usage';

let home: string;
before(async () => {
  home = mkdtempSync(join(tmpdir(), 'upfront-accounts-'));
  await storeAccount(home, 'alice', KEYS[0], { passwords, cost: 'light' });
  await storeAccount(home, 'bob', KEYS[1], { passwords, cost: 'light' });
});
after(() => rmSync(home, { recursive: true }));

it('keeps keys encrypted, readable by their owner only, and never over another', async () => {
  assert.deepEqual(listAccounts(home), [
    { name: 'alice', address: ALICE },
    { name: 'bob', address: BOB },
  ]);
  const path = join(home, 'keys', 'alice.json');
  if (process.platform !== 'win32') assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(readFileSync(path, 'utf8').includes('01'.repeat(32)), false);
  await assert.rejects(storeAccount(home, 'alice', KEYS[2], { passwords, cost: 'light' }), isUsage);
  for (const name of ['', 'Alice', '../x', '0x'.padEnd(42, '1'), 'a b']) {
    await assert.rejects(storeAccount(home, name, KEYS[2], { passwords, cost: 'light' }), isUsage, name);
  }
});

it('takes addresses and names, and no mistyped ones', () => {
  assert.equal(resolveAddress(home, 'alice'), ALICE);
  assert.equal(resolveAddress(home, CAROL), CAROL);
  assert.equal(resolveAddress(home, CAROL.toLowerCase()), CAROL);
  const mistyped = ALICE.replace(/[a-f]/, (letter) => letter.toUpperCase());
  for (const text of ['carol', '0x12', mistyped, KEYS[0], KEYS[0].slice(2)]) {
    assert.throws(() => resolveAddress(home, text), isUsage, text);
  }
  assert.equal(createNames(home)(BOB.toLowerCase() as `0x${string}`), 'bob');
});

it('chooses by flag, then UPFRONT_KEY, then the configured one', async () => {
  const by = (account: string | undefined, isAccountFlag: boolean) => ({
    home,
    isAccountFlag,
    ...(account && { account }),
  });
  const environment = { UPFRONT_KEY: KEYS[2], UPFRONT_PASSWORD: 'pass' };
  assert.equal(chosenAddress(by('alice', true), environment), ALICE);
  assert.equal(chosenAddress(by('alice', false), environment), CAROL);
  assert.equal(chosenAddress(by('alice', false), {}), ALICE);
  assert.equal(chosenAddress(by(undefined, false), {}), undefined);
  const opened = await openAccount(by('bob', true), { environment, ask: undefined });
  assert.equal(opened.address, BOB);
  const asked = await openAccount(by('bob', false), { environment: {}, ask: async () => 'pass' });
  assert.equal(asked.address, BOB);
});

it('asks for a password, or says how to give one', async () => {
  const settings = { home, isAccountFlag: true, account: 'alice' };
  await assert.rejects(
    openAccount(settings, { environment: {}, ask: undefined }),
    (error) => isUsage(error) && /UPFRONT_PASSWORD/.test(String((error as CliError).hint)),
  );
  await assert.rejects(
    openAccount(settings, { environment: { UPFRONT_PASSWORD: 'no' }, ask: undefined }),
    isUsage,
  );
  const file = join(home, 'password');
  writeFileSync(file, 'pass\n');
  const opened = await openAccount(settings, {
    environment: { UPFRONT_PASSWORD_FILE: file },
    ask: undefined,
  });
  assert.equal(opened.address, ALICE);
});

it('never repeats what may be a key', () => {
  for (const argument of [KEYS[0], KEYS[0].slice(2)]) {
    assert.throws(
      () => refuseKey(argument),
      (error) => isUsage(error) && !String((error as Error).message).includes('0101'),
    );
  }
  refuseKey(ALICE);
  for (const text of ['0x01', 'zz', `0x${'00'.repeat(32)}`, `0x${'ff'.repeat(32)}`]) {
    assert.throws(
      () => parseKey(text, 'It'),
      (error) => isUsage(error) && !(error as Error).message.includes(text),
    );
  }
  assert.equal(keyFromEnvironment('K', {}), undefined);
  assert.equal(keyFromEnvironment('K', { K: ` ${KEYS[0].slice(2)}\n` }), KEYS[0]);
});

it('accounts: a private key in a command line is found wherever it stands; topics and references are none', () => {
  const key = '5a'.repeat(32);
  for (const line of [
    ['account', 'import', 'x', `0x${key}`],
    ['pay', 'bob', '1', `--account=${key}`],
    ['pay', '--key', key],
    ['post', 'news', `0x${key}`],
    ['show', 'nonce', key],
  ]) {
    assert.throws(
      () => refuseKeys(line),
      (error: Error) =>
        isUsage(error) &&
        /never stand on the command line/.test(error.message) &&
        !error.message.includes(key),
      line.join(' '),
    );
  }
  for (const line of [
    ['post', `0x${key}`, 'hello'],
    ['follow', `0x${key}`],
    ['pay', 'bob', '1', '--reference', `0x${key}`],
    ['pay', 'bob', '1', `--reference=0x${key}`],
    ['bond', '--consensus-key', `0x${key}`],
    ['node', '--state-sync', 'http://a', '--trust-height', '7', '--trust-hash', key],
    ['pay', 'bob', '1'],
  ]) {
    refuseKeys(line);
  }
});
