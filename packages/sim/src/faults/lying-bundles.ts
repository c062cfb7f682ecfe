/**
 * What a lying validator hands to the other nodes' pools: captures and validations that nobody signed, for nonces that are not
 * dealt yet, fetches in the name of participants, damaged copies of what it heard, and bytes that are no messages.
 *
 * Links let all of it through: who hands on a bundle is no promise of what is in it. None of it may ever take effect.
 */
import { accountView, encodeFetch, encodeFulfil, splitMessages } from '@upfront/core';
import type { Member } from './member.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/** Nonces ahead of the next one that it aims at. */
const AHEAD = 4;
/** Of a bundle. */
const FETCHES = 3;

/** Undefined: the liar is down. */
export function lyingBundle(world: World, random: Random, liar: Member): Uint8Array | undefined {
  const ledger = liar.chain?.ledger;
  if (ledger === undefined) return undefined;
  if (random.chance(0.05)) return random.bytes(random.between(1, 200));
  const messages: Uint8Array[] = [];
  for (let i = 0; i < AHEAD; i++) {
    const nonce = ledger.nextNonce + i;
    if (random.chance(0.8)) messages.push(forgedFulfil(random, nonce));
  }
  const copy = random.chance(0.5) ? damagedCopy(world, random, liar) : undefined;
  if (copy !== undefined) messages.push(copy);
  // A signature to check: so the whole bundle waits for its turn.
  for (let i = random.between(1, FETCHES); i > 0; i--) {
    const fetch = forgedFetch(world, random);
    if (fetch !== undefined) messages.push(fetch);
  }
  return new Uint8Array(Buffer.concat(messages));
}

function forgedFulfil(random: Random, nonce: number): Uint8Array {
  const signature = random.chance(0.5) ? random.bytes(64) : new Uint8Array(64);
  if (random.chance(0.5)) return encodeFulfil({ kind: 'validate', nonce, height: 1, signature });
  return encodeFulfil({ kind: 'hold', nonce, amount: BigInt(random.below(3)), signature });
}

/** All is in order but the signature. */
function forgedFetch({ checker, genesis, platform }: World, random: Random): Uint8Array | undefined {
  const { ledger } = checker;
  const { accounts } = ledger;
  const { bond } = genesis.parameters;
  const rows = Array.from({ length: accounts.count }, (_, row) => row);
  const able = rows.filter((row) => accounts.free(row) > bond + 1000n);
  if (able.length === 0) return undefined;
  const account = accounts.address(random.pick(able));
  const { highest } = accountView(ledger, account)!;
  return encodeFetch({
    account,
    sequence: highest + BigInt(random.between(1, 3)),
    limit: 2n ** 62n,
    budget: 100n,
    expires: Math.floor(platform.now) + 30_000,
    signature: random.bytes(64),
    intents: [{ kind: 'validate' }],
  });
}

/** Of a message that came to the liar: one bit of it is another. */
function damagedCopy({ genesis }: World, random: Random, { heard }: Member): Uint8Array | undefined {
  if (heard.length === 0) return undefined;
  const bundle = random.pick(heard);
  const index = splitMessages(bundle, genesis.parameters);
  if (index === undefined) return undefined;
  const i = random.below(index.offsets.length);
  const offset = index.offsets[i]!;
  const copy = bundle.slice(offset, offset + index.sizes[i]!);
  copy[random.between(21, copy.length - 1)]! ^= 1 << random.below(8);
  return splitMessages(copy, genesis.parameters) === undefined ? undefined : copy;
}
