/**
 * Every code of a fulfilment, in order of precedence (docs/protocol.md, 8): each row keeps the faults of the rows below
 * it, as far as both can be. A refused fulfilment changes nothing.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFulfil, codeName, codes, encodeState, type Fulfil, viewOf } from '../src/index.ts';
import { address, fulfilOf, sealPost, sealTransfer, sealWithdraw, TestNetwork } from './network.ts';

const PAYER = address(2);
const PAYEE = address(3);
const ZERO = address(0).fill(0);
const SIGNATURE = new Uint8Array(64).fill(1);
const BUDGET = 1_000_000n;

/** A network with one open nonce of each kind; gives their numbers. */
function open(amounts: { transfer?: bigint; to?: Uint8Array; withdraw?: bigint } = {}): {
  network: TestNetwork;
  first: number;
  openings: ((nonce: number) => Uint8Array)[];
} {
  const network = new TestNetwork();
  network.deposit(PAYER, 50_000_000n);
  const transfer = sealTransfer(PAYER, 0n, 0, amounts.to ?? PAYEE, amounts.transfer ?? 1n);
  const withdraw = sealWithdraw(PAYER, 0n, 1, amounts.withdraw ?? 200_000n);
  const post = sealPost(PAYER, 0n, 2, new Uint8Array(32).fill(7), Uint8Array.of(1, 2, 3));
  const intents = [
    transfer.intent,
    withdraw.intent,
    post.intent,
    { kind: 'hold', payee: PAYEE, max: 300_000n, window: 60 } as const,
    { kind: 'validate' } as const,
  ];
  const message = network.fetch(PAYER, intents, { sequence: 0n, budget: BUDGET });
  const { results, firstNonces } = network.block([], [message]);
  assert.equal(results[0], 0);
  return { network, first: firstNonces[0]!, openings: [transfer.fulfil, withdraw.fulfil, post.fulfil] };
}

// What is left for transfers and withdrawals: the budget less five fees and the hold's max.
const LEFT = BUDGET - 50n - 300_000n;

interface Row {
  code: number;
  amounts?: Parameters<typeof open>[0];
  message: (first: number, openings: ((nonce: number) => Uint8Array)[]) => Uint8Array;
  isUnsigned?: boolean;
}

const capture = (nonce: number, amount: bigint): Fulfil => ({
  kind: 'hold',
  nonce,
  amount,
  signature: SIGNATURE,
});

const rows: Record<string, Row> = {
  'never dealt': {
    code: codes.notOpen,
    message: (first) => fulfilOf(capture(first + 99, 10n ** 12n)),
    isUnsigned: true,
  },
  'another kind': {
    code: codes.wrongKind,
    message: (first) => fulfilOf(capture(first, 10n ** 12n)),
    isUnsigned: true,
  },
  'data too long and another opening': {
    code: codes.tooLarge,
    message: (first) =>
      fulfilOf({ kind: 'post', nonce: first + 2, salt: new Uint8Array(16), data: new Uint8Array(4) }),
  },
  'another opening, to nobody, of nothing': {
    code: codes.wrongOpening,
    message: (first) =>
      fulfilOf({
        kind: 'transfer',
        nonce: first,
        salt: new Uint8Array(16),
        to: ZERO,
        amount: 0n,
        reference: new Uint8Array(32),
      }),
  },
  'to nobody, of nothing': {
    code: codes.zeroRecipient,
    amounts: { to: ZERO, transfer: 0n },
    message: (first, openings) => openings[0]!(first),
  },
  'a transfer of nothing': {
    code: codes.zeroAmount,
    amounts: { transfer: 0n },
    message: (first, openings) => openings[0]!(first),
  },
  'a withdrawal of nothing, below dust': {
    code: codes.zeroAmount,
    amounts: { withdraw: 0n },
    message: (first, openings) => openings[1]!(first + 1),
  },
  'one unit above what is left': {
    code: codes.overBudget,
    amounts: { transfer: LEFT + 1n },
    message: (first, openings) => openings[0]!(first),
  },
  'all that is left': {
    code: 0,
    amounts: { transfer: LEFT },
    message: (first, openings) => openings[0]!(first),
  },
  'a withdrawal one unit below dust': {
    code: codes.belowDust,
    amounts: { withdraw: 99_999n },
    message: (first, openings) => openings[1]!(first + 1),
  },
  'a withdrawal of dust': {
    code: 0,
    amounts: { withdraw: 100_000n },
    message: (first, openings) => openings[1]!(first + 1),
  },
  'above the max, unsigned': {
    code: codes.overMax,
    message: (first) => fulfilOf(capture(first + 3, 300_001n)),
    isUnsigned: true,
  },
  'a header that is not there yet, unsigned': {
    code: codes.unknownHeader,
    message: (first) => fulfilOf({ kind: 'validate', nonce: first + 4, height: 4, signature: SIGNATURE }),
    isUnsigned: true,
  },
  'a capture that the payee did not sign': {
    code: codes.badCaptureSignature,
    message: (first) => fulfilOf(capture(first + 3, 300_000n)),
    isUnsigned: true,
  },
  'a release that the payee did not sign': {
    code: codes.badCaptureSignature,
    message: (first) => fulfilOf(capture(first + 3, 0n)),
    isUnsigned: true,
  },
  'a validation that the account did not sign': {
    code: codes.badValidationSignature,
    message: (first) => fulfilOf({ kind: 'validate', nonce: first + 4, height: 1, signature: SIGNATURE }),
    isUnsigned: true,
  },
  'a capture of the max': { code: 0, message: (first) => fulfilOf(capture(first + 3, 300_000n)) },
  'a post': { code: 0, message: (first, openings) => openings[2]!(first + 2) },
  'a validation': {
    code: 0,
    message: (first) => fulfilOf({ kind: 'validate', nonce: first + 4, height: 1, signature: SIGNATURE }),
  },
};

for (const [name, { code, amounts, message, isUnsigned }] of Object.entries(rows)) {
  test(`${code === 0 ? 'fulfilled' : codeName(code)}: ${name}`, () => {
    const { network, first, openings } = open(amounts);
    const bytes = message(first, openings);
    const early = checkFulfil(network.ledger, bytes, viewOf(bytes), 0);
    const isOfSignature = code === codes.badCaptureSignature || code === codes.badValidationSignature;
    assert.equal(codeName(early), codeName(isOfSignature ? 0 : code), 'the check before says the same');
    // The same block without the message leaves the same books.
    const twin = open(amounts).network;
    twin.block();
    const { results, events } = network.block([bytes], [], 10, [isUnsigned ? 0 : 1]);
    assert.equal(codeName(results[0]!), codeName(code));
    if (code === 0) {
      assert.ok(events.count > 0);
      assert.equal(network.block([bytes], []).results[0], codes.notOpen, 'only once');
      return;
    }
    assert.equal(events.count, 0);
    const books = (one: TestNetwork): string => {
      // Digests and state hashes name the block's bytes, which differ; what lies behind them must not.
      const bytesOfState = encodeState(one.ledger);
      const skip = 32 + 32 + 64;
      return Buffer.from(bytesOfState.subarray(skip, bytesOfState.length)).toString('hex').slice(32);
    };
    network.ledger.messagesSinceSnapshot = twin.ledger.messagesSinceSnapshot;
    network.ledger.digests.set(twin.ledger.digests);
    assert.equal(books(network), books(twin), 'nothing changed');
  });
}
