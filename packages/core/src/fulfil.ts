/**
 * Step 4 of a block: a fulfilment names an open nonce and matches it (docs/protocol.md, 8).
 * It cannot fail for want of money, place or right: the fetch reserved them.
 */
import { isZero, readSafe, readU64 } from './bytes.ts';
import { type Code, codes } from './codes.ts';
import type { Ledger } from './ledger.ts';
import { FULFIL, KIND } from './messages.ts';
import { OPENING } from './openings.ts';
import { accountOf, pay, resolve } from './resolve.ts';

/**
 * The first failing check of section 8 but the signatures', or 0. The message is well-formed.
 *
 * @param opening what {@link Openings} found of it on this ledger while the nonce was open
 */
export function checkFulfil(
  ledger: Ledger,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  opening: number = OPENING.unknown,
): Code | 0 {
  const { nonces } = ledger;
  const row = nonces.find(readSafe(view, offset + FULFIL.nonce));
  if (row < 0) return codes.notOpen;
  const kind = nonces.kind[row]!;
  if (bytes[offset + FULFIL.kind] !== kind) return codes.wrongKind;
  switch (kind) {
    case KIND.transfer: {
      const { salt, to, amount } = FULFIL.transfer;
      if (opening === OPENING.wrong) return codes.wrongOpening;
      if (opening === OPENING.unknown && !opens(ledger, row, bytes, offset + salt, offset + to, 60)) {
        return codes.wrongOpening;
      }
      if (isZero(bytes, offset + to, 20)) return codes.zeroRecipient;
      return checkAmount(ledger, row, readU64(view, offset + amount), 1n);
    }
    case KIND.withdraw: {
      const { salt, amount } = FULFIL.withdraw;
      if (!opens(ledger, row, bytes, offset + salt, offset + amount, 8)) return codes.wrongOpening;
      return checkAmount(ledger, row, readU64(view, offset + amount), ledger.genesis.parameters.dust);
    }
    case KIND.post: {
      const { salt, size, data } = FULFIL.post;
      const length = view.getUint16(offset + size);
      if (length > nonces.size[row]!) return codes.tooLarge;
      if (!opens(ledger, row, bytes, offset + salt, offset + data, length)) return codes.wrongOpening;
      return 0;
    }
    case KIND.hold:
      return readU64(view, offset + FULFIL.hold.amount) > nonces.amount[row]! ? codes.overMax : 0;
    default: {
      const height = readSafe(view, offset + FULFIL.validate.height);
      return ledger.digestAt(height) === undefined ? codes.unknownHeader : 0;
    }
  }
}

/** Fulfils a nonce, or gives the code of the first check of section 8 that fails and changes nothing. */
export function applyFulfil(
  ledger: Ledger,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  isSigned: boolean,
  opening: number,
): Code | 0 {
  const code = checkFulfil(ledger, bytes, view, offset, opening);
  if (code !== 0) return code;
  const row = ledger.nonces.find(readSafe(view, offset + FULFIL.nonce));
  const kind = ledger.nonces.kind[row]!;
  if (!isSigned && kind === KIND.hold) return codes.badCaptureSignature;
  if (!isSigned && kind === KIND.validate) return codes.badValidationSignature;

  // From here on it must succeed.
  if (kind === KIND.transfer) transfer(ledger, row, bytes, view, offset);
  else if (kind === KIND.hold) capture(ledger, row, view, offset);
  else if (kind === KIND.withdraw) withdraw(ledger, row, view, offset);
  else if (kind === KIND.post) post(ledger, row, bytes, view, offset);
  else validate(ledger, row, view, offset);
  return 0;
}

