/**
 * Step 5 of a block: fetches are dealt nonces, or refused (docs/protocol.md, 7).
 * Invariants: I3, D + max(0, u) + reserved <= the limit of the authority; reserved <= balance.
 */
import { FLAG } from './accounts.ts';
import type { BlockIndex } from './block.ts';
import { copyBytes, readU64 } from './bytes.ts';
import { type Code, codes } from './codes.ts';
import type { Ledger } from './ledger.ts';
import { FETCH, INTENT, intentSize, KIND } from './messages.ts';
import { postPlaces } from './privilege.ts';
import type { Hash } from './units.ts';

/** What a fetch's intents ask for. */
interface Measure {
  count: number;
  places: number;
  /** Maxima of holds and stakes of posts. */
  earmarked: bigint;
}

/** Codes up to this one leave no trace: a block's maker leaves the message out. */
export const LAST_TRACELESS = codes.sequenceOutOfRange;

/**
 * The first failing check of section 7 but the signature's, or 0, as if the fetch were alone in a block of this time.
 * The message is well-formed.
 */
export function checkFetch(
  ledger: Ledger,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  time: number,
): Code | 0 {
  const row = ledger.accounts.find(bytes, offset + FETCH.account);
  const code = checkStanding(ledger, row, view, offset, time);
  if (code !== 0) return code;
  const measure = measureFetch(bytes, view, offset);
  return checkMeans(ledger, row, view, offset, measure, ledger.privilege.activeWith(row));
}

/** Deals or refuses every fetch of the block; `results` and `firsts` get a code and a first nonce each. */
export function dealFetches(
  ledger: Ledger,
  block: BlockIndex,
  verdicts: Uint8Array,
  results: Uint16Array,
  firsts: Float64Array,
): void {
  const rows = ledger.accounts.findAll(block.bytes, block.fetches, FETCH.account);
  const { active, added } = activeInBlock(ledger, block, verdicts, rows);
  for (let i = 0; i < block.fetches.length; i++) {
    const offset = block.fetches[i]!;
    results[i] =
      verdicts[i] === 1
        ? dealFetch(ledger, block, rows[i]!, offset, block.fetchSizes[i]!, active)
        : codes.badSignature;
    firsts[i] = results[i] === 0 ? ledger.nextNonce - block.view.getUint16(offset + FETCH.count) : -1;
  }
  for (const row of added) ledger.accounts.clearFlag(row, FLAG.inBlock);
}

/** A: the standing of who has an open nonce, and of who has a fetch here that passes the checks up to expiry. */
function activeInBlock(
  ledger: Ledger,
  block: BlockIndex,
  verdicts: Uint8Array,
  rows: Int32Array,
): { active: number; added: number[] } {
  const { accounts } = ledger;
  const added: number[] = [];
  let active = ledger.privilege.active;
  for (let i = 0; i < block.fetches.length; i++) {
    const offset = block.fetches[i]!;
    const row = rows[i]!;
    if (row < 0 || verdicts[i] !== 1 || accounts.openNonces.get(row) !== 0) continue;
    if (accounts.hasFlag(row, FLAG.inBlock)) continue;
    if (checkStanding(ledger, row, block.view, offset, block.time) !== 0) continue;
    accounts.setFlag(row, FLAG.inBlock);
    added.push(row);
    active += accounts.standing.get(row);
  }
  return { active, added };
}

function dealFetch(
  ledger: Ledger,
  block: BlockIndex,
  row: number,
  offset: number,
  size: number,
  active: number,
): Code | 0 {
  const { accounts, log } = ledger;
  const { bytes, view } = block;
  const code = checkStanding(ledger, row, view, offset, block.time);
  if (code !== 0 && code <= LAST_TRACELESS) return code;
  // In range only because a fetch before it in this block moved `highest`: A does not count the account.
  if (code === 0 && accounts.openNonces.get(row) === 0 && !accounts.hasFlag(row, FLAG.inBlock)) {
    return codes.sequenceOutOfRange;
  }
  const sequence = readU64(view, offset + FETCH.sequence);
  const measure = measureFetch(bytes, view, offset);
  const refusal = code !== 0 ? code : checkMeans(ledger, row, view, offset, measure, active);
  accounts.use(row, sequence);
  if (refusal !== 0) {
    log.refused(accounts.rows.bytes, accounts.addressAt(row), sequence, refusal);
    return refusal;
  }

  // From here on it must succeed.
  const intents = ledger.domain.intentsHash(bytes, offset, size);
  if (sequence > accounts.authoritySequence.get(row)) empower(ledger, row, block, offset, intents);
  const budget = readU64(view, offset + FETCH.budget);
  const fees = BigInt(measure.count) * ledger.genesis.parameters.fee;
  accounts.balance.set(row, accounts.balance.get(row) - fees);
  accounts.reserved.set(row, accounts.reserved.get(row) + budget - fees);
  ledger.settlements.feePot += fees;
  ledger.addUnsettled(row, fees);
  const limit = readU64(view, offset + FETCH.limit);
  const first = ledger.nextNonce;
  log.dealt(
    accounts.rows.bytes,
    accounts.addressAt(row),
    sequence,
    first,
    measure.count,
    limit,
    budget,
    intents,
    ledger.clock,
  );
  openNonces(ledger, row, block, offset, measure, budget - fees);
  ledger.privilege.opened(row, measure.count, measure.places);
  return 0;
}

