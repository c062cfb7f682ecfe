/**
 * What an open account's page shows, kept up to date: the network's word, the first layer's, the journal's, the notes.
 *
 * One look at a time. Invariant: what one source says stays when another one is silent, and silence is told.
 */
import { batch, computed, signal } from '@preact/signals';
import {
  type Balance,
  BaseError,
  DisconnectedError,
  type NodeAccount,
  type Resumed,
  TimeoutError,
} from '@upfront/client';
import { upfrontAbi } from '@upfront/contracts';
import { erc20Abi, zeroAddress } from 'viem';
import { ApiError, api, type OpenNonce } from '../api.ts';
import { type Asset, shortHex, showAmount, showDuration, showTime } from '../format.ts';
import { connection, asset as networkAsset, parameter, status, statusAt } from '../network.ts';
import { type Explained, explain } from './fault.ts';
import { newsOf, withNews } from './given-holds.ts';
import { EMPTY, type Notes, readNotes, writeNotes } from './notes.ts';
import { nameOf, type OwnActivity, type OwnFetch, type Pending, pendingOf, type Waiting } from './pending.ts';
import { type Session, session } from './session.ts';
import { isPaidOut } from './settlements.ts';

export type L1View = NonNullable<Balance['l1']> & {
  /** wei of the account itself, for transactions. */
  readonly wei: bigint;
  /** What the account could deposit, base units of the asset; ETH: the same as wei. */
  readonly purse: bigint;
  /** s, by the newest block. */
  readonly time: bigint;
  readonly isClosed: boolean;
  /** While it is exiting: from when on a claim pays in any case (s), and whether a settlement has answered it. */
  readonly exit: { readonly claimableAt: bigint; readonly isAcknowledged: boolean } | undefined;
};

export const account = signal<NodeAccount | undefined>(undefined);
export const openNonces = signal<readonly OpenNonce[]>([]);
export const fetches = signal<readonly OwnFetch[]>([]);
export const l1 = signal<L1View | undefined>(undefined);
export const l1Fault = signal<Explained | undefined>(undefined);
/** Why what an earlier visit left open could not be taken up. */
export const deskFault = signal<Explained | undefined>(undefined);
export const notes = signal<Notes>(EMPTY);
/** What an earlier visit left undone, and what came of it. */
export const resumed = signal<readonly TakenUp[]>([]);
/** Actions of this page that are under way. */
export const busy = signal(0);
export interface TakenUp extends Resumed {
  /** What it was about. */
  readonly title: string;
}
const tokenAsset = signal<Asset | undefined>(undefined);

/** What amounts are counted in here; until the asset is known, units. */
export const asset = computed<Asset>(
  () => networkAsset.value ?? tokenAsset.value ?? { symbol: 'units', decimals: 0, unit: 1n },
);
export const show = (units: bigint): string => showAmount(units, asset.value);

/** The network's age clock as of now: it goes on between two looks. */
const clock = computed(() => {
  const { clock: last } = status.value ?? {};
  void tick.value;
  if (last === undefined || connection.value === 'away') return undefined;
  return Number(last) + Math.min(Math.max(0, performance.now() - statusAt.value), 1500);
});
/** Rises with every look, so that what counts down is drawn anew. */
const tick = signal(0);

export const pending = computed<readonly Pending[]>(() => {
  const view = l1.value;
  return pendingOf({
    fetches: fetches.value,
    open: openNonces.value,
    waiting: notes.value.waiting,
    account: account.value,
    l1: view,
    leaving:
      view?.exit === undefined ? undefined : { ...view.exit, l1Time: view.time, isClosed: view.isClosed },
    clock: clock.value,
    now: Date.now(),
    interval: parameter('interval'),
    nextSettlement: nextSettlement(),
    showAmount: show,
    showName: shortHex,
    showDuration,
    showTime,
  });
});

/** ms until the next settlement is due, if there is something to settle. */
function nextSettlement(): number | undefined {
  const { l1: layer, time } = status.value ?? {};
  return layer?.nextCut == null ? undefined : Number(layer.nextCut) - Number(time);
}

/** Whether closing the page now would leave something undone that only this page can do. */
export const needsPage = computed(() => busy.value > 0 || pending.value.some((one) => one.needsPage));

const LOOK_MS = 1000;
/** ms between looks at a first layer elsewhere, and at one on this machine. */
const L1_LOOK_MS = 6000;
const L1_LOCAL_MS = 1000;
/** ms after which a transaction that nobody has seen is not waited for. */
const LOST_AFTER_MS = 86_400_000;

let wake: (() => void) | undefined;

/** Looks until the returned function is called. */
export function watchDesk(own: Session): () => void {
  const controller = new AbortController();
  batch(() => {
    account.value = undefined;
    openNonces.value = [];
    fetches.value = [];
    l1.value = undefined;
    l1Fault.value = undefined;
    deskFault.value = undefined;
    resumed.value = [];
    notes.value = readNotes(localStorage, own.key);
  });
  void takeUp(own, true);
  void lookAround(own, controller.signal);
  void lookAtL1Often(own, controller.signal);
  return () => {
    controller.abort();
    wake?.();
  };
}

