/**
 * Privilege: how many places a participant may hold open (docs/protocol.md, 6 and 7; Q16 throughout).
 * The sum A of active standing is kept as it changes, so a fetch costs the same among ten participants and ten million.
 */
import type { Column } from './account-rows.ts';
import type { Parameters } from './genesis.ts';
import { POST_PLACE_BYTES, STANDING_ONE } from './units.ts';

/** The columns that the rule reads and writes, one row an account. */
export type PrivilegeColumns = Readonly<Record<'standing' | 'openNonces' | 'openPlaces', Column<number>>>;
export type PrivilegeParameters = Pick<
  Parameters,
  'capacity' | 'maxPlaces' | 'standingFloor' | 'standingGain'
>;

export class Privilege {
  /** The sum of the standing of the accounts with an open nonce. */
  active = 0;
  readonly #accounts: PrivilegeColumns;
  readonly #parameters: PrivilegeParameters;

  constructor(accounts: PrivilegeColumns, parameters: PrivilegeParameters) {
    this.#accounts = accounts;
    this.#parameters = parameters;
  }

  /** Places that the account may hold open while the active standing is `active`. */
  allowance(row: number, active: number): number {
    const standing = this.#accounts.standing.get(row);
    const own = Math.floor((standing * this.#parameters.maxPlaces) / STANDING_ONE);
    // Both factors are at most 2^16 and 2^32, so the product is exact, and so is the floor made without a fraction.
    const total = standing * this.#parameters.capacity;
    const share = active === 0 ? own : (total - (total % active)) / active;
    return Math.max(1, Math.min(own, share));
  }

  /** The active standing if this account is active too. */
  activeWith(row: number): number {
    return this.active + (this.#accounts.openNonces.get(row) === 0 ? this.#accounts.standing.get(row) : 0);
  }

  opened(row: number, nonces: number, places: number): void {
    if (this.#accounts.openNonces.get(row) === 0) this.active += this.#accounts.standing.get(row);
    this.#accounts.openNonces.set(row, this.#accounts.openNonces.get(row) + nonces);
    this.#accounts.openPlaces.set(row, this.#accounts.openPlaces.get(row) + places);
  }

  /** A nonce was resolved: its places are free, and the standing changes by `raise`: 1 gain, -1 loss, 0 neither. */
  closed(row: number, places: number, raise: number): void {
    const before = this.#accounts.standing.get(row);
    let after = before;
    if (raise > 0) after = Math.min(STANDING_ONE, before + this.#parameters.standingGain);
    if (raise < 0) after = Math.max(this.#parameters.standingFloor, before >>> 1);
    this.#accounts.standing.set(row, after);
    const open = this.#accounts.openNonces.get(row) - 1;
    this.#accounts.openNonces.set(row, open);
    this.#accounts.openPlaces.set(row, this.#accounts.openPlaces.get(row) - places);
    this.active += open === 0 ? -before : after - before;
  }
}

/** Places of a post of `size` bytes; any other nonce takes one. */
export function postPlaces(size: number): number {
  return Math.max(
    1,
    (size + POST_PLACE_BYTES - 1 - ((size + POST_PLACE_BYTES - 1) % POST_PLACE_BYTES)) / POST_PLACE_BYTES,
  );
}
