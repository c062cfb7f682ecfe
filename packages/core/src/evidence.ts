/**
 * Step 0 of a block: what the validators say of L1 (docs/protocol.md, 6).
 * A value is supported if the newest views of more than 2/3 of the validators have at least it.
 */
import type { BlockIndex, L1View } from './block.ts';
import { compareBytes, concatBytes, equalBytes } from './bytes.ts';
import type { Ledger } from './ledger.ts';
import type { Rotation } from './settlements.ts';
import type { Address, Hash } from './units.ts';

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
      const after = rotated(ledger.validators, oldest.rotation);
      if (isSetNamed(ledger, after)) replaceValidators(ledger, after, oldest.rotation);
      else if (!isSetNamed(ledger, ledger.validators)) return;
    }
    unconfirmed.shift();
    ledger.log.settled(oldest.number);
  }
}

function rotated(validators: Address[], { validator, isIn }: Rotation): Address[] {
  const others = validators.filter((one) => compareBytes(one, validator) !== 0);
  return isIn ? [...others, validator.slice()].sort(compareBytes) : others;
}

function isSetNamed(ledger: Ledger, validators: Address[]): boolean {
  const hash = ledger.hashes.keccak256(concatBytes(...validators));
  const names = ledger.views.filter(
    (view) => view !== undefined && compareBytes(view.validators, hash) === 0,
  );
  return ledger.isQuorum(names.length);
}

function replaceValidators(ledger: Ledger, after: Address[], rotation: Rotation): void {
  const views = after.map((validator) => {
    const at = ledger.validators.findIndex((one) => compareBytes(one, validator) === 0);
    return at < 0 ? undefined : ledger.views[at];
  });
  ledger.validators = after;
  ledger.views = views;
  ledger.log.rotated(rotation.validator, 0, rotation.isIn);
}
