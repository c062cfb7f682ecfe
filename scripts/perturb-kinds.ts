// The kinds of perturbation: what each does to the committee, and how it is undone. All choices come from the seed.
// Invariant: when `undo` is done, every node runs, every host is connected, and every endpoint is honest.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from './crash-network.ts';
import { getJson } from './perturb-audit.ts';
import { type Committee, NODES, VALIDATORS } from './perturb-committee.ts';
import { DEEDS, REJECTED } from './perturb-deeds.ts';
import { L1_FAULTS } from './perturb-l1.ts';
import type { Lan } from './perturb-lan.ts';

export interface Scene {
  readonly committee: Committee;
  readonly lan: Lan;
  readonly random: Random;
  /** ms that the other perturbations last, and that one is paused. */
  readonly hold: number;
  readonly pause: number;
}

export interface Perturbation {
  /** In words, for the log. */
  readonly what: string;
  /** Who is out of order meanwhile; more than 2/3 of the validators go on without them, or none does. */
  readonly out: readonly number[];
  /** The node's disk is another one afterwards. */
  readonly isWiped?: true;
  /** Lasts as long as it has to. */
  last(): Promise<void>;
  undo(): Promise<void>;
}

type Kind = (scene: Scene) => Promise<Perturbation>;

/** ms that a Byzantine validator gets to do something. */
const DEED_MOST_MS = 60_000;
const LOOK_MS = 100;
const DEEDS_LEAST = 2;
/** What a watcher says that will not look again by itself: whoever runs the node starts it again. */
const HOPELESS = 'l1-reorganised';

export const KINDS: Readonly<Record<string, Kind>> = {
  'cut off': async ({ committee, lan, random, hold }) => {
    const node = random.pick(committee.nodes);
    const isWhole = random.below(2) === 0;
    lan.cut(node.index, isWhole);
    return {
      what: `${node.name} is cut off ${isWhole ? 'from everybody' : 'from the other nodes'}`,
      out: [node.index],
      last: () => sleep(hold),
      undo: async () => lan.heal(),
    };
  },

  'split 2+2': async ({ lan, random, hold }) => {
    const with0 = random.from(1, VALIDATORS - 1);
    const right = Array.from({ length: VALIDATORS }, (_, i) => i).filter((i) => i !== 0 && i !== with0);
    if (random.below(2) === 0) right.push(VALIDATORS);
    lan.split(right);
    return {
      what: `split: ${right.map((i) => i + 1).join(', ')} apart from the rest`,
      out: Array.from({ length: NODES }, (_, i) => i),
      last: () => sleep(hold),
      undo: async () => lan.heal(),
    };
  },

  paused: async ({ committee, random, pause: most }) => {
    const node = random.pick(committee.nodes);
    // One in three as long as it may be, the others a sixth of it.
    const pause = random.below(3) === 0 ? most : most / 6;
    node.signal('SIGSTOP');
    return {
      what: `${node.name} is paused for ${(pause / 1000).toFixed(1)} s`,
      out: [node.index],
      last: () => sleep(pause),
      undo: async () => node.signal('SIGCONT'),
    };
  },

  killed: async ({ committee, random, hold }) => {
    const node = random.pick(committee.nodes);
    const what = random.pick(['node', 'CometBFT', 'host'] as const);
    await node.kill(what);
    return {
      what: `${node.name} is killed (${what})`,
      out: [node.index],
      last: () => sleep(random.below(hold)),
      undo: () => node.start(),
    };
  },

  'disk emptied': async ({ committee, random }) => {
    const node = random.pick(committee.nodes);
    const others = committee.nodes.filter((one) => one !== node && one.isValidator);
    const canSync = async (): Promise<boolean> => {
      const { height } = await getJson(others[0]!.url, '/v1/status');
      return others.every((one) => one.hasSnapshot(Number(height)));
    };
    // Who began with a snapshot has no earlier block to give: then the next snapshot is waited for.
    const isKept = committee.nodes.some((one) => one !== node && one.isWhole);
    if (!isKept) await until('the others have a snapshot', canSync);
    const isSynced = !isKept || (random.below(4) > 0 && (await canSync()));
    await node.kill('host');
    node.wipe();
    return {
      what: `${node.name} loses its disk, and begins with ${isSynced ? 'a snapshot' : 'the first block'}`,
      out: [node.index],
      isWiped: true,
      last: async () => undefined,
      undo: () => (isSynced ? node.startFrom(others.slice(0, 2)) : node.start()),
    };
  },

  'L1 endpoint': async ({ committee, random, hold }) => {
    const node = random.pick(committee.nodes);
    const fault = random.pick(L1_FAULTS);
    await node.l1.set(fault);
    return {
      what: `${node.name}'s L1 endpoint is ${fault}`,
      out: [],
      last: () => sleep(hold),
      async undo() {
        await node.l1.set(undefined);
        if ((await getJson(node.url, '/v1/status')).l1.status !== HOPELESS) return;
        await node.stop();
        await node.start();
      },
    };
  },

  ...Object.fromEntries(
    DEEDS.map((deed): [string, Kind] => [
      deed,
      async ({ committee, random }) => {
        const node = committee.nodes[random.below(VALIDATORS)]!;
        const others = committee.nodes.filter((one) => one !== node && one.isValidator);
        const rejections = (): number => others.reduce((sum, one) => sum + one.countRejections(), 0);
        const [deeds, before] = [node.countDeeds(), rejections()];
        await node.stop();
        await node.start(deed);
        // It keeps its own votes, which nobody takes who asks it alone for the block.
        if (deed === 'garbage extensions') node.isWhole = false;
        return {
          what: `${node.name} is Byzantine: ${deed}`,
          out: [node.index],
          async last() {
            await until(`${node.name} does its deed`, () => node.countDeeds() >= deeds + DEEDS_LEAST);
            if (REJECTED.includes(deed)) await until(`somebody rejects ${deed}`, () => rejections() > before);
          },
          async undo() {
            await node.stop();
            await node.start();
          },
        };
      },
    ]),
  ),
};

async function until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + DEED_MOST_MS;
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`${what}: it did not come to that`);
    await sleep(LOOK_MS);
  }
}