/** Asks about everything that was left open, and finishes it. `isFirst`: the account was opened just now. */
export async function takeUp(own: Session, isFirst = false): Promise<void> {
  try {
    const left = await own.client.book('wallet');
    const entries = left.entries();
    if (isFirst) earlier = new Set(entries.map(({ sequence }) => sequence));
    // Afterwards the books have forgotten them.
    const titles = new Map(
      entries.map(({ sequence, openings }) => [sequence, titleOf(openings[0]?.activity)]),
    );
    const results = await working(() => own.client.resume());
    if (session.value !== own) return;
    // What is still open stands among what is under way; what this visit began is told where it was begun.
    const told = results.filter(({ sequence, status }) => earlier.has(sequence) && status !== 'open');
    const news = told.map((one) => ({ ...one, title: titles.get(one.sequence) ?? '' }));
    const rest = resumed.value.filter(({ sequence }) => !news.some((one) => one.sequence === sequence));
    resumed.value = [...rest, ...news];
    deskFault.value = undefined;
  } catch (error) {
    // A node that is away is asked again when it is back.
    const isAway = error instanceof DisconnectedError || error instanceof TimeoutError;
    if (session.value === own && !isAway) deskFault.value = explain(error);
  }
  refresh();
}

/** Signed in earlier visits, and not finished then. */
let earlier: ReadonlySet<bigint> = new Set();

function titleOf(activity: OwnActivity | undefined): string {
  return nameOf(activity, activity?.kind ?? '', { showAmount: show, showName: shortHex });
}

/** Counts it as under way: closing the page warns until it is over. */
export async function working<T>(work: () => Promise<T>): Promise<T> {
  busy.value++;
  try {
    return await work();
  } finally {
    busy.value--;
    refresh();
  }
}

/** Looks again at once. */
export function refresh(): void {
  wake?.();
}

export function note(change: (before: Notes) => Partial<Notes>): void {
  const own = session.value;
  if (own === undefined) return;
  notes.value = { ...notes.value, ...change(notes.value) };
  writeNotes(localStorage, own.key, notes.value);
}

/** Something of the first layer is under way. Returns what says how it goes on; undefined: it is over. */
export function beginWaiting(waiting: Waiting): (next: Partial<Waiting> | undefined) => void {
  let mine = waiting;
  note((before) => ({ waiting: [...before.waiting, mine] }));
  return (next) => {
    const rest = notes.value.waiting.filter((one) => one.since !== mine.since || one.what !== mine.what);
    mine = { ...mine, ...next };
    note(() => ({ waiting: next === undefined ? rest : [...rest, mine] }));
  };
}