function transfer(ledger: Ledger, row: number, bytes: Uint8Array, view: DataView, offset: number): void {
  const { accounts, log, nonces } = ledger;
  const amount = readU64(view, offset + FULFIL.transfer.amount);
  const from = accountOf(ledger, row);
  const to = accounts.ensure(bytes, offset + FULFIL.transfer.to);
  pay(ledger, row, amount);
  ledger.receive(to, amount);
  const { bytes: keys } = accounts.rows;
  log.transferred(
    nonces.nonce[row]!,
    keys,
    accounts.addressAt(from),
    keys,
    accounts.addressAt(to),
    amount,
    bytes,
    offset + FULFIL.transfer.reference,
  );
  resolve(ledger, row, 1);
}

function capture(ledger: Ledger, row: number, view: DataView, offset: number): void {
  const { accounts, log, nonces } = ledger;
  const amount = readU64(view, offset + FULFIL.hold.amount);
  const payer = accountOf(ledger, row);
  if (amount > 0n) {
    const payee = accounts.ensure(nonces.pledge, row * 32);
    pay(ledger, row, amount);
    ledger.receive(payee, amount);
  }
  log.captured(
    nonces.nonce[row]!,
    accounts.rows.bytes,
    accounts.addressAt(payer),
    nonces.pledge,
    row * 32,
    amount,
  );
  resolve(ledger, row, amount > 0n ? 1 : 0);
}

function withdraw(ledger: Ledger, row: number, view: DataView, offset: number): void {
  const { accounts, log, nonces } = ledger;
  const amount = readU64(view, offset + FULFIL.withdraw.amount);
  const account = accountOf(ledger, row);
  pay(ledger, row, amount);
  accounts.payoutOwed.set(account, accounts.payoutOwed.get(account) + amount);
  ledger.settlements.payoutsOwed += amount;
  log.withdrawn(nonces.nonce[row]!, accounts.rows.bytes, accounts.addressAt(account), amount);
  resolve(ledger, row, 1);
}

function post(ledger: Ledger, row: number, bytes: Uint8Array, view: DataView, offset: number): void {
  const { accounts, log, nonces, topics } = ledger;
  const length = view.getUint16(offset + FULFIL.post.size);
  const data = offset + FULFIL.post.data;
  const hash = ledger.hashes.sha256(bytes.subarray(data, data + length));
  const delivery = nonces.delivery[row]!;
  const topic = topics.topicOf(delivery);
  log.posted(
    nonces.nonce[row]!,
    accounts.rows.bytes,
    accounts.addressAt(accountOf(ledger, row)),
    topic,
    0,
    length,
    hash,
  );
  topics.resolve(delivery, true, log);
  resolve(ledger, row, 1);
}

function validate(ledger: Ledger, row: number, view: DataView, offset: number): void {
  const height = readSafe(view, offset + FULFIL.validate.height);
  const account = accountOf(ledger, row);
  ledger.log.validated(
    ledger.nonces.nonce[row]!,
    ledger.accounts.rows.bytes,
    ledger.accounts.addressAt(account),
    height,
  );
  resolve(ledger, row, 1);
}

function opens(
  ledger: Ledger,
  row: number,
  bytes: Uint8Array,
  salt: number,
  activity: number,
  length: number,
): boolean {
  const { nonces, accounts } = ledger;
  const sequence = nonces.fetches.sequence[nonces.fetch[row]!]!;
  const account = accounts.addressAt(accountOf(ledger, row));
  const index = nonces.index[row]!;
  const kind = nonces.kind[row]!;
  const { bytes: keys } = accounts.rows;
  return ledger.opener(
    keys,
    account,
    sequence,
    index,
    kind,
    bytes,
    salt,
    activity,
    length,
    nonces.pledge,
    row * 32,
  );
}

function checkAmount(ledger: Ledger, row: number, amount: bigint, least: bigint): Code | 0 {
  const { rest, earmarked } = ledger.nonces.fetches;
  const fetch = ledger.nonces.fetch[row]!;
  if (amount === 0n) return codes.zeroAmount;
  if (amount > rest[fetch]! - earmarked[fetch]!) return codes.overBudget;
  return amount < least ? codes.belowDust : 0;
}
