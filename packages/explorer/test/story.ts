/**
 * A little history that has one of everything, for tests and pictures: payments, holds, posts, what was withheld, a
 * withdrawal, settlements.
 */
import { type Activity, type Client, topicOf, unwrap } from '@upfront/client';
import type { Address, Hex } from 'viem';
import { ETHER, startTestDevnet, type TestDevnet, until } from './devnet.ts';

export interface Story {
  readonly devnet: TestDevnet;
  readonly alice: Client;
  readonly bob: Client;
  readonly topic: Hex;
  /** Nonces by what became of them. */
  readonly paid: number;
  readonly captured: number;
  readonly posted: number;
  readonly annulled: number;
  /** Open for ten minutes. */
  readonly held: number;
}

export const TOPIC_NAME = 'news';
const REFERENCE: Hex = `0x${'00'.repeat(32)}`;
/** ms: short, so that what is withheld is annulled while one watches. */
const WINDOW_MS = 3000;

export async function startStory(): Promise<Story> {
  const devnet = await startTestDevnet({ parameters: { windowTransfer: WINDOW_MS, windowPost: 2000 } });
  try {
    const [alice, bob] = await Promise.all([devnet.funded(1), devnet.funded(2)]);
    return await tell(devnet, alice, bob);
  } catch (error) {
    await devnet.close();
    throw error;
  }
}

async function tell(devnet: TestDevnet, alice: Client, bob: Client): Promise<Story> {
  const payee = bob.address!;
  const topic = topicOf(TOPIC_NAME);
  const withheld = unwrap(
    await alice.fetchNonces({ activities: Array.from({ length: 5 }, () => transfer(payee, 1000n)) }),
  );
  const paid = unwrap(await alice.pay({ to: payee, amount: ETHER / 4n })).nonce;
  const { hold } = unwrap(await alice.hold({ payee, max: ETHER / 2n, window: 60 }));
  unwrap(await bob.capture({ ...hold, amount: ETHER / 5n }));
  const posted = unwrap(
    await alice.post({ topic, data: 'The order stands before anybody can read it.' }),
  ).nonce;
  unwrap(await bob.post({ topic, data: 'And it is delivered in that order.' }));
  await bob.payMany({
    payments: Array.from({ length: 60 }, () => ({ to: alice.address!, amount: 2_000_000n })),
  });
  unwrap(await bob.withdraw({ amount: ETHER / 100n }));
  const annulled = withheld.first;
  await until('an annulment', async () => {
    const response = await fetch(`${devnet.url}/v1/nonces/${annulled}`);
    const { status } = (await response.json()) as { status: string };
    return status === 'annulled' ? true : undefined;
  });
  const held = unwrap(await alice.hold({ payee, max: ETHER / 10n, window: 600 })).hold.nonce;
  await until('a settlement on the first layer', async () => {
    const { l1 } = (await (await fetch(`${devnet.url}/v1/status`)).json()) as { l1: { settled: string } };
    return Number(l1.settled) > 0 ? true : undefined;
  });
  return { devnet, alice, bob, topic, paid, captured: hold.nonce, posted, annulled, held };
}

export function transfer(to: Address, amount: bigint): Activity {
  return { kind: 'transfer', to, amount, reference: REFERENCE };
}