async function lookAround(own: Session, signal: AbortSignal): Promise<void> {
  let wasAway = false;
  while (!signal.aborted) {
    await lookAtNode(own, signal);
    const isAway = connection.value === 'away';
    if (wasAway && !isAway && fetches.value.length > 0) void takeUp(own);
    wasAway = isAway;
    tick.value++;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOOK_MS);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

async function lookAtNode({ client, address }: Session, signal: AbortSignal): Promise<void> {
  try {
    const book = await client.book('wallet');
    if (signal.aborted) return;
    fetches.value = book.entries();
    if (connection.value === 'away') return;
    const [own, open] = await Promise.all([client.node.account(address), api.openNoncesOf(address, signal)]);
    if (signal.aborted) return;
    batch(() => {
      account.value = own;
      openNonces.value = open.nonces;
    });
    await forgetWhatIsOver(own, address, signal);
    const news = await newsOf(notes.value.given, open.nonces, signal);
    if (!signal.aborted && news.length > 0) note(({ given }) => ({ given: withNews(given, news) }));
  } catch (error) {
    // A node that is away is told of by the page's header; a client that was closed ends with the session.
    const isTold = error instanceof BaseError || error instanceof ApiError;
    if (!isTold && !signal.aborted) throw error;
  }
}

/** A deposit that was imported, an exit that is on the network, a withdrawal that a settlement took along. */
async function forgetWhatIsOver(
  { payoutOwed }: NodeAccount,
  address: string,
  signal: AbortSignal,
): Promise<void> {
  const network = status.value?.l1;
  if (network === undefined) return;
  const over = new Set<Waiting>();
  for (const one of notes.value.waiting) {
    // What the network owes waits for a cut; what a cut has taken stands in one of the settlements after it.
    const isOver =
      one.what === 'withdraw'
        ? payoutOwed === 0n && (await isPaidOut(address, one.formed ?? 0, Number(network.settled), signal))
        : one.item !== undefined && Number(network.imported) >= one.item;
    if (isOver) over.add(one);
  }
  if (over.size > 0 && !signal.aborted)
    note((before) => ({ waiting: before.waiting.filter((one) => !over.has(one)) }));
}

async function lookAtL1Often(own: Session, signal: AbortSignal): Promise<void> {
  const isLocal = own.network.chainId === 31_337;
  let seen = busy.value;
  while (!signal.aborted) {
    const settled = status.value?.l1.settled;
    try {
      const view = await lookAtL1(own);
      if (signal.aborted) return;
      l1.value = view;
      l1Fault.value = undefined;
      if (busy.value === 0) await findAgain(own);
    } catch (error) {
      if (signal.aborted) return;
      l1Fault.value = explain(error);
    }
    const until = performance.now() + (isLocal ? L1_LOCAL_MS : L1_LOOK_MS);
    // After an action at once, and after a settlement.
    const isSame = (): boolean => seen <= busy.value && settled === status.value?.l1.settled;
    while (!signal.aborted && performance.now() < until && isSame()) {
      seen = busy.value;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    seen = busy.value;
  }
}

/**
 * What an earlier visit sent to the first layer and did not see mined: a deposit is found by its event; how an exit or a
 * claim goes on the contract tells by itself.
 */
async function findAgain({ client, read, address }: Session): Promise<void> {
  const lost = notes.value.waiting.filter(({ what, item }) => what !== 'withdraw' && item === undefined);
  if (lost.length === 0) return;
  const { contract } = await client.contract('wallet');
  const found = new Map<Waiting, Waiting | undefined>();
  for (const one of lost) {
    if (one.what !== 'deposit' || one.fromBlock === undefined) {
      found.set(one, undefined);
      continue;
    }
    const event = { address: contract, abi: upfrontAbi, eventName: 'Item', strict: true } as const;
    const logs = await read!.getContractEvents({
      ...event,
      args: { account: address },
      fromBlock: one.fromBlock,
    });
    const log = logs.find(({ args }) => args.kind === 1 && args.amount === one.amount);
    if (log !== undefined)
      found.set(one, { ...one, hash: log.transactionHash, item: Number(log.args.number) });
    else if (Date.now() - one.since > LOST_AFTER_MS) found.set(one, undefined);
  }
  if (found.size > 0)
    note(({ waiting }) => ({
      waiting: waiting.flatMap((one) => (found.has(one) ? (found.get(one) ?? []) : one)),
    }));
}

async function lookAtL1({ client, read, address }: Session): Promise<L1View> {
  const { l1: layer, contract } = await client.contract('wallet');
  const [own, isClosed, time, assetAddress, unit, wei] = await Promise.all([
    client.balanceOnL1(),
    layer.value(contract, 'closed'),
    layer.time(),
    layer.value(contract, 'asset'),
    layer.value(contract, 'unit'),
    read!.getBalance({ address }),
  ]);
  const isEther = assetAddress === zeroAddress;
  if (isEther) tokenAsset.value = { symbol: 'ETH', decimals: 18, unit };
  const purse = isEther ? wei : await lookAtToken(read!, assetAddress, address, unit);
  if (!own.exiting) return { ...own, wei, purse, time, isClosed, exit: undefined };
  const [{ item, time: since }, closeAge, acknowledged] = await Promise.all([
    layer.exit(contract, address),
    layer.value(contract, 'closeAge'),
    layer.value(contract, 'acknowledged'),
  ]);
  const exit = { claimableAt: since + closeAge + 1n, isAcknowledged: item <= acknowledged };
  return { ...own, wei, purse, time, isClosed, exit };
}

async function lookAtToken(
  read: NonNullable<Session['read']>,
  token: `0x${string}`,
  address: `0x${string}`,
  unit: bigint,
): Promise<bigint> {
  const common = { address: token, abi: erc20Abi } as const;
  if (tokenAsset.value === undefined) {
    const [symbol, decimals] = await Promise.all([
      read.readContract({ ...common, functionName: 'symbol' }),
      read.readContract({ ...common, functionName: 'decimals' }),
    ]);
    tokenAsset.value = { symbol: symbol.replace(/\p{C}/gu, '').slice(0, 12), decimals, unit };
  }
  return await read.readContract({ ...common, functionName: 'balanceOf', args: [address] });
}

export interface GasCost {
  readonly gas: bigint;
  readonly wei: bigint;
}

/** What a call of the contract would cost now. Throws what the first layer says against it. */
export async function gasOf(
  { client, read, address }: Session,
  call: {
    readonly functionName: 'deposit' | 'exit' | 'claim';
    readonly args: readonly unknown[];
    readonly value?: bigint;
  },
): Promise<GasCost> {
  const { contract } = await client.contract('gas');
  const [gas, price] = await Promise.all([
    read!.estimateContractGas({ address: contract, abi: upfrontAbi, account: address, ...call } as never),
    read!.getGasPrice(),
  ]);
  return { gas, wei: gas * price };
}
