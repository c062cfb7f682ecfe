/**
 * Applying a block: the one way the state changes (docs/protocol.md, 6).
 * A function of the state, the block's bytes and the verdicts on its signatures; every node computes the same header.
 */
import { annulDue } from './annul.ts';
import type { BlockIndex } from './block.ts';
import { compareBytes } from './bytes.ts';
import { codes } from './codes.ts';
import { isCutDue, takeCut } from './cut.ts';
import { dealFetches } from './deal.ts';
import type { EventLog } from './events.ts';
import { takeEvidence } from './evidence.ts';
import { formPart } from './form.ts';
import { applyFulfil } from './fulfil.ts';
import { type Header, stateHash } from './header.ts';
import { importItems } from './items.ts';
import type { Ledger } from './ledger.ts';
import type { FormedSettlement } from './settlements.ts';
import { takeSnapshot } from './snapshot.ts';
import { CLOCK_STEP_MOST, type Hash, HEADERS_KEPT } from './units.ts';

/** What applying a block gave. */
export interface Applied {
  header: Header;
  /** EIP-712 digest of the header. */
  digest: Hash;
  /** One a fulfilment, then one a fetch: 0, or the code of its refusal. */
  results: Uint16Array;
  /** One a fetch: its first nonce, or -1. */
  firstNonces: Float64Array;
  /** This block's events; overwritten by the next block. */
  events: EventLog;
  formed: FormedSettlement | undefined;
  /** The bytes of a snapshot that was taken at the end of this block. */
  snapshot: Uint8Array | undefined;
}

/** Why a well-formed block is not the next one, or undefined if it is. */
export function blockFault(ledger: Ledger, block: BlockIndex): string | undefined {
  if (block.height !== ledger.height + 1) return `height ${block.height} where ${ledger.height + 1} is next`;
  if (compareBytes(block.parent, ledger.digest) !== 0) return 'parent is not the digest of the header before';
  if (block.time < ledger.time) return `time ${block.time} is before its parent's ${ledger.time}`;
  return undefined;
}

/**
 * Applies the next block.
 *
 * @param verdicts one byte a view, header signature, fulfil and fetch, in this order: 1 if its signature is valid or it has none
 * @param openings one byte a fulfil: what {@link Openings} found on this ledger of these very bytes; what is unknown is found out
 * @throws Error if the block is not the next one ({@link blockFault} tells before), or on a bug; never on what a message says
 */
export function applyBlock(
  ledger: Ledger,
  block: BlockIndex,
  verdicts: Uint8Array,
  openings: Uint8Array = new Uint8Array(block.fulfils.length),
): Applied {
  const fault = blockFault(ledger, block);
  if (fault !== undefined) throw new Error(`not the next block: ${fault}`);
  const evidence = block.views.length + block.headerSignatures.length;
  const fulfils = block.fulfils.length;
  const fetches = block.fetches.length;
  if (verdicts.length !== evidence + fulfils + fetches) throw new Error('as many verdicts as messages');
  if (openings.length !== fulfils) throw new Error('as many openings as fulfilments');
  const results = new Uint16Array(fulfils + fetches);
  const firstNonces = new Float64Array(fetches);

  ledger.log.reset();
  ledger.clock += Math.min(block.time - ledger.time, CLOCK_STEP_MOST);
  ledger.time = block.time;
  takeEvidence(ledger, block, verdicts);
  annulDue(ledger, block.height);
  importItems(ledger, block);
  ledger.openings.check(ledger, block.bytes, block.view, block.fulfils, openings);
  for (let i = 0; i < fulfils; i++) {
    results[i] = applyFulfil(
      ledger,
      block.bytes,
      block.view,
      block.fulfils[i]!,
      verdicts[evidence + i] === 1,
      openings[i]!,
    );
  }
  dealFetches(ledger, block, verdicts.subarray(evidence + fulfils), results.subarray(fulfils), firstNonces);
  if (isCutDue(ledger)) takeCut(ledger);
  const formed = formPart(ledger, block.height);
  const header = seal(ledger, block, formed);
  ledger.messagesSinceSnapshot += fulfils + fetches + block.items.length;
  const snapshot = isSnapshotDue(ledger) ? takeSnapshot(ledger) : undefined;
  return { header, digest: ledger.digest, results, firstNonces, events: ledger.log, formed, snapshot };
}

/** Gives the hash of the pending snapshot, computed elsewhere; without it, it is computed when it is needed. */
export function sealSnapshot(ledger: Ledger, hash: Hash): void {
  if (ledger.pendingSnapshot !== undefined) ledger.pendingSnapshot.hash = hash;
}

/** Refused without a trace: neither state nor events know of it. */
export function isTraceless(code: number): boolean {
  return code <= codes.sequenceOutOfRange || code >= codes.notOpen;
}

function seal(ledger: Ledger, block: BlockIndex, formed: FormedSettlement | undefined): Header {
  const { hashes } = ledger;
  const events = ledger.log.root(hashes);
  const snapshot = dueSnapshotHash(ledger, block.height);
  const state = stateHash(hashes, ledger.state, hashes.sha256(block.bytes), events, snapshot);
  const settlement = formed?.hash ?? new Uint8Array(32);
  const header = { height: block.height, parent: ledger.digest, events, state, settlement };
  ledger.height = block.height;
  ledger.state = state;
  ledger.digest = ledger.domain.headerDigest(header);
  ledger.digests.set(ledger.digest, (block.height % HEADERS_KEPT) * 32);
  return header;
}

/** The hash of the snapshot taken snapshotDelay blocks ago, or zero. */
function dueSnapshotHash(ledger: Ledger, height: number): Hash {
  const pending = ledger.pendingSnapshot;
  if (pending === undefined || height < pending.height + ledger.genesis.parameters.snapshotDelay) {
    return new Uint8Array(32);
  }
  ledger.pendingSnapshot = undefined;
  return pending.hash ?? ledger.hashes.sha256(pending.bytes!);
}

function isSnapshotDue(ledger: Ledger): boolean {
  if (ledger.pendingSnapshot !== undefined) return false;
  const { snapshotMessages, snapshotInterval } = ledger.genesis.parameters;
  const isOld = ledger.time >= ledger.lastSnapshotTime + snapshotInterval;
  return isOld || ledger.messagesSinceSnapshot >= snapshotMessages;
}
