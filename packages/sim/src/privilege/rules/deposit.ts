/**
 * Deposit per nonce: whoever locks the deposit is dealt, first come, first served, until the capacity is full.
 * The deposit comes back when the nonce is fulfilled and is burnt when it is annulled. Money is counted by the model.
 */
import { type Outcome, type Requests, type Rule, type RuleContext, serveInTurn } from './rule.ts';

export class DepositPerNonce implements Rule {
  readonly deposit: number;
  #free: number;

  constructor({ scenario }: RuleContext) {
    this.deposit = scenario.money.deposit;
    this.#free = scenario.network.capacity;
  }

  deal(requests: Requests): void {
    this.#free = serveInTurn(requests, this.#free, () => Number.POSITIVE_INFINITY);
  }

  closed(_row: number, nonces: number, places: number, _: Outcome): void {
    this.#free += nonces * places;
  }

  standing(): number {
    return 1;
  }

  enter(): void {}
}
