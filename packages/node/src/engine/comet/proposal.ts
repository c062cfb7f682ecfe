/**
 * A block as a committee proposes and judges it: one transaction, the bytes of docs/protocol.md, 5.
 *
 * Made from the state, the votes of the height before and the pool; judged from the block and the state alone, never
 * by looking at L1. A message that will be refused singly is no reason to reject a proposal.
 */
import {
  type BlockIndex,
  blockFault,
  checkFetch,
  checkFulfil,
  compareBytes,
  encodeBlock,
  type Item,
  isTraceless,
  type Ledger,
  type SignedView,
  scanBlock,
  toHex,
} from '@upfront/core';
import type { L1Observation } from '../engine.ts';
import { BLOCK_ITEMS_MOST } from '../limits.ts';
import type { Extension } from './extension.ts';
import { BLOCK_BYTES_MOST, BLOCK_MESSAGES_MOST } from './limits.ts';
import type { Candidate, Pool } from './pool.ts';

/** Bytes that a block's evidence, items and head may take beside its messages. */
export const BLOCK_HEAD_BYTES_MOST = 1 << 20;

/** Room that CometBFT has to leave: checked against what it says of a proposal. */
export const PROPOSAL_BYTES_MOST = BLOCK_BYTES_MOST + BLOCK_HEAD_BYTES_MOST;

export interface Ingredients {
  readonly ledger: Ledger;
  readonly pool: Pool;
  readonly time: number;
  /** The good ones among the votes of the height before. */
  readonly extensions: readonly Extension[];
  readonly seen: L1Observation | undefined;
  /** Bytes that CometBFT takes. */
  readonly room: number;
}

export function makeProposal({ ledger, pool, time, extensions, seen, room }: Ingredients): Uint8Array {
  const views = extensions.flatMap(({ view }) => (view !== undefined && isNews(ledger, view) ? [view] : []));
  const headerSignatures = extensions.flatMap(({ signature }) =>
    signature === undefined ? [] : [signature],
  );
  const items = itemsToList(ledger, views, seen);
  const height = ledger.height + 1;
  const evidence = { height, time, parent: ledger.digest, views, headerSignatures, items };
  const head = encodeBlock({ ...evidence, fulfils: [], fetches: [] }).length;
  const { fulfils, fetches } = choose(ledger, pool, time, Math.min(BLOCK_BYTES_MOST, room - head));
  return encodeBlock({ ...evidence, fulfils, fetches });
}

/** Why a proposal is rejected before its evidence is checked, or the block that it is. */
export function judgeProposal(
  ledger: Ledger,
  txs: readonly Uint8Array[],
  { time, signers }: { time: number; signers: readonly Uint8Array[] },
): { block: BlockIndex } | { fault: string } {
  const [bytes] = txs;
  if (bytes === undefined || txs.length !== 1)
    return { fault: `${txs.length} transactions where one is the block` };
  if (bytes.length > PROPOSAL_BYTES_MOST) return { fault: `a block of ${bytes.length} bytes` };
  const block = scanBlock(bytes, ledger.genesis.parameters);
  if (block === undefined) return { fault: 'a malformed block' };
  const fault = blockFault(ledger, block) ?? evidenceFault(ledger, block, signers);
  if (fault !== undefined) return { fault };
  if (block.time !== time) return { fault: `time ${block.time} where it is ${time}` };
  if (block.items.length > BLOCK_ITEMS_MOST) return { fault: `${block.items.length} items` };
  const messages = block.fulfils.length + block.fetches.length;
  if (messages > BLOCK_MESSAGES_MOST) return { fault: `${messages} messages` };
  return { block };
}

/**
 * Each view is of another validator; each header signature of another one of those who may have signed header
 * height - 2, and they are more than 2/3 of them: CometBFT takes no vote without.
 */
