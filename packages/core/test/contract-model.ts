/**
 * The contract's rules for money once more, independent of the ledger's books: it executes formed settlements and users'
 * calls, and throws where the contract would revert. Signatures are not looked at; debits name their account by request.
 */
import assert from 'node:assert/strict';
import { CREDIT_SIZE, DEBIT_SIZE, type FormedSettlement, readU64, toHex, viewOf } from '../src/index.ts';

export interface ModelAccount {
  balance: bigint;
  debited: bigint;
  claimable: bigint;
  sequence: bigint;
  exit: { item: number; sequence: bigint } | undefined;
}

export class ContractModel {
  readonly accounts = new Map<string, ModelAccount>();
  total = 0n;
  pool = 0n;
  number = 0;
  items = 0;
  acknowledged = 0;

  /** The account, ripe. */
  account(address: Uint8Array): ModelAccount {
    const key = toHex(address);
    const account = this.accounts.get(key) ?? {
      balance: 0n,
      debited: 0n,
      claimable: 0n,
      sequence: 0n,
      exit: undefined,
    };
    this.accounts.set(key, account);
    if (account.exit !== undefined && account.exit.item <= this.acknowledged) {
      account.claimable += account.balance;
      account.balance = 0n;
      if (account.exit.sequence > account.sequence) account.sequence = account.exit.sequence;
      account.exit = undefined;
    }
    return account;
  }

  deposit(address: Uint8Array, amount: bigint): void {
    const account = this.account(address);
    assert.equal(account.exit, undefined);
    account.balance += amount;
    this.total += amount;
    this.items++;
  }

  exit(address: Uint8Array, sequence: bigint): void {
    const account = this.account(address);
    assert.equal(account.exit, undefined);
    account.exit = { item: ++this.items, sequence };
  }

  claim(address: Uint8Array): bigint {
    const account = this.account(address);
    const amount = account.claimable;
    account.claimable = 0n;
    this.total -= amount;
    return amount;
  }

  /** `signerOf` tells whose signature a debit line carries. */
  settle(formed: FormedSettlement, signerOf: (line: Uint8Array) => Uint8Array): void {
    assert.equal(formed.number, this.number + 1);
    assert.ok(formed.inbox >= this.acknowledged && formed.inbox <= this.items, 'inbox');
    let sum = 0n;
    for (const line of lines(formed.debits, DEBIT_SIZE)) {
      const view = viewOf(line);
      const [amount, sequence, limit] = [readU64(view, 0), readU64(view, 8), readU64(view, 16)];
      const account = this.account(signerOf(line));
      assert.ok(account.sequence <= sequence && sequence < 2n ** 56n, 'stored sequence <= sequence');
      assert.ok(account.debited + amount <= limit, 'debited + amount <= limit');
      assert.ok(amount <= account.balance, 'amount <= balance');
      account.balance -= amount;
      account.debited += amount;
      account.sequence = sequence;
      sum += amount;
    }
    for (const line of lines(formed.credits, CREDIT_SIZE)) {
      const amount = readU64(viewOf(line), 20);
      this.account(line.subarray(0, 20)).balance += amount;
      sum -= amount;
    }
    for (const line of lines(formed.payouts, CREDIT_SIZE)) {
      const amount = readU64(viewOf(line), 20);
      this.account(line.subarray(0, 20)).claimable += amount;
      sum -= amount;
    }
    assert.ok(this.pool + sum >= 0n, 'pool + debits >= credits + payouts');
    this.pool += sum;
    this.number++;
    this.acknowledged = formed.inbox;
    this.assertTotal();
  }

  /** I1: nothing is owed that is not there. */
  assertTotal(): void {
    let sum = this.pool;
    for (const { balance, claimable } of this.accounts.values()) sum += balance + claimable;
    assert.equal(sum, this.total, 'I1: total = balances + claimables + pool');
  }
}

function* lines(list: Uint8Array, size: number): Generator<Uint8Array> {
  assert.equal(list.length % size, 0);
  for (let at = 0; at < list.length; at += size) yield list.subarray(at, at + size);
}
