/** How a proposal is judged, a rule a row: a block that breaks it and nothing else is rejected by its name. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  applyBlock,
  type BlockParts,
  createLedger,
  encodeBlock,
  type HeaderSignature,
  type Ledger,
  type SignedView,
  scanBlock,
} from '@upfront/core';
import { BLOCK_ITEMS_MOST } from '../limits.ts';
import { createTestNetwork, transfersOf, ZERO } from '../testing.ts';
import { BLOCK_MESSAGES_MOST } from './limits.ts';
import { judgeProposal, PROPOSAL_BYTES_MOST } from './proposal.ts';

const network = await createTestNetwork(2, Date.now(), {}, 4);
const { genesis, hashes, l1 } = network;
const signers = genesis.validators;
const [a, b, c, d] = signers as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
const stranger = network.payers[0]!.address;
const time = genesis.time + 5000;

/** At this height, by blocks without anything. */
function ledgerAt(height: number): Ledger {
  const ledger = createLedger(genesis, hashes);
  while (ledger.height < height) {
    const bytes = encodeBlock(blank(ledger, genesis.time));
    applyBlock(ledger, scanBlock(bytes, genesis.parameters)!, new Uint8Array(0));
  }
  return ledger;
}

function blank(ledger: Ledger, at: number): BlockParts {
  const evidence = { views: [], headerSignatures: [], items: [] };
  return {
    height: ledger.height + 1,
    time: at,
    parent: ledger.digest,
    ...evidence,
    fulfils: [],
    fetches: [],
  };
}

const signatureOf = (validator: Uint8Array): HeaderSignature => ({
  validator,
  signature: new Uint8Array(64),
});
const viewOf = (validator: Uint8Array): SignedView => {
  const { head, settled, validators } = l1.observation();
  const said = {
    time,
    items: 0,
    head,
    settled,
    validators,
    rotation: new Uint8Array(20),
    change: 0 as const,
  };
  return { ...said, ...signatureOf(validator) };
};
const item = { kind: 1, account: stranger, amount: 5n, data: ZERO };
const fulfil = transfersOf(network, network.payers[0]!, 0n, stranger, 1).fulfil(0, 0);
const { fetch } = transfersOf(network, network.payers[0]!, 0n, stranger, 1);

const ledger = ledgerAt(2);
const good: BlockParts = { ...blank(ledger, time), headerSignatures: [a, b, c].map(signatureOf) };

function judge(txs: readonly Uint8Array[], who: readonly Uint8Array[] = signers, on = ledger): string {
  const judged = judgeProposal(on, txs, { time, signers: who });
  return 'fault' in judged ? judged.fault : 'accepted';
}

const judgeBlock = (parts: Partial<BlockParts>, who?: readonly Uint8Array[]): string =>
  judge([encodeBlock({ ...good, ...parts })], who);

describe('a proposal', () => {
  const accepted: [string, Partial<BlockParts>, (readonly Uint8Array[])?][] = [
    ['signatures of three of four', {}],
    ['of all four', { headerSignatures: signers.map(signatureOf) }],
    ['of the one who may sign', { headerSignatures: [signatureOf(d)] }, [d]],
    [
      'of who may have signed, and is no validator any more',
      { headerSignatures: [signatureOf(stranger)] },
      [stranger],
    ],
    ['a view of each', { views: signers.map(viewOf) }],
    ['messages', { fulfils: [fulfil], fetches: [fetch] }],
    ['as many items as a block has', { items: new Array(BLOCK_ITEMS_MOST).fill(item) }],
    [
      'as many messages as a block has',
      { fulfils: new Array(BLOCK_MESSAGES_MOST - 1).fill(fulfil), fetches: [fetch] },
    ],
  ];
  for (const [name, parts, who] of accepted)
    test(`is accepted: ${name}`, () => assert.equal(judgeBlock(parts, who), 'accepted'));

  const rejected: [string, Partial<BlockParts>, RegExp, (readonly Uint8Array[])?][] = [
    ['not the next height', { height: 4 }, /^height 4 where 3/],
    ['another parent', { parent: ZERO }, /^parent/],
    ['before its parent', { time: genesis.time - 1 }, /before its parent/],
    ['a time that CometBFT does not say', { time: time + 1 }, /^time/],
    ['a view of no validator', { views: [viewOf(stranger)] }, /^a view of no validator, or two/],
    ['two views of one', { views: [viewOf(a), viewOf(b), viewOf(a)] }, /^a view of no validator, or two/],
    [
      'a signature of a stranger beside enough',
      { headerSignatures: [a, b, c, stranger].map(signatureOf) },
      /^a header signature of no validator, or two/,
    ],
    [
      'of a validator that may not have signed',
      { headerSignatures: [a, b, c].map(signatureOf) },
      /^a header signature of no validator, or two/,
      [a, b, d],
    ],
    [
      'one twice beside enough',
      { headerSignatures: [a, b, c, a].map(signatureOf) },
      /^a header signature of no validator, or two/,
    ],
    [
      'one twice where it makes enough',
      { headerSignatures: [a, b, a].map(signatureOf) },
      /^a header signature of no validator, or two/,
    ],
    ['no signatures', { headerSignatures: [] }, /^too few/],
    ['two of four', { headerSignatures: [a, b].map(signatureOf) }, /^too few/],
    ['two of three: just 2/3', { headerSignatures: [a, b].map(signatureOf) }, /^too few/, [a, b, c]],
    ['one item too many', { items: new Array(BLOCK_ITEMS_MOST + 1).fill(item) }, /items$/],
    [
      'one message too many',
      { fulfils: new Array(BLOCK_MESSAGES_MOST).fill(fulfil), fetches: [fetch] },
      /messages$/,
    ],
  ];
  for (const [name, parts, fault, who] of rejected)
    test(`is rejected: ${name}`, () => assert.match(judgeBlock(parts, who), fault));

  test('is one transaction, the bytes of a block, and no longer than one can be', () => {
    const bytes = encodeBlock(good);
    assert.match(judge([]), /^0 transactions/);
    assert.match(judge([bytes, bytes]), /^2 transactions/);
    assert.match(judge([bytes.slice(0, -1)]), /^a malformed block/);
    assert.match(judge([new Uint8Array(PROPOSAL_BYTES_MOST)]), /^a malformed block/);
    assert.match(judge([new Uint8Array(PROPOSAL_BYTES_MOST + 1)]), /^a block of \d+ bytes/);
  });

  test('of the first two heights carries no header signature, and needs none', () => {
    for (const height of [1, 2]) {
      const young = ledgerAt(height - 1);
      const parts = blank(young, time);
      assert.equal(judge([encodeBlock(parts)], signers, young), 'accepted');
      const signed = encodeBlock({ ...parts, headerSignatures: good.headerSignatures });
      assert.match(judge([signed], signers, young), /^signatures of a header that is not/);
    }
  });
});
