/**
 * What is under way: for each thing what it waits for, until when, and what can be done about it.
 *
 * A function of what the journal, the network and the first layer say. Invariant: nothing is listed without both.
 */
import type { NodeAccount } from '@upfront/client';
import type { OpenNonce } from '../api.ts';

/** A fetch of the journal that is not finished; see the client's books. */
export interface OwnFetch {
  readonly sequence: bigint;
  /** Block time, ms. */
  readonly expires: number;
  readonly dealt: { readonly first: number } | undefined;
  readonly isAbandoned: boolean;
  /** Indexes of nonces that are resolved. */
  readonly resolved: ReadonlySet<number>;
  readonly openings: readonly { readonly activity: OwnActivity }[];
}

export interface OwnActivity {
  readonly kind: string;
  readonly to?: string;
  readonly payee?: string;
  readonly amount?: bigint;
  readonly max?: bigint;
}

/** A transaction on the first layer, or what follows from it: kept in notes.ts. */
export interface Waiting {
  readonly what: 'deposit' | 'exit' | 'claim' | 'withdraw';
  readonly amount: bigint;
  /** ms since the epoch. */
  readonly since: number;
  /** The transaction; empty of a withdrawal. */
  readonly hash: string;
  /** The item's number, once it is mined. */
  readonly item: number | undefined;
  /** Block of the first layer before it was sent. */
  readonly fromBlock?: bigint;
  /** Of a withdrawal: settlements that were formed before it. */
  readonly formed?: number;
}

export interface PendingInput {
  readonly fetches: readonly OwnFetch[];
  readonly open: readonly OpenNonce[];
  readonly waiting: readonly Waiting[];
  readonly account: Pick<NodeAccount, 'payoutOwed' | 'exiting'> | undefined;
  /** The contract's word, and its newest exit of this account. */
  readonly l1:
    | { readonly claimable: bigint; readonly exiting: boolean; readonly balance: bigint }
    | undefined;
  readonly leaving:
    | {
        readonly claimableAt: bigint;
        /** A settlement has answered it: the next claim pays. */
        readonly isAcknowledged: boolean;
        readonly l1Time: bigint;
        readonly isClosed: boolean;
      }
    | undefined;
  /** ms of the network's clock; undefined: the node is away. */
  readonly clock: number | undefined;
  /** ms since the epoch. */
  readonly now: number;
  /** ms between settlements. */
  readonly interval: number | undefined;
  /** ms until the next one is due, if one is. */
  readonly nextSettlement: number | undefined;
  readonly showAmount: (units: bigint) => string;
  readonly showName: (address: string) => string;
  readonly showDuration: (ms: number) => string;
  readonly showTime: (ms: number) => string;
}

export interface Pending {
  readonly key: string;
  readonly title: string;
  readonly waitsFor: string;
  readonly until: string;
  /** The nonce, if it is one. */
  readonly nonce?: number;
  /** What this page can do about it now. */
  readonly action?: 'resume' | 'claim' | 'hold';
  /** Closing the page would leave it undone. */
  readonly needsPage: boolean;
}

export function pendingOf(input: PendingInput): Pending[] {
  return [...nonces(input), ...dealtBefore(input), ...unsent(input), ...firstLayer(input), ...leaving(input)];
}

/** Nonces that are open, as the network tells; what they are for, as the journal does. */
function nonces(input: PendingInput): Pending[] {
  return input.open.map((one) => {
    const nonce = Number(one.nonce);
    const fetch = input.fetches.find(({ sequence }) => sequence === BigInt(one.sequence));
    const activity = fetch?.openings[one.index]?.activity;
    const left = input.clock === undefined ? undefined : Number(one.deadline) - input.clock;
    const until = untilDeadline(input, left);
    if (one.intent.kind === 'hold') {
      const { payee = '', max = '0' } = one.intent;
      const title = nameOf({ kind: 'hold', payee, max: BigInt(max) }, 'hold', input);
      const waitsFor = 'Waits for the payee to capture or release it.';
      return { key: `n${nonce}`, title, waitsFor, until, nonce, action: 'hold' as const, needsPage: false };
    }
    const isOurs = fetch !== undefined && !fetch.isAbandoned && activity !== undefined;
    return {
      key: `n${nonce}`,
      title: nameOf(activity, one.intent.kind, input),
      waitsFor: isOurs
        ? 'Announced; waits for this page to perform it.'
        : 'Announced, and what opens it is not in this browser: it is left to be annulled.',
      until,
      nonce,
      ...(isOurs && { action: 'resume' as const }),
      needsPage: isOurs,
    };
  });
}

/** While the network does not tell: what the journal knows to be dealt. */
function dealtBefore(input: PendingInput): Pending[] {
  if (input.clock !== undefined) return [];
  const listed = new Set(input.open.map(({ nonce }) => Number(nonce)));
  return input.fetches.flatMap(({ dealt, openings, resolved, isAbandoned }) =>
    openings.flatMap(({ activity }, index): Pending[] => {
      const nonce = (dealt?.first ?? -1) + index;
      if (dealt === undefined || isAbandoned || resolved.has(index) || listed.has(nonce)) return [];
      const isHold = activity.kind === 'hold';
      const title = nameOf(activity, activity.kind, input);
      const waitsFor = isHold
        ? 'Waits for the payee to capture or release it.'
        : 'Announced; waits for the node to come back, and then for this page to perform it.';
      return [
        {
          key: `n${nonce}`,
          title,
          waitsFor,
          until: untilDeadline(input, undefined),
          nonce,
          ...(isHold && { action: 'hold' as const }),
          needsPage: !isHold,
        },
      ];
    }),
  );
}

