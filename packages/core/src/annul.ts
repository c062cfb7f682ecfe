/**
 * Step 2 of a block: what was withheld too long is annulled, in nonce order (docs/protocol.md, 6).
 * The place, the right and the money are free; the number stays retired.
 */
import type { Ledger } from './ledger.ts';
import { KIND } from './messages.ts';
import { pay, resolve } from './resolve.ts';

export function annulDue(ledger: Ledger, height: number): void {
  const { nonces } = ledger;
  const due = nonces.due(ledger.clock, height, ledger.genesis.parameters.leastAge);
  let start = 0;
  for (let end = 1; end <= due.length; end++) {
    // The nonces of a fetch are consecutive, so in nonce order they stand together.
    if (end < due.length && nonces.fetch[due[end]!] === nonces.fetch[due[start]!]) continue;
    annulOfFetch(ledger, due.slice(start, end));
    start = end;
  }
}

/** Annuls due nonces of one fetch: one event, then what each topic can deliver. */
function annulOfFetch(ledger: Ledger, rows: number[]): void {
  const { nonces, log, accounts } = ledger;
  const fetch = nonces.fetch[rows[0]!]!;
  const bitmap = new Uint8Array(32);
  for (const row of rows) {
    const index = nonces.index[row]!;
    bitmap[index >> 3] = bitmap[index >> 3]! | (0x80 >> (index & 7));
  }
  const { first, account, sequence } = nonces.fetches;
  log.annulled(
    first[fetch]!,
    accounts.rows.bytes,
    accounts.addressAt(account[fetch]!),
    sequence[fetch]!,
    bitmap,
  );
  for (const row of rows) {
    const kind = nonces.kind[row]!;
    if (kind === KIND.post) {
      ledger.topics.resolve(nonces.delivery[row]!, false, log);
      const stake = nonces.amount[row]!;
      if (stake > 0n) pay(ledger, row, stake);
      ledger.settlements.burnt += stake;
    }
    resolve(ledger, row, kind === KIND.hold ? 0 : -1);
  }
}