/** The checks 3 to 8: who may fetch, whatever the fetch asks for. */
function checkStanding(ledger: Ledger, row: number, view: DataView, offset: number, time: number): Code | 0 {
  const { accounts } = ledger;
  const { bond, expiryMost } = ledger.genesis.parameters;
  if (row < 0 || accounts.free(row) < bond) return codes.notParticipant;
  if (ledger.isLagging(time)) return codes.lagging;
  const sequence = readU64(view, offset + FETCH.sequence);
  if (accounts.isUsed(row, sequence)) return codes.sequenceUsed;
  if (!accounts.inRange(row, sequence)) return codes.sequenceOutOfRange;
  const expires = readU64(view, offset + FETCH.expires);
  if (BigInt(time) > expires) return codes.expired;
  if (expires > BigInt(time) + BigInt(expiryMost)) return codes.expiresTooLate;
  return 0;
}

/** The checks 9 to 13: what the fetch asks for. */
function checkMeans(
  ledger: Ledger,
  row: number,
  view: DataView,
  offset: number,
  measure: Measure,
  active: number,
): Code | 0 {
  const { accounts, genesis, privilege } = ledger;
  const { bond, fee } = genesis.parameters;
  if (accounts.hasFlag(row, FLAG.exiting)) return codes.exiting;
  const places = accounts.openPlaces.get(row) + measure.places;
  if (places > privilege.allowance(row, active)) return codes.overAllowance;
  const budget = readU64(view, offset + FETCH.budget);
  if (budget < BigInt(measure.count) * fee + measure.earmarked) return codes.budgetTooSmall;
  if (accounts.free(row) < budget + bond) return codes.insufficientFunds;
  const isNewest = readU64(view, offset + FETCH.sequence) > accounts.authoritySequence.get(row);
  const limit = isNewest ? readU64(view, offset + FETCH.limit) : accounts.authorityLimit.get(row);
  const unsettled = accounts.unsettled.get(row);
  const taken =
    accounts.debited.get(row) + (unsettled > 0n ? unsettled : 0n) + accounts.reserved.get(row) + budget;
  return limit < taken ? codes.limitTooLow : 0;
}

function measureFetch(bytes: Uint8Array, view: DataView, offset: number): Measure {
  const count = view.getUint16(offset + FETCH.count);
  let places = 0;
  let earmarked = 0n;
  let at = offset + FETCH.intents;
  for (let i = 0; i < count; i++) {
    const kind = bytes[at]!;
    if (kind === KIND.post) {
      places += postPlaces(view.getUint16(at + INTENT.post.size));
      earmarked += readU64(view, at + INTENT.post.stake);
    } else {
      places++;
      if (kind === KIND.hold) earmarked += readU64(view, at + INTENT.hold.max);
    }
    at += intentSize(kind);
  }
  return { count, places, earmarked };
}

/** The fetch is the account's authority from here on: the signature that L1 will check. */
function empower(ledger: Ledger, row: number, block: BlockIndex, offset: number, intents: Hash): void {
  const { accounts, domain } = ledger;
  accounts.authoritySequence.set(row, readU64(block.view, offset + FETCH.sequence));
  accounts.authorityLimit.set(row, readU64(block.view, offset + FETCH.limit));
  const { bytes } = accounts.rows;
  const at = accounts.authorityAt(row);
  copyBytes(bytes, at, domain.requestHash(block.bytes, offset, intents), 0, 32);
  copyBytes(bytes, at + 32, block.bytes, offset + FETCH.signature, 64);
}

function openNonces(
  ledger: Ledger,
  row: number,
  block: BlockIndex,
  offset: number,
  measure: Measure,
  rest: bigint,
): void {
  const { nonces } = ledger;
  const { fetches } = nonces;
  const { bytes, view } = block;
  const fetch = fetches.add();
  fetches.account[fetch] = row;
  fetches.sequence[fetch] = readU64(view, offset + FETCH.sequence);
  fetches.first[fetch] = ledger.nextNonce;
  fetches.size[fetch] = measure.count;
  fetches.open[fetch] = measure.count;
  fetches.rest[fetch] = rest;
  fetches.earmarked[fetch] = measure.earmarked;
  fetches.clock[fetch] = ledger.clock;
  fetches.height[fetch] = block.height;
  let at = offset + FETCH.intents;
  for (let i = 0; i < measure.count; i++) {
    const kind = bytes[at]!;
    openNonce(ledger, fetch, i, bytes, view, at);
    at += intentSize(kind);
  }
}

function openNonce(
  ledger: Ledger,
  fetch: number,
  index: number,
  bytes: Uint8Array,
  view: DataView,
  at: number,
): void {
  const { nonces, topics } = ledger;
  const kind = bytes[at]!;
  const nonce = ledger.nextNonce++;
  const seconds = kind === KIND.hold ? view.getUint16(at + INTENT.hold.window) : 0;
  const row = nonces.open(nonce, fetch, index, kind, seconds);
  if (kind === KIND.transfer || kind === KIND.withdraw) {
    copyBytes(nonces.pledge, row * 32, bytes, at + INTENT.transfer.commitment, 32);
  } else if (kind === KIND.hold) {
    copyBytes(nonces.pledge, row * 32, bytes, at + INTENT.hold.payee, 20);
    nonces.amount[row] = readU64(view, at + INTENT.hold.max);
  } else if (kind === KIND.post) {
    copyBytes(nonces.pledge, row * 32, bytes, at + INTENT.post.commitment, 32);
    nonces.amount[row] = readU64(view, at + INTENT.post.stake);
    nonces.size[row] = view.getUint16(at + INTENT.post.size);
    nonces.delivery[row] = topics.add(bytes, at + INTENT.post.topic, nonce);
  }
}
