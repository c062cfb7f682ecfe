/**
 * Who plays: an honest crowd, one who withholds, one who is slow, and a burst of ten thousand payments.
 *
 * Each is a loop with the public client until its signal ends it. What the network refuses is part of the play.
 */
import { BaseError, type Client, topicOf } from '@upfront/client';
import type { Address } from 'viem';
import type { Stage } from './stage.ts';

export interface Report {
  /** What it has done so far, in its own unit; see ROLES. */
  readonly done: number;
  readonly refused: number;
}

export interface Role {
  readonly name: string;
  readonly title: string;
  readonly what: string;
  readonly look: string;
  readonly unit: string;
  /** Ends with the signal, or when it has done all. `watch` names the account whose standing is shown. */
  play(stage: Stage, act: Acting): Promise<void>;
}

export interface Acting {
  readonly signal: AbortSignal;
  /** ms, of a post. */
  readonly window: number;
  watch(address: Address): void;
  report(change: (before: Report) => Report): void;
}

const TOPIC = topicOf('play');
const ACTOR_UNITS = 200_000_000n;
const CROWD = 10;
const PAUSE_MS = 700;
const WITHHELD_EVERY_MS = 1200;
/** Of its window: late, and in time. */
const LATE = 0.7;
const SLOW_AT_ONCE = 4;
export const BURST = 10_000;

export const ROLES: readonly Role[] = [
  {
    name: 'crowd',
    title: 'Honest crowd',
    what: `${CROWD} accounts that pay each other, about once a second each.`,
    look: 'Each payment performed raises standing by 1/1024, and with it the places that an account may hold open.',
    unit: 'payment',
    play: crowd,
  },
  {
    name: 'withholder',
    title: 'Withholder',
    what: 'Announces posts, takes its places in line, and never shows them.',
    look: 'Each is annulled when its window ends, and halves its standing, down to 1/1024 and one place. Nobody else waits for it.',
    unit: 'place taken',
    play: withholder,
  },
  {
    name: 'slow',
    title: 'Slow holder',
    what: 'Announces posts, and shows each as late as it may.',
    look: 'It performs, so its standing rises; it occupies only its own places, and delays its topic by a window at most.',
    unit: 'post',
    play: slow,
  },
  {
    name: 'burst',
    title: `Burst of ${BURST.toLocaleString('en')}`,
    what: 'One account makes ten thousand payments as fast as it may.',
    look: 'It begins with 128 places and earns more with each payment, up to 1,024.',
    unit: 'payment',
    play: burst,
  },
];

async function crowd(stage: Stage, act: Acting): Promise<void> {
  const members: Client[] = [];
  while (members.length < CROWD && !act.signal.aborted) members.push(await stage.actor(ACTOR_UNITS));
  const addresses = members.map((member) => member.address!);
  act.watch(addresses[0]!);
  await Promise.all(
    members.map(async (member) => {
      while (!act.signal.aborted) {
        const to = addresses[Math.floor(Math.random() * CROWD)]!;
        await attempt(act, 1, () =>
          member.pay({ to, amount: BigInt(1 + Math.floor(Math.random() * 100_000)) }),
        );
        await pause(PAUSE_MS * (0.5 + Math.random()), act.signal);
      }
    }),
  );
}

async function withholder(stage: Stage, act: Acting): Promise<void> {
  const client = await stage.actor(ACTOR_UNITS);
  act.watch(client.address!);
  while (!act.signal.aborted) {
    await attempt(act, 1, () => client.fetchNonces({ activities: [postOf('never shown')] }));
    await pause(WITHHELD_EVERY_MS, act.signal);
  }
}

async function slow(stage: Stage, act: Acting): Promise<void> {
  const client = await stage.actor(ACTOR_UNITS);
  act.watch(client.address!);
  while (!act.signal.aborted) {
    const activities = Array.from({ length: SLOW_AT_ONCE }, (_, i) => postOf(`late ${i}`));
    const dealt = await attempt(act, 0, () => client.fetchNonces({ activities }));
    await pause(LATE * act.window, act.signal);
    if (dealt?.status !== 'done') continue;
    const nonces = Array.from({ length: dealt.count }, (_, i) => dealt.first + i);
    await Promise.all(nonces.map((nonce) => attempt(act, 1, () => client.fulfil({ nonce }))));
  }
}

async function burst(stage: Stage, act: Acting): Promise<void> {
  const client = await stage.actor(ACTOR_UNITS);
  act.watch(client.address!);
  const to = stage.purse.address!;
  const payments = Array.from({ length: BURST }, () => ({ to, amount: 1n }));
  const { stopped } = await client.payMany({
    payments,
    signal: act.signal,
    onProgress: ({ done, refused }) => act.report(() => ({ done, refused })),
  });
  if (stopped !== undefined && !act.signal.aborted) throw stopped;
}

function postOf(text: string) {
  return { kind: 'post', topic: TOPIC, stake: 0n, data: new TextEncoder().encode(text) } as const;
}

/** Counts how it ended. A node that is away, or a refusal, ends no actor: it tries again. */
async function attempt<T extends { readonly status: string }>(
  act: Acting,
  weight: number,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    const outcome = await work();
    const isDone = outcome.status === 'done';
    act.report(({ done, refused }) => ({
      done: done + (isDone ? weight : 0),
      refused: refused + (isDone ? 0 : 1),
    }));
    return outcome;
  } catch (error) {
    if (!(error instanceof BaseError)) throw error;
    act.report(({ done, refused }) => ({ done, refused: refused + 1 }));
    return undefined;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    signal.addEventListener('abort', over);
  });
}
