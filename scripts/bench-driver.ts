// Drives pre-signed payments through a node as many payers that each wait for finality before they go on.

import { nameNonces, type Payer, type Round } from './bench-payments.ts';

/** Sends messages; the answers come in the layout of docs/api.md. */
export type Submit = (messages: Uint8Array) => Promise<Uint8Array>;

export interface Figures {
  readonly payments: number;
  readonly seconds: number;
  /** Payments a second. */
  readonly rate: number;
  /** ms from sending the fetch until its last payment is final. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

const ANSWER_SIZE = 27;

/** Runs each payer's rounds, one after the other, until they are used up or `most` ms are over. */
export async function drive(
  submitOf: (payer: number) => Submit,
  rounds: readonly Round[][],
  most: number,
): Promise<Figures> {
  const latencies: number[] = [];
  let payments = 0;
  const start = performance.now();
  const run = async (payer: number): Promise<void> => {
    const submit = submitOf(payer);
    for (const round of rounds[payer]!) {
      const sent = performance.now();
      if (sent - start > most) return;
      await pay(submit, round);
      latencies.push(performance.now() - sent);
      payments += round.count;
    }
  };
  await Promise.all(rounds.map((_, payer) => run(payer)));
  const seconds = (performance.now() - start) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor((latencies.length - 1) * share)] ?? 0;
  return { payments, seconds, rate: payments / seconds, p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}

/** Lets new accounts earn their allowance: after 7 x 128 payments each, their standing is 1. */
export async function earnAllowance(
  submitOf: (payer: number) => Submit,
  payers: readonly Payer[],
  seal: (payer: Payer, count: number) => Round,
): Promise<void> {
  const rounds = payers.map((payer) => Array.from({ length: 7 }, () => seal(payer, 128)));
  await drive(submitOf, rounds, Number.POSITIVE_INFINITY);
}

async function pay(submit: Submit, round: Round): Promise<void> {
  const dealt = await submit(round.fetch);
  const view = new DataView(dealt.buffer, dealt.byteOffset, dealt.length);
  if (dealt[0] !== 1) throw new Error(`a fetch got status ${dealt[0]}, code ${view.getUint16(1)}`);
  nameNonces(round, Number(view.getBigUint64(11)));
  const final = await submit(round.fulfils);
  for (let at = 0; at < final.length; at += ANSWER_SIZE) {
    if (final[at] !== 2) {
      throw new Error(`a fulfilment got status ${final[at]}, code ${final[at + 1]! * 256 + final[at + 2]!}`);
    }
  }
}
