/**
 * Step 3 of a block: items of L1 are imported, each a nonce that is dealt and fulfilled at once (docs/protocol.md, 6).
 * Only items whose chain of heads more than 2/3 of the newest views support; no standing changes.
 */
import { FLAG } from './accounts.ts';
import { type BlockIndex, ITEM, type Item, itemHead } from './block.ts';
import { compareBytes } from './bytes.ts';
import { toHex } from './hex.ts';
import type { Ledger } from './ledger.ts';
import type { Address, Hash } from './units.ts';

export function importItems(ledger: Ledger, block: BlockIndex): void {
  const heads: Hash[] = [];
  let head = ledger.heads.at(-1)!;
  for (const [i, item] of block.items.entries()) {
    head = itemHead(ledger.hashes, head, ledger.imported + 1 + i, item);
    heads.push(head);
  }
  const count = supportedCount(ledger, heads);
  for (let i = 0; i < count; i++) importItem(ledger, block.items[i]!, heads[i]!);
}

/** How many of the listed items are supported. */
function supportedCount(ledger: Ledger, heads: Hash[]): number {
  for (let count = heads.length; count > 0; count--) {
    const supporters = ledger.views.filter((view) => {
      if (view === undefined || view.items < ledger.imported + count) return false;
      const known = heads[view.items - ledger.imported - 1];
      return known !== undefined && compareBytes(known, view.head) === 0;
    });
    if (ledger.isQuorum(supporters.length)) return count;
  }
  return 0;
}

function importItem(ledger: Ledger, item: Item, head: Hash): void {
  const { accounts } = ledger;
  const number = ++ledger.imported;
  ledger.heads.push(head);
  ledger.log.item(ledger.nextNonce++, number, item.kind, item.account, 0, item.amount, item.data);
  if (item.kind === ITEM.deposit) {
    const row = accounts.ensure(item.account, 0);
    accounts.balance.set(row, accounts.balance.get(row) + item.amount);
    accounts.l1Balance.set(row, accounts.l1Balance.get(row) + item.amount);
  } else if (item.kind === ITEM.exit) {
    const row = accounts.ensure(item.account, 0);
    accounts.setFlag(row, FLAG.exiting);
    accounts.clearFlag(row, FLAG.listed);
    accounts.exits.set(row, { item: number, sequence: item.amount });
    ledger.waitingExits.push({ item: number, row });
  } else recordMember(ledger, item);
}

/** A validator's consensus key stays the one with which it came in, whatever it bonds later. */
function recordMember(ledger: Ledger, { kind, account, amount, data }: Item): void {
  const key = toHex(account);
  const known = ledger.members.get(key);
  if (kind === ITEM.bond) {
    const hasKey = known?.consensusKey.some((byte) => byte !== 0) === true;
    const consensusKey =
      hasKey && (known!.bond > 0n || isValidator(ledger, account)) ? known!.consensusKey : data;
    ledger.members.set(key, { account, bond: (known?.bond ?? 0n) + amount, consensusKey });
  } else if (known !== undefined && isValidator(ledger, account))
    ledger.members.set(key, { ...known, bond: 0n });
  else ledger.members.delete(key);
}

function isValidator(ledger: Ledger, account: Address): boolean {
  return ledger.validators.some((validator) => compareBytes(validator, account) === 0);
}