function untilDeadline({ showDuration }: PendingInput, left: number | undefined): string {
  if (left === undefined) return 'The network’s clock stands while the node is away, so nothing ages.';
  if (left <= 0) return 'Time is up: the next block annuls it, and its money is free again.';
  return `${showDuration(left)} left; then it is annulled, and its money is free again.`;
}

/** What an activity is called; one that is not known, by its kind. */
export function nameOf(
  activity: OwnActivity | undefined,
  kind: string,
  { showAmount, showName }: Pick<PendingInput, 'showAmount' | 'showName'>,
): string {
  const { to, payee, amount, max } = activity ?? {};
  if (activity?.kind === 'hold' && payee !== undefined && max !== undefined)
    return `Hold of up to ${showAmount(max)} for ${showName(payee)}`;
  if (activity?.kind === 'transfer' && to !== undefined && amount !== undefined)
    return `Payment of ${showAmount(amount)} to ${showName(to)}`;
  if (activity?.kind === 'withdraw' && amount !== undefined) return `Withdrawal of ${showAmount(amount)}`;
  return (
    { transfer: 'A payment', withdraw: 'A withdrawal', post: 'A post', validate: 'A validation' }[kind] ??
    'A nonce'
  );
}

/** Signed, and not known to be dealt. */
function unsent(input: PendingInput): Pending[] {
  return input.fetches
    .filter(({ dealt, isAbandoned }) => dealt === undefined && !isAbandoned)
    .map(({ sequence, expires, openings }) => {
      const activity = openings[0]?.activity;
      const title = nameOf(activity, activity?.kind ?? '', input);
      return {
        key: `s${sequence}`,
        title,
        waitsFor: 'Signed; waits for the node to say whether it was dealt. Do not do it over.',
        until: `It can be dealt until ${input.showTime(expires)}; after that it is void.`,
        action: 'resume' as const,
        needsPage: true,
      };
    });
}

const WORDS = { deposit: 'Deposit', exit: 'Exit', claim: 'Claim', withdraw: 'Withdrawal' } as const;

function firstLayer(input: PendingInput): Pending[] {
  const { waiting, l1, showAmount } = input;
  const list = waiting.map((one): Pending => {
    const amount = one.what === 'exit' || one.what === 'claim' ? '' : ` of ${showAmount(one.amount)}`;
    const base = {
      key: `w${one.what}${one.hash}${one.since}`,
      title: `${WORDS[one.what]}${amount}`,
      needsPage: false,
    };
    if (one.what === 'withdraw') {
      return {
        ...base,
        waitsFor: 'Final here; waits for the next settlement to bring it to the first layer.',
        until: `No time limit: it is yours either way.${nextWords(input)}`,
      };
    }
    if (one.item === undefined && one.what !== 'claim') {
      const until = 'No time limit; a wallet may raise its fee if it does not get in.';
      return { ...base, waitsFor: 'On its way; waits for a block of the first layer.', until };
    }
    return {
      ...base,
      waitsFor: 'Mined; waits until the first layer has finalised it and the network has imported it.',
      until: 'No time limit: the contract has it, whatever the network does.',
    };
  });
  if (l1 === undefined || l1.claimable === 0n) return list;
  const claim: Pending = {
    key: 'claim',
    title: `${showAmount(l1.claimable)} to claim`,
    waitsFor: 'Waits for you: it is on the first layer.',
    until: 'No time limit: nobody else can take it.',
    action: 'claim',
    needsPage: false,
  };
  return [...list, claim];
}

function nextWords({ interval, nextSettlement, showDuration }: PendingInput): string {
  if (nextSettlement !== undefined)
    return nextSettlement > 0
      ? ` The next settlement is due in ${showDuration(nextSettlement)}.`
      : ' The next settlement is due now.';
  return interval === undefined ? '' : ` Settlements come every ${showDuration(interval)} at most.`;
}

function leaving({ l1, leaving: exit, showTime, showAmount }: PendingInput): Pending[] {
  if (l1 === undefined || !l1.exiting || exit === undefined) return [];
  // The last claim leaves the contract's mark of leaving where it is.
  if (exit.isClosed && l1.balance + l1.claimable === 0n) return [];
  const isDue = exit.isClosed || exit.isAcknowledged || exit.l1Time >= exit.claimableAt;
  return [
    {
      key: 'exit',
      title: `Exit with ${showAmount(l1.balance + l1.claimable)} settled`,
      waitsFor: isDue
        ? dueWords(exit)
        : 'Waits for a settlement to acknowledge it; no operator can refuse for longer than that.',
      until: isDue
        ? 'No time limit.'
        : `Claimable in any case from ${showTime(Number(exit.claimableAt) * 1000)} on, by the first layer’s clock.`,
      ...(isDue && { action: 'claim' as const }),
      needsPage: false,
    },
  ];
}

function dueWords({ isClosed, isAcknowledged }: NonNullable<PendingInput['leaving']>): string {
  if (isClosed) return 'The contract has closed: claim pays it now.';
  return isAcknowledged
    ? 'A settlement has acknowledged it: claim pays it now.'
    : 'Nobody acknowledged it in time: claim pays it now, and closes the contract for everybody.';
}