function evidenceFault(
  ledger: Ledger,
  block: BlockIndex,
  signers: readonly Uint8Array[],
): string | undefined {
  const { views, headerSignatures } = block;
  if (!areDistinct(views, ledger.validators)) return 'a view of no validator, or two of one';
  if (block.height <= 2)
    return headerSignatures.length > 0 ? 'signatures of a header that is not' : undefined;
  if (!areDistinct(headerSignatures, signers)) return 'a header signature of no validator, or two of one';
  if (3 * headerSignatures.length <= 2 * signers.length) return 'too few header signatures';
  return undefined;
}

function areDistinct(said: readonly { validator: Uint8Array }[], allowed: readonly Uint8Array[]): boolean {
  const names = new Set(said.map(({ validator }) => toHex(validator)));
  if (names.size !== said.length) return false;
  const known = new Set(allowed.map((validator) => toHex(validator)));
  return [...names].every((name) => known.has(name));
}

/** Whether a view says more than its validator's newest one. */
function isNews(ledger: Ledger, view: SignedView): boolean {
  const at = ledger.validators.findIndex((validator) => compareBytes(validator, view.validator) === 0);
  if (at < 0) return false;
  const newest = ledger.views[at];
  if (newest === undefined) return true;
  if (view.time < newest.time || view.items < newest.items || view.settled < newest.settled) return false;
  return (
    view.time > newest.time ||
    view.items > newest.items ||
    view.settled > newest.settled ||
    view.change !== newest.change ||
    compareBytes(view.rotation, newest.rotation) !== 0 ||
    compareBytes(view.validators, newest.validators) !== 0
  );
}

/** What this node sees beyond the imported ones, if more than 2/3 of the validators see more as well. */
function itemsToList(ledger: Ledger, views: readonly SignedView[], seen: L1Observation | undefined): Item[] {
  if (seen === undefined || seen.items <= ledger.imported) return [];
  const further = ledger.validators.filter((validator, i) => {
    const view = views.find((one) => compareBytes(one.validator, validator) === 0) ?? ledger.views[i];
    return view !== undefined && view.items > ledger.imported;
  });
  if (!ledger.isQuorum(further.length)) return [];
  return seen.itemsFrom(ledger.imported + 1, Math.min(BLOCK_ITEMS_MOST, seen.items - ledger.imported));
}

/** Fulfilments by deadline, then fetches in the order they came; what would leave no trace is left out. */
function choose(
  ledger: Ledger,
  pool: Pool,
  time: number,
  room: number,
): { fulfils: Uint8Array[]; fetches: Uint8Array[] } {
  const fulfils: Uint8Array[] = [];
  const fetches: Uint8Array[] = [];
  let left = room;
  const take = (list: Uint8Array[], candidate: Candidate): boolean => {
    if (fulfils.length + fetches.length === BLOCK_MESSAGES_MOST || candidate.size > left) return false;
    left -= candidate.size;
    list.push(candidate.bytes);
    return true;
  };
  for (const candidate of byDeadline(ledger, pool)) {
    const { bundle, offset, opening } = candidate;
    if (checkFulfil(ledger, bundle.bytes, bundle.view, offset, opening) !== 0) continue;
    if (!take(fulfils, candidate)) return { fulfils, fetches };
  }
  for (const candidate of pool.fetches()) {
    const { bundle, offset } = candidate;
    const code = checkFetch(ledger, bundle.bytes, bundle.view, offset, time);
    if (code !== 0 && isTraceless(code)) continue;
    if (!take(fetches, candidate)) break;
  }
  return { fulfils, fetches };
}

function byDeadline(ledger: Ledger, pool: Pool): Candidate[] {
  const { nonces } = ledger;
  const open: { candidate: Candidate; deadline: number }[] = [];
  for (const candidate of pool.fulfils()) {
    const row = nonces.find(candidate.nonce);
    if (row >= 0) open.push({ candidate, deadline: nonces.deadline(row) });
  }
  return open.sort((a, b) => a.deadline - b.deadline).map(({ candidate }) => candidate);
}
