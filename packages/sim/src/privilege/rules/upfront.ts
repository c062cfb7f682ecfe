/**
 * The rule of this network: the core's own code on columns of one row an account (docs/protocol.md, 6 and 7).
 * Invariant: what is dealt and resolved here is what the core would do with the same fetches (model-and-core.test.ts).
 */
import { type Column, Privilege, type PrivilegeColumns, STANDING_ONE } from '@upfront/core';
import { parametersOf } from '../scenario.ts';
import type { Outcome, Requests, Rule, RuleContext } from './rule.ts';

export class UpfrontRule implements Rule {
  readonly deposit = 0;
  readonly privilege: Privilege;
  readonly columns: PrivilegeColumns;

  constructor({ scenario, rows }: RuleContext) {
    const parameters = parametersOf(scenario);
    this.columns = {
      standing: columnOf(new Uint32Array(rows).fill(parameters.standingStart)),
      openNonces: columnOf(new Uint32Array(rows)),
      openPlaces: columnOf(new Uint32Array(rows)),
    };
    this.privilege = new Privilege(this.columns, parameters);
  }

  deal({ count, rows, wants, places, granted }: Requests): void {
    const { standing, openNonces, openPlaces } = this.columns;
    // A, fixed before the block's first fetch: who has an open nonce, and who has a fetch in this block.
    let { active } = this.privilege;
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      if (openNonces.get(row) === 0) active += standing.get(row);
    }
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      const room = Math.floor((this.privilege.allowance(row, active) - openPlaces.get(row)) / places[i]!);
      const nonces = Math.max(0, Math.min(wants[i]!, room));
      granted[i] = nonces;
      if (nonces > 0) this.privilege.opened(row, nonces, nonces * places[i]!);
    }
  }

  closed(row: number, nonces: number, places: number, outcome: Outcome): void {
    for (let i = 0; i < nonces; i++) this.privilege.closed(row, places, outcome);
  }

  standing(row: number): number {
    return this.columns.standing.get(row) / STANDING_ONE;
  }

  enter(row: number, standing: number): void {
    this.columns.standing.set(row, Math.round(standing * STANDING_ONE));
  }
}

function columnOf(values: Uint32Array): Column<number> {
  return {
    get: (row) => values[row]!,
    set: (row, value) => {
      values[row] = value;
    },
  };
}
