/**
 * What plays now: one run a role at most, with its account's standing and allowance as they were, second by second.
 *
 * Invariant: samples are bounded; what is stopped sends nothing any more.
 */
import { signal } from '@preact/signals';
import type { Address } from 'viem';
import { api, nodeUrl } from '../api.ts';
import { connection, genesis, parameter, status } from '../network.ts';
import type { Report, Role } from './actors.ts';
import { createControls, type DevnetControls } from './devnet.ts';
import { type Stage, setStage } from './stage.ts';

export interface Sample {
  /** Q16. */
  readonly standing: number;
  readonly allowance: number;
  readonly open: number;
}

export interface Run extends Report {
  readonly state: 'setting' | 'playing' | 'stopped' | 'over' | 'failed';
  readonly address: Address | undefined;
  /** One a second, the newest last. */
  readonly samples: readonly Sample[];
  readonly fault: string;
}

/** s. */
export const SAMPLES_MOST = 120;
const SAMPLE_MS = 1000;

/** By the role's name. */
export const runs = signal<Readonly<Record<string, Run>>>({});
export const stage = signal<Stage | undefined>(undefined);

const controllers = new Map<string, AbortController>();
let setting: Promise<Stage> | undefined;

/** The devnet's controls; undefined: this is no devnet, or the node has not said yet. */
export function controlsOf(): DevnetControls | undefined {
  const { controls, l1 } = status.value ?? {};
  return controls == null || l1?.url == null ? undefined : createControls({ controls, l1Url: l1.url });
}

/** Starts a role, unless it plays. */
export async function start(role: Role, controls: DevnetControls): Promise<void> {
  if (controllers.has(role.name)) return;
  const controller = new AbortController();
  controllers.set(role.name, controller);
  runs.value = { ...runs.value, [role.name]: FIRST };
  const sampling = setInterval(() => void sample(role.name), SAMPLE_MS);
  try {
    const own = await stageFor(controls);
    change(role.name, { state: 'playing' });
    await role.play(own, {
      signal: controller.signal,
      window: parameter('windowPost') ?? 5000,
      watch: (address) => change(role.name, { address }),
      report: (next) => change(role.name, next(runs.value[role.name]!)),
    });
    change(role.name, { state: controller.signal.aborted ? 'stopped' : 'over' });
  } catch (error) {
    change(role.name, {
      state: 'failed',
      fault: error instanceof Error ? error.message.split('\n')[0]! : String(error),
    });
  } finally {
    clearInterval(sampling);
    await sample(role.name);
    controllers.delete(role.name);
  }
}

export function stop(role: Role): void {
  controllers.get(role.name)?.abort();
}

export function stopAll(): void {
  for (const controller of controllers.values()) controller.abort();
}

/** The stage, which is set with the first role. */
export async function stageFor(controls: DevnetControls): Promise<Stage> {
  setting ??= (async () => {
    const { bytes } = genesis.value ?? (await api.genesis());
    const l1Url = status.value!.l1.url!;
    return await setStage({ node: nodeUrl(), genesis: bytes as `0x${string}`, l1Url, controls });
  })();
  try {
    stage.value = await setting;
    return stage.value;
  } catch (error) {
    setting = undefined;
    throw error;
  }
}

const FIRST: Run = { state: 'setting', address: undefined, samples: [], done: 0, refused: 0, fault: '' };

function change(name: string, next: Partial<Run>): void {
  runs.value = { ...runs.value, [name]: { ...(runs.value[name] ?? FIRST), ...next } };
}

async function sample(name: string): Promise<void> {
  const { address } = runs.value[name] ?? FIRST;
  if (address === undefined || connection.value === 'away') return;
  try {
    const { standing, allowance, openPlaces } = await api.account(address);
    const samples = runs.value[name]!.samples.slice(1 - SAMPLES_MOST);
    change(name, { samples: [...samples, { standing, allowance, open: openPlaces }] });
  } catch {
    // A node that is away has no standing to show.
  }
}
