/**
 * What the node knows, as the API's JSON.
 *
 * docs/api.md, HTTP; docs/protocol.md, 9 for the packed lists of a settlement. Functions of their arguments only.
 */
import {
  type AccountView,
  codeName,
  decodeEvent,
  type FormedSettlement,
  type Intent,
  type Ledger,
  type NonceView,
  nextCutTime,
  type Parameters,
  readSafe,
  readU64,
  toHex,
  viewOf,
} from '@upfront/core';
import { ANSWER_BYTES } from '../../limits.ts';
import { nodeCodeName, nodeCodes } from '../errors.ts';
import { type EventPlaces, eventAt, eventToJson } from '../event-bytes.ts';

export function accountToJson(view: AccountView, height: number) {
  return {
    address: toHex(view.address),
    balance: String(view.balance),
    reserved: String(view.reserved),
    free: String(view.free),
    unsettled: String(view.unsettled),
    debited: String(view.debited),
    payoutOwed: String(view.payoutOwed),
    highest: String(view.highest),
    used: `0x${BigInt.asUintN(64, view.used).toString(16).padStart(16, '0')}`,
    standing: view.standing,
    allowance: view.allowance,
    openNonces: view.openNonces,
    openPlaces: view.openPlaces,
    exiting: view.isExiting,
    authority: view.authority
      ? { sequence: String(view.authority.sequence), limit: String(view.authority.limit) }
      : null,
    height: String(height),
  };
}

/** An account that never appeared: it has nothing, and may receive. */
export function blankAccount(address: Uint8Array, parameters: Parameters): AccountView {
  return {
    address,
    balance: 0n,
    reserved: 0n,
    free: 0n,
    unsettled: 0n,
    debited: 0n,
    payoutOwed: 0n,
    highest: -1n,
    used: 0n,
    standing: parameters.standingStart,
    allowance: Math.max(1, Math.floor((parameters.standingStart * parameters.maxPlaces) / 65_536)),
    openNonces: 0,
    openPlaces: 0,
    isExiting: false,
    authority: undefined,
    l1Balance: 0n,
  };
}

export function openNonceToJson(view: NonceView) {
  const { kind, commitment, payee, max, topic, stake, size } = view;
  return {
    nonce: String(view.nonce),
    account: toHex(view.account),
    sequence: String(view.sequence),
    index: view.index,
    deadline: String(view.deadline),
    dealtClock: String(view.dealtClock),
    dealtHeight: String(view.dealtHeight),
    intent: {
      kind,
      ...(commitment && { commitment: toHex(commitment) }),
      ...(payee && { payee: toHex(payee) }),
      ...(max !== undefined && { max: String(max) }),
      ...(topic && { topic: toHex(topic) }),
      ...(stake !== undefined && { stake: String(stake) }),
      ...(size !== undefined && { size }),
    },
  };
}

export function intentToJson(intent: Intent) {
  switch (intent.kind) {
    case 'transfer':
    case 'withdraw':
      return { kind: intent.kind, commitment: toHex(intent.commitment) };
    case 'hold': {
      const { kind, payee, max, window } = intent;
      return { kind, payee: toHex(payee), max: String(max), window };
    }
    case 'post': {
      const { kind, topic, stake, size, commitment } = intent;
      return { kind, topic: toHex(topic), stake: String(stake), size, commitment: toHex(commitment) };
    }
    case 'validate':
      return { kind: intent.kind };
  }
}

/** The network as of now; it lags if a block made at `now` would. */
export function networkToJson(ledger: Ledger, now: number) {
  const { settlements, nonces, privilege } = ledger;
  const next = nextCutTime(ledger);
  return {
    height: String(ledger.height),
    time: String(ledger.time),
    clock: String(ledger.clock),
    nonces: String(ledger.nextNonce),
    openNonces: nonces.count,
    activeStanding: privilege.active,
    validators: ledger.validators.map(toHex),
    l1: {
      time: String(ledger.l1Time),
      imported: String(ledger.imported),
      acknowledged: String(settlements.inbox),
      formed: String(settlements.formed),
      settled: String(settledOf(ledger)),
      nextCut: next === undefined ? null : String(next),
    },
    lagging: ledger.isLagging(Math.max(ledger.time, now)),
  };
}

/** Number of the newest settlement that L1 confirmed. */
export function settledOf({ settlements }: Ledger): number {
  const oldest = settlements.unconfirmed[0];
  return oldest === undefined ? settlements.formed : oldest.number - 1;
}

/** One event of the node's own store with its cursor. */
export function placedEventToJson(height: number, list: Uint8Array, places: EventPlaces, index: number) {
  const event = index < places.count ? decodeEvent(eventAt(list, places, index)) : undefined;
  if (event === undefined) throw new Error(`event ${index} of block ${height} cannot be read`);
  return { cursor: `${height}.${index}`, event: eventToJson(event) };
}

/** Bytes of a debit, of a credit or payout, and of a line of a rotation. */
export const LIST_WIDTHS = { debit: 120, entry: 28, line: 21 } as const;

export function settlementToJson(formed: FormedSettlement, height: number, isSettled: boolean) {
  return {
    number: String(formed.number),
    height: String(height),
    inbox: String(formed.inbox),
    hash: toHex(formed.hash),
    status: isSettled ? ('settled' as const) : ('formed' as const),
    debits: chunks(formed.debits, LIST_WIDTHS.debit).map((debit) => ({
      amount: String(readU64(viewOf(debit), 0)),
      sequence: String(readU64(viewOf(debit), 8)),
      limit: String(readU64(viewOf(debit), 16)),
      request: toHex(debit.subarray(24, 56)),
      r: toHex(debit.subarray(56, 88)),
      vs: toHex(debit.subarray(88)),
    })),
    credits: chunks(formed.credits, LIST_WIDTHS.entry).map(entryToJson),
    payouts: chunks(formed.payouts, LIST_WIDTHS.entry).map(entryToJson),
    rotation: chunks(formed.rotation, LIST_WIDTHS.line).map((line) => ({
      validator: toHex(line.subarray(0, 20)),
      in: line[20] === 1,
    })),
    lists: {
      debits: toHex(formed.debits),
      credits: toHex(formed.credits),
      payouts: toHex(formed.payouts),
      rotation: toHex(formed.rotation),
    },
  };
}

function entryToJson(entry: Uint8Array) {
  return { account: toHex(entry.subarray(0, 20)), amount: String(readU64(viewOf(entry), 20)) };
}

const STATUSES = ['', 'dealt', 'fulfilled', 'refused', 'rejected'] as const;

/** Answers of 27 bytes each (docs/api.md). */
export function answersToJson(answers: Uint8Array) {
  return chunks(answers, ANSWER_BYTES).map((answer) => {
    const view = viewOf(answer);
    const status = STATUSES[answer[0]!];
    if (status === undefined || status === '') throw new Error(`an answer of status ${answer[0]}`);
    const code = view.getUint16(1);
    return {
      status,
      code,
      name: code === 0 ? null : code < nodeCodes.overloaded ? codeName(code) : nodeCodeName(code),
      height: String(readSafe(view, 3)),
      number: String(readU64(view, 11)),
      clock: String(readSafe(view, 19)),
    };
  });
}

function chunks(bytes: Uint8Array, size: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
  return parts;
}
