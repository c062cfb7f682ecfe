/**
 * What a seed makes happen, as a list: who does what, what breaks, and when. Any step can be left out, which is how a failing
 * history is made shorter; what is left happens as before.
 */
import type { Deed } from './person.ts';
import { Random } from './random.ts';

export type Mode = 'operator' | 'committee' | 'byzantine';

type Trouble =
  | { readonly do: 'crash node'; readonly node: number; readonly back: number }
  | { readonly do: 'crash person'; readonly who: number; readonly back: number }
  | { readonly do: 'fail disk'; readonly node: number }
  | { readonly do: 'slow disk'; readonly node: number; readonly until: number }
  | { readonly do: 'fail journal'; readonly who: number }
  | { readonly do: 'foul weather'; readonly until: number }
  | { readonly do: 'cut off'; readonly who: number; readonly until: number }
  | { readonly do: 'cut off node'; readonly node: number; readonly until: number }
  | { readonly do: 'reorganise' }
  | { readonly do: 'stall finality'; readonly until: number }
  | { readonly do: 'stop L1'; readonly until: number }
  | { readonly do: 'blind node'; readonly node: number; readonly until: number }
  | { readonly do: 'no relayers'; readonly until: number }
  | { readonly do: 'rotate'; readonly until: number }
  | { readonly do: 'clock jump'; readonly node: number; readonly by: number }
  | { readonly do: 'clock jump of a client'; readonly who: number; readonly by: number };

/** Each has to have happened. */
export const TROUBLES: Readonly<Record<Trouble['do'], true>> = {
  'crash node': true,
  'crash person': true,
  'fail disk': true,
  'slow disk': true,
  'fail journal': true,
  'foul weather': true,
  'cut off': true,
  'cut off node': true,
  reorganise: true,
  'stall finality': true,
  'stop L1': true,
  'blind node': true,
  'no relayers': true,
  rotate: true,
  'clock jump': true,
  'clock jump of a client': true,
};

/** Times are ms since the start. */
export type Step = { readonly at: number } & (
  | { readonly do: 'deed'; readonly who: number; readonly deed: Deed }
  | { readonly do: 'hostile'; readonly kind: number }
  | Trouble
);

export interface Plan {
  readonly seed: number;
  readonly mode: Mode;
  readonly persons: number;
  readonly validators: number;
  /** Of a committee, the place of the one that lies. */
  readonly liar: number | undefined;
  readonly steps: readonly Step[];
  /** From here on nothing breaks any more. */
  readonly healed: number;
  /** After all is settled, how often whoever can pay pays once more. */
  readonly paysAgain: number;
  /** Nothing breaks at all. */
  readonly isCalm: boolean;
}

export const MODES: readonly Mode[] = ['operator', 'committee', 'byzantine'];
const CHOICE: readonly Mode[] = ['operator', 'operator', 'operator', 'committee', 'byzantine'];

export function planOf(seed: number, mode?: Mode): Plan {
  const random = new Random(seed, 'plan');
  const chosen = random.pick(CHOICE);
  const persons = random.between(2, 5);
  const healed = random.between(15, 60) * 1000;
  const world = { persons, nodes: (mode ?? chosen) === 'committee' ? 4 : 1, healed };
  const steps: Step[] = [];
  const deeds = random.skewed(4, 40);
  for (let i = 0; i < deeds; i++) {
    const who = random.below(persons);
    steps.push({ at: time(random, healed), do: 'deed', who, deed: deedOf(random) });
  }
  const troubles = random.chance(0.15) ? 0 : random.between(1, 9);
  for (let i = 0; i < troubles; i++) {
    const trouble = troubleOf(random, world);
    const isToTheEnd = 'until' in trouble && trouble.until === healed;
    steps.push({ at: time(random, isToTheEnd ? healed / 3 : healed), ...trouble });
  }
  if (world.nodes > 1 && random.chance(0.5))
    steps.push({
      at: time(random, healed / 2),
      do: 'rotate',
      until: random.between(30_000, healed + 30_000),
    });
  // In turn from seed to seed, so that a few seeds have them all.
  const hostile = random.chance(0.85) ? random.between(4, 12) : 0;
  for (let i = 0; i < hostile; i++)
    steps.push({ at: time(random, healed), do: 'hostile', kind: 5 * seed + i });
  steps.sort((a, b) => a.at - b.at);
  return {
    seed,
    mode: mode ?? chosen,
    persons,
    validators: world.nodes,
    liar: world.nodes > 1 && random.chance(0.75) ? random.below(world.nodes) : undefined,
    steps,
    healed,
    paysAgain: random.between(1, 3),
    isCalm: troubles === 0,
  };
}

/** Deposits need a moment to arrive. */
function time(random: Random, healed: number): number {
  return random.between(6000, Math.max(12_000, healed));
}

function deedOf(random: Random): Deed {
  const to = random.below(64);
  const amount = BigInt(1 + random.skewed(0, 3_000_000));
  const kind = random.below(25);
  if (kind < 8) return { do: 'pay', to, amount };
  if (kind < 10) return { do: 'payMany', to, amount: amount / 4n + 1n, count: random.between(2, 6) };
  if (kind < 14) {
    const captured = random.chance(0.75) ? (random.chance(0.3) ? 0n : amount / 2n + 1n) : undefined;
    return { do: 'hold', to, max: amount + 1n, window: random.between(5, 30), captured };
  }
  if (kind < 16) return { do: 'withdraw', amount: amount + 100_000n };
  if (kind < 19) {
    const stake = random.chance(0.5) ? 0n : amount / 8n;
    return { do: 'post', topic: random.below(3), size: random.between(0, 600), stake };
  }
  if (kind < 20) return { do: 'validate' };
  if (kind < 21) return { do: 'withhold', to, amount };
  if (kind < 22) return { do: 'deposit', amount: amount * 3n };
  if (kind < 23) return { do: random.chance(0.5) ? 'exit' : 'resume' };
  return kind < 24 ? { do: 'claim' } : { do: 'withhold', to, amount };
}

function troubleOf(
  random: Random,
  { persons, nodes, healed }: { persons: number; nodes: number; healed: number },
): Trouble {
  const until = (): number => random.between(10, 60) * 1000 + random.below(healed);
  // Mostly to the end: what follows from it takes as long as the lag that is allowed.
  const long = (): number => (random.chance(0.7) ? healed : until());
  const node = random.below(nodes);
  const who = random.below(persons);
  const back = random.skewed(20, 25_000);
  const by = random.between(-20_000, 20_000);
  switch (random.below(19)) {
    case 0:
    case 1:
    case 2:
      return { do: 'crash node', node, back };
    case 3:
    case 4:
      return { do: 'crash person', who, back };
    case 5:
      return { do: 'fail disk', node };
    case 6:
      return { do: 'slow disk', node, until: until() };
    case 7:
    case 8:
      return { do: 'fail journal', who };
    case 9:
      return { do: 'foul weather', until: until() };
    case 10:
      return { do: 'cut off', who, until: until() };
    case 11:
      return { do: 'reorganise' };
    case 12:
      return { do: 'stall finality', until: long() };
    case 13:
      return { do: 'stop L1', until: long() };
    case 14:
      return { do: 'blind node', node, until: long() };
    case 15:
      return { do: 'no relayers', until: until() };
    case 16:
      return { do: 'cut off node', node, until: until() };
    case 17:
      return { do: 'clock jump', node, by };
    default:
      return { do: 'clock jump of a client', who, by };
  }
}
