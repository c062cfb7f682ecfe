/**
 * Step 0 of a block: what the validators say of L1 (docs/protocol.md, 6).
 * A value is supported if the newest views of more than 2/3 of the validators have at least it.
 */
import type { BlockIndex, L1View } from './block.ts';
import { compareBytes, concatBytes, equalBytes } from './bytes.ts';
import type { Ledger } from './ledger.ts';
import type { Rotation } from './settlements.ts';
import type { Address, Hash } from './units.ts';

/** Removals on L1 that are told apart between two views; a third one at once waits for a rotation. */
const REMOVED_MOST = 2;

/** Takes in the block's views, and what they support: L1's time and confirmed settlements. */
export function takeEvidence(ledger: Ledger, block: BlockIndex, verdicts: Uint8Array): void {
  block.views.forEach((view, i) => {
    const at = ledger.validators.findIndex((validator) => equalBytes(validator, 0, view.validator, 0, 20));
    if (at < 0 || verdicts[i] !== 1) return;
    const newest = ledger.views[at];
    const isOlder =
      newest !== undefined &&
      (view.time < newest.time || view.items < newest.items || view.settled < newest.settled);
    if (!isOlder) ledger.views[at] = view;
  });
  ledger.l1Time = Math.max(ledger.l1Time, supported(ledger, (view) => view.time) ?? 0);
  const settled = supported(ledger, (view) => view.settled) ?? 0;
  confirmSettlements(ledger, settled);
  followRemovals(ledger);
}

/** The change of the set that more than 2/3 of the newest views want, if it is one and leaves somebody. */
export function wantedRotation(ledger: Ledger): Rotation | undefined {
  for (const view of ledger.views) {
    if (view === undefined || view.change === 0) continue;
    const names = (other: L1View | undefined): boolean =>
      other !== undefined &&
      other.change === view.change &&
      equalBytes(other.rotation, 0, view.rotation, 0, 20);
    if (!ledger.isQuorum(ledger.views.filter(names).length)) continue;
    const rotation = { validator: view.rotation, isIn: view.change === 1 };
    const after = rotated(ledger.validators, rotation);
    return after.length > 0 && after.length !== ledger.validators.length ? rotation : undefined;
  }
  return undefined;
}

/** The head of item `n` if it is the inbox or one imported after it. */
export function headOf(ledger: Ledger, n: number): Hash | undefined {
  return ledger.heads[n - ledger.settlements.inbox];
}

function supported(ledger: Ledger, value: (view: L1View) => number): number | undefined {
  const values: number[] = [];
  for (const view of ledger.views) if (view !== undefined) values.push(value(view));
  values.sort((a, b) => b - a);
  for (let count = 1; count <= values.length; count++) if (ledger.isQuorum(count)) return values[count - 1];
  return undefined;
}

function confirmSettlements(ledger: Ledger, settled: number): void {
  const { unconfirmed } = ledger.settlements;
  for (;;) {
    const oldest = unconfirmed[0];
    if (oldest === undefined || oldest.number > settled) return;
    if (oldest.rotation !== undefined) {
      const set = setOnL1(ledger, [rotated(ledger.validators, oldest.rotation), ledger.validators]);
      if (set === undefined) return;
      replaceValidators(ledger, set);
    }
    unconfirmed.shift();
    ledger.log.settled(oldest.number);
  }
}

/** L1 drops who was accused or took its bond home at once; the network follows as soon as its views say so. */
function followRemovals(ledger: Ledger): void {
  const set = setOnL1(ledger, [ledger.validators]);
  if (set !== undefined) replaceValidators(ledger, set);
}

function rotated(validators: Address[], { validator, isIn }: Rotation): Address[] {
  const others = validators.filter((one) => compareBytes(one, validator) !== 0);
  return isIn ? [...others, validator.slice()].sort(compareBytes) : others;
}

/** The first set whose hash more than 2/3 of the newest views name: a given one, or a given one less one or two. */
function setOnL1(ledger: Ledger, given: readonly Address[][]): Address[] | undefined {
  const named = namedSet(ledger);
  if (named === undefined) return undefined;
  const isNamed = (set: Address[]): boolean =>
    compareBytes(ledger.hashes.keccak256(concatBytes(...set)), named) === 0;
  for (let removed = 0; removed <= REMOVED_MOST; removed++) {
    for (const set of given) {
      const found = without(set, removed, 0).find((one) => one.length > 0 && isNamed(one));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function namedSet(ledger: Ledger): Hash | undefined {
  for (const view of ledger.views) {
    if (view === undefined) continue;
    const names = ledger.views.filter(
      (other) => other !== undefined && compareBytes(other.validators, view.validators) === 0,
    );
    if (ledger.isQuorum(names.length)) return view.validators;
  }
  return undefined;
}

/** The set less `count` of its members from place `from` on, in the order of the places left out. */
function without(set: Address[], count: number, from: number): Address[][] {
  if (count === 0) return [set];
  const sets: Address[][] = [];
  for (let i = from; i < set.length; i++) {
    sets.push(...without(set.toSpliced(i, 1), count - 1, i));
  }
  return sets;
}

/** Events of who goes and who comes, each ascending. */
function replaceValidators(ledger: Ledger, after: Address[]): void {
  const before = ledger.validators;
  const placeIn = (set: Address[], validator: Address): number =>
    set.findIndex((one) => compareBytes(one, validator) === 0);
  ledger.views = after.map((validator) => ledger.views[placeIn(before, validator)]);
  ledger.validators = after;
  for (const one of before) if (placeIn(after, one) < 0) ledger.log.rotated(one, 0, false);
  for (const one of after) if (placeIn(before, one) < 0) ledger.log.rotated(one, 0, true);
}
