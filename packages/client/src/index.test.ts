/** The public names, listed by hand. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { privateKeyToAccount } from 'viem/accounts';
import * as entry from './index.ts';
import * as node from './node.ts';

test('index: exports these names, and no others', () => {
  assert.deepEqual(Object.keys(entry).sort(), [
    'AmountError',
    'BadAnswerError',
    'BadReceiptError',
    'BaseError',
    'ClosedError',
    'ConfigurationError',
    'DisconnectedError',
    'DivergenceError',
    'JournalCorruptError',
    'JournalFailedError',
    'JournalLockedError',
    'L1Error',
    'L1PendingError',
    'L1RevertedError',
    'L1UnreachableError',
    'LimitDiscrepancyError',
    'NetworkMismatchError',
    'NoAccountError',
    'NoL1Error',
    'NoNodeError',
    'NodeError',
    'OutcomeUnknownError',
    'ParameterError',
    'RefusedError',
    'SequenceWindowError',
    'SigningError',
    'TimeoutError',
    'TooManyPendingError',
    'clientCodes',
    'createClient',
    'createL1',
    'formatAmount',
    'indexedDbJournal',
    'isPassing',
    'l1ErrorOf',
    'memoryJournal',
    'nameOfCode',
    'nodeCodes',
    'openingFromJson',
    'openingToJson',
    'parseAmount',
    'topicOf',
    'unwrap',
    'validatorsOnL1',
    'verifyReceipt',
    'verifyReceiptOnL1',
  ]);
  assert.deepEqual(Object.keys(node), ['fileJournal']);
});

test('index: a client has these actions, and can be given more', () => {
  const client = entry.createClient({ node: 'http://127.0.0.1:1' }).extend(({ node: api }) => ({
    shout: () => `${typeof api.status}!`,
    pay: 'not this one',
  }));
  assert.equal(client.shout(), 'function!');
  const actions = Object.entries(client).filter(([, value]) => typeof value === 'function');
  assert.deepEqual(actions.map(([name]) => name).sort(), [
    'balance',
    'balanceOnL1',
    'book',
    'capture',
    'claim',
    'close',
    'contract',
    'deposit',
    'descent',
    'exit',
    'extend',
    'fetchNonces',
    'follow',
    'forgetView',
    'fulfil',
    'hold',
    'l1',
    'network',
    'now',
    'pay',
    'payMany',
    'post',
    'receipt',
    'recover',
    'release',
    'resume',
    'shout',
    'signer',
    'status',
    'unbond',
    'validate',
    'verifyHold',
    'verifyReceipt',
    'view',
    'waitFor',
    'withdraw',
  ]);
});

test('index: options that do not go together are refused', async () => {
  const account = privateKeyToAccount(`0x${'01'.repeat(32)}`);
  assert.throws(() => entry.createClient({ node: 'nowhere' }), entry.ConfigurationError);
  assert.throws(() => entry.createClient({ node: 'ftp://x' }), entry.ConfigurationError);
  assert.throws(() => entry.createClient({ node: 'http://x', account }), entry.ConfigurationError);
  const client = entry.createClient({ node: 'http://127.0.0.1:1' });
  await assert.rejects(() => client.pay({ to: account.address, amount: 1n }), entry.BaseError);
  await assert.rejects(() => client.deposit({ amount: 1n }), entry.NoL1Error);
  await client.close();
});

test('index: nothing that a browser loads imports from Node', () => {
  const folder = new URL('.', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /(?<!\.test)\.ts$/.test(path),
  );
  const importing = files.filter((path) => /from 'node:/.test(readFileSync(new URL(path, folder), 'utf8')));
  assert.deepEqual(importing, ['journal/file.ts']);
  const users = files.filter((path) =>
    /journal\/file\.ts'/.test(readFileSync(new URL(path, folder), 'utf8')),
  );
  assert.deepEqual(users, ['node.ts']);
});
