/** What is signed for a hold is checked first; who cannot check says so, and what is found wrong ends it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { BadReceiptError, BaseError, type Hold, L1UnreachableError, NodeError } from '@upfront/client';
import { createOutput } from '../output.ts';
import { checkHold } from './capture.ts';

const PAYER = `0x${'aa'.repeat(20)}` as const;
const PAYEE = `0x${'bb'.repeat(20)}` as const;
const hold: Hold = {
  nonce: 17,
  payer: PAYER,
  sequence: 3n,
  index: 0,
  payee: PAYEE,
  max: 500n,
  height: 9,
  deadline: 60_000,
};

function check(error: Error | undefined): { checked: Promise<boolean>; said(): string } {
  let text = '';
  const stream = { write: (more: string) => (text += more) };
  const out = createOutput(false, { stdout: stream, stderr: stream });
  const verifyHold = async (asked: Hold) => {
    assert.equal(asked, hold);
    if (error !== undefined) throw error;
    return { remaining: 1000, isOpen: true };
  };
  return { checked: checkHold({ out }, { client: { verifyHold } }, hold), said: () => text };
}

it('goes on in silence with a hold that is what the node says', async () => {
  const { checked, said } = check(undefined);
  assert.equal(await checked, true);
  assert.equal(said(), '');
});

it('warns if nobody could be asked', async () => {
  for (const error of [
    new L1UnreachableError('Reading validators'),
    new NodeError(107, '/v1/receipts', ''),
  ]) {
    const { checked, said } = check(error);
    assert.equal(await checked, false);
    assert.match(said(), /^warning: the hold could not be checked: .*the node\u2019s word/);
    assert.ok(said().includes(error.shortMessage));
  }
});

it('signs nothing for a hold that is another one', async () => {
  const { checked } = check(new BadReceiptError('the fetch names another payee or maximum'));
  await assert.rejects(checked, BadReceiptError);
  await assert.rejects(check(new BaseError(214, 'no')).checked, BaseError);
});
