// Brings formed settlements to the contract, in order. Anyone may relay, and several may race: whoever comes
// first, it is settled. All that must be known is read from L1 in each step, so a restart loses nothing.
// Invariants: nothing is sent that would revert now; no settlement is sent twice while it is pending; no
// transaction offers more than `maxFeePerGas`. The account's key is for relaying alone.

import { upfrontAbi } from '@upfront/contracts';
import { type Address, BaseError, type Client, type Hex, keccak256, type LocalAccount } from 'viem';
import {
  estimateMaxPriorityFeePerGas,
  getBalance,
  getBlock,
  getChainId,
  getTransaction,
  getTransactionCount,
  readContract,
  sendRawTransaction,
} from 'viem/actions';
import { bumpedFees, type Fees, freshFees } from './fees.ts';
import { backoff, type Clock, type Log, startLoop, systemClock } from './loop.ts';
import {
  encodeSettle,
  type Settling,
  type Simulated,
  simulateInOrder,
  simulateNext,
  withMembersOnly,
} from './settle-call.ts';
import { liveSlots, placements, type Slot } from './slots.ts';

export type RelayerStatus =
  | 'starting'
  /** Nothing is formed that is not settled. */
  | 'idle'
  | 'relaying'
  | 'unreachable'
  /** Another chain than the genesis names. */
  | 'misconfigured'
  /** The contract refuses the next settlement: nothing is sent until somebody looks. */
  | 'reverting'
  /** Gas costs more than `maxFeePerGas`. */
  | 'fee-capped'
  /** The account cannot pay for the gas. */
  | 'underfunded'
  /** The contract has closed: there are no settlements any more. */
  | 'closed';

export interface RelayerState {
  readonly status: RelayerStatus;
  /** What an operator should know, in one sentence; may be empty. */
  readonly reason: string;
  /** ms: when the status began. */
  readonly since: number;
  /** The contract's last settlement. */
  readonly settled: number;
  /** Settlements under way, in order. */
  readonly pending: readonly { readonly number: number; readonly transaction: Hex; readonly fees: Fees }[];
  /** Transactions sent, replacements among them. */
  readonly sent: number;
  readonly replaced: number;
  /** Steps that failed in a row. */
  readonly failures: number;
}

export interface RelayerOptions {
  readonly client: Client;
  readonly account: LocalAccount;
  readonly contract: Address;
  readonly chainId: number;
  /**
   * The settlement of this number, if it is formed and more than 2/3 of the validators have signed its
   * block's header: with that header and the signatures.
   */
  readonly next: (number: number) => Settling | undefined;
  readonly onState?: (state: RelayerState) => void;
  readonly log?: Log;
  readonly clock?: Clock;
  readonly pollMs?: number;
  /** Settlements under way at once. */
  readonly pipeline?: number;
  /** L1 blocks without being mined until a transaction is replaced. */
  readonly bumpAfterBlocks?: number;
  /** wei: the most that is offered for a gas. */
  readonly maxFeePerGas?: bigint;
}

export interface Relayer {
  state(): RelayerState;
  /** Something was formed: look now. */
  wake(): void;
  close(): Promise<void>;
}

const POLL_MS = 4_000;
/** ms between steps, at most, while something is wrong. */
const BACKOFF_MOST_MS = 60_000;
const PIPELINE = 4;
const BUMP_AFTER_BLOCKS = 3;
/** 100 gwei: a settlement of 400 entries costs half an ether then. */
const MAX_FEE_PER_GAS = 100_000_000_000n;
/** Gas of one transaction, at most (EIP-7825). */
const GAS_MOST = 16_777_216n;
/** Gas of an empty transaction. */
const EMPTY_GAS = 21_000n;
/** Transactions with one settlement that may be mined and fail, although a simulation succeeded. */
const MINED_FAILURES_MOST = 3;

/** L1 as of one block. */
interface Look {
  readonly block: number;
  readonly baseFee: bigint;
  /** The account's next nonce. */
  readonly mined: number;
  readonly settled: number;
  readonly closed: boolean;
}

/** Starts to relay at once. */
export function createRelayer(options: RelayerOptions): Relayer {
  const relaying = new Relaying(options);
  return {
    state: () => relaying.state,
    wake: () => relaying.loop.wake(),
    close: () => relaying.loop.close(),
  };
}

class Relaying {
  readonly loop: ReturnType<typeof startLoop>;
  state: RelayerState;
  readonly #options: RelayerOptions;
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #pipeline: number;
  readonly #feeMost: bigint;
  #slots: Slot[] = [];
  /** Mined without effect, by number. */
  readonly #failed = new Map<number, number>();
  #isStarted = false;
  /** The newest L1 block that was looked at: of several nodes behind one address some lag. */
  #newest = 0;

  constructor(options: RelayerOptions) {
    const { client, clock = systemClock, pipeline = PIPELINE, maxFeePerGas = MAX_FEE_PER_GAS } = options;
    this.#options = options;
    this.#client = client;
    this.#clock = clock;
    this.#pipeline = pipeline;
    this.#feeMost = maxFeePerGas;
    const counts = { settled: 0, pending: [], sent: 0, replaced: 0, failures: 0 };
    this.state = { status: 'starting', reason: '', since: clock.now(), ...counts };
    this.loop = startLoop(clock, () => this.#step());
  }

  async #step(): Promise<number> {
    const { pollMs = POLL_MS } = this.#options;
    try {
      await this.#relay();
    } catch (error) {
      // Whatever answers after an outage may be another node.
      this.#isStarted = false;
      this.#become('unreachable', error instanceof BaseError ? error.shortMessage : String(error));
    }
    const { status, failures } = this.state;
    const isWell = status === 'idle' || status === 'relaying';
    this.state = { ...this.state, failures: isWell ? 0 : failures + 1 };
    return isWell ? pollMs : backoff(failures, pollMs, BACKOFF_MOST_MS);
  }

  async #relay(): Promise<void> {
    if (!(await this.#start())) return;
    const look = await this.#look();
    if (look.block < this.#newest) {
      const reason = `the RPC is at block ${look.block}, and was at ${this.#newest} before`;
      return this.#become('unreachable', reason);
    }
    this.#newest = look.block;
    this.#forgetMined(look);
    if (look.closed)
      return this.#become('closed', 'the contract has closed, and takes no settlement any more');
    if (!(await this.#keepFrontGoing(look))) return;

    const free = placements(this.#slots, look.mined, look.settled, this.#pipeline);
    const found = await this.#formed(free.map(({ number }) => number));
    if (found.length === 0) return this.#become(this.#slots.length === 0 ? 'idle' : 'relaying', '');
    const outcomes = await this.#simulate(found, look);
    for (const [i, settling] of found.entries()) {
      const outcome = outcomes[i];
      if (outcome === undefined) break;
      const { nonce, number } = free[i]!;
      if (outcome.status === 'reverted') {
        if (number === look.settled + 1) return this.#refused(number, outcome.error);
        break;
      }
      const data = encodeSettle(settling);
      if (!(await this.#put({ nonce, number, data, gas: outcome.gas }, look))) return;
    }
    this.#become('relaying', '');
  }

  /** Whether the chain is the right one; finds what an earlier process left pending. */
  async #start(): Promise<boolean> {
    if (this.#isStarted) return true;
    const { chainId } = this.#options;
    const found = await getChainId(this.#client);
    if (found !== chainId) {
      this.#become('misconfigured', `the RPC is of chain ${found}, not ${chainId}`);
      return false;
    }
    const look = await this.#look();
    await this.#adoptPending(look);
    this.#isStarted = true;
    return true;
  }

  async #look(): Promise<Look> {
    const { account, contract } = this.#options;
    const { number: blockNumber, baseFeePerGas } = await getBlock(this.#client);
    const at = { address: contract, abi: upfrontAbi, blockNumber } as const;
    const [mined, settled, closed] = await Promise.all([
      getTransactionCount(this.#client, { address: account.address, blockNumber }),
      readContract(this.#client, { ...at, functionName: 'number' }),
      readContract(this.#client, { ...at, functionName: 'closed' }),
    ]);
    this.state = { ...this.state, settled: Number(settled) };
    return {
      block: Number(blockNumber),
      baseFee: baseFeePerGas ?? 0n,
      mined,
      settled: Number(settled),
      closed,
    };
  }

  /** Takes every pending nonce that no slot has as an unknown one. */
  async #adoptPending({ mined, block, baseFee }: Look): Promise<void> {
    const { address } = this.#options.account;
    const pending = await getTransactionCount(this.#client, { address, blockTag: 'pending' });
    const fees = { maxFeePerGas: baseFee, maxPriorityFeePerGas: 0n };
    for (let nonce = mined; nonce < pending; nonce++) {
      if (this.#slots.some((slot) => slot.nonce === nonce)) continue;
      const unknown = { number: undefined, transaction: undefined, serialised: undefined };
      this.#occupy({ ...unknown, nonce, data: '0x', gas: 0n, fees, since: block });
    }
  }

  #forgetMined({ mined, settled }: Look): void {
    for (const { nonce, number } of this.#slots) {
      if (nonce >= mined || number === undefined) continue;
      if (number > settled) this.#failed.set(number, (this.#failed.get(number) ?? 0) + 1);
    }
    for (const number of this.#failed.keys()) if (number <= settled) this.#failed.delete(number);
    const before = this.#slots[0];
    this.#slots = this.#slots.filter(({ nonce }) => nonce >= mined);
    const front = this.#slots[0];
    // It is waited for from now on, however long ago it was sent.
    if (front !== undefined && front !== before) this.#slots[0] = { ...front, since: -1 };
  }

  /** Replaces the first transaction if it waits for too long; whether more may be sent now. */
  async #keepFrontGoing(look: Look): Promise<boolean> {
    const { bumpAfterBlocks = BUMP_AFTER_BLOCKS } = this.#options;
    const front = this.#slots[0];
    if (front === undefined) return true;
    if (front.since < 0) this.#slots[0] = { ...front, since: look.block };
    else if (look.block - front.since >= bumpAfterBlocks) {
      if (front.number === undefined) return this.#replaceUnknown(front, look);
      // Settled by somebody else: an empty transaction frees the place for less.
      const isDone = front.number <= look.settled;
      const content = isDone ? { number: 0, data: '0x' as const, gas: EMPTY_GAS } : front;
      return this.#put(
        { nonce: front.nonce, number: content.number!, data: content.data, gas: content.gas },
        look,
      );
    }
    return true;
  }

  /** It was most likely the next settlement: so the next settlement takes its place. */
  async #replaceUnknown({ nonce }: Slot, look: Look): Promise<boolean> {
    const number = look.settled + 1;
    const [settling] = await this.#formed([number]);
    if (settling === undefined) return true;
    const [outcome] = await this.#simulate([settling], look);
    if (outcome?.status !== 'success') {
      await this.#refused(number, outcome?.error ?? 'unknown');
      return false;
    }
    return this.#put({ nonce, number, data: encodeSettle(settling), gas: outcome.gas }, look);
  }

  async #formed(numbers: readonly number[]): Promise<Settling[]> {
    const { contract, next } = this.#options;
    const found: Settling[] = [];
    for (const number of numbers) {
      const settling = next(number);
      if (settling === undefined) break;
      found.push(await withMembersOnly(this.#client, contract, settling));
    }
    return found;
  }

  /** One outcome each; fewer if the RPC cannot tell of those that follow. */
  async #simulate(found: readonly Settling[], { settled }: Look): Promise<Simulated[]> {
    const { account, contract } = this.#options;
    const live = liveSlots(this.#slots, settled).filter(({ number }) => number! < found[0]!.formed.number);
    const outcomes: Simulated[] = [];
    if (live.length === 0) {
      outcomes.push(await simulateNext(this.#client, contract, account.address, found[0]!));
      if (found.length === 1 || outcomes[0]!.status === 'reverted') return outcomes;
    }
    const calldata = [...live.map(({ data }) => data), ...found.map(encodeSettle)];
    const all = await simulateInOrder(this.#client, contract, account.address, calldata);
    return [...outcomes, ...(all ?? []).slice(live.length + outcomes.length)];
  }

  /** The next settlement cannot go out. That somebody else has settled it meanwhile is success. */
  async #refused(number: number, error: string): Promise<void> {
    if ((await this.#look()).settled >= number) return this.#become('relaying', '');
    this.#become('reverting', `the contract refuses settlement ${number}: ${error}`);
  }

  /** Sends a transaction, in the place of what is pending at its nonce if anything is. */
  async #put(
    content: { nonce: number; number: number; data: Hex; gas: bigint },
    look: Look,
  ): Promise<boolean> {
    const { nonce, number } = content;
    if ((this.#failed.get(number) ?? 0) >= MINED_FAILURES_MOST) {
      this.#become(
        'reverting',
        `settlement ${number} was mined ${MINED_FAILURES_MOST} times and had no effect`,
      );
      return false;
    }
    const old = this.#slots.find((slot) => slot.nonce === nonce);
    const fees = await this.#feesFor(old, look);
    if (fees === undefined) {
      // It may have been dropped, and can only be offered as it was.
      if (old?.serialised !== undefined) await this.#send(old.serialised).catch(() => undefined);
      this.#become('fee-capped', `settlement ${number} takes more than ${this.#feeMost} wei a gas`);
      return false;
    }
    const gas = content.gas < GAS_MOST ? content.gas : GAS_MOST;
    if (!(await this.#canPay({ ...content, gas, fees }))) return false;

    const { account, contract, chainId } = this.#options;
    const to = number === 0 ? account.address : contract;
    const serialised = await account.signTransaction({
      chainId,
      type: 'eip1559',
      to,
      nonce,
      gas,
      data: content.data,
      ...fees,
    });
    const transaction = keccak256(serialised);
    try {
      await this.#send(serialised);
    } catch (error) {
      if (!(await this.#isKnown(transaction))) return this.#notTaken(error, old, fees, look);
    }
    this.#occupy({ ...content, gas, fees, transaction, serialised, since: look.block });
    const { sent, replaced } = this.state;
    this.state = { ...this.state, sent: sent + 1, replaced: replaced + (old === undefined ? 0 : 1) };
    const { log } = this.#options;
    log?.info({ number, nonce, transaction, fees, replaces: old?.transaction }, 'settlement sent to L1');
    return true;
  }

  async #feesFor(old: Slot | undefined, { baseFee }: Look): Promise<Fees | undefined> {
    const tip = await estimateMaxPriorityFeePerGas(this.#client, { chain: null });
    const fresh = freshFees(baseFee, tip, this.#feeMost);
    if (fresh === undefined || old === undefined) return fresh;
    return bumpedFees(old.fees, fresh, this.#feeMost);
  }

  async #canPay(content: { nonce: number; gas: bigint; fees: Fees }): Promise<boolean> {
    const { address } = this.#options.account;
    const others = this.#slots.filter(({ nonce }) => nonce !== content.nonce);
    const most = [...others, content].reduce((sum, { gas, fees }) => sum + gas * fees.maxFeePerGas, 0n);
    const balance = await getBalance(this.#client, { address });
    if (balance >= most) return true;
    this.#become('underfunded', `${address} has ${balance} wei, and ${most} may be needed`);
    return false;
  }

  #send(serialised: Hex): Promise<Hex> {
    return sendRawTransaction(this.#client, { serializedTransaction: serialised });
  }

  async #isKnown(hash: Hex): Promise<boolean> {
    return getTransaction(this.#client, { hash }).then(
      () => true,
      () => false,
    );
  }

  /**
   * Nothing is concluded from the error's text: what occupies the place, and what is mined, says what
   * happened.
   */
  async #notTaken(error: unknown, old: Slot | undefined, fees: Fees, look: Look): Promise<boolean> {
    const now = await this.#look();
    // Mined, or settled by somebody else, in the meantime: the next step sees it.
    if (now.mined > look.mined || now.settled > look.settled) return true;
    // The one in its place offers more than is known here: the next try offers more again.
    if (old !== undefined) this.#occupy({ ...old, fees });
    else await this.#adoptPending(now);
    const reason = error instanceof BaseError ? error.shortMessage : String(error);
    this.#become('unreachable', `the RPC did not take a transaction: ${reason}`);
    return false;
  }

  #occupy(slot: Slot): void {
    const others = this.#slots.filter(({ nonce }) => nonce !== slot.nonce);
    this.#slots = [...others, slot].sort((a, b) => a.nonce - b.nonce);
  }

  #become(status: RelayerStatus, reason: string): void {
    const before = this.state;
    const isNew = before.status !== status;
    const pending = liveSlots(this.#slots, before.settled).map(({ number, transaction, fees }) => ({
      number: number!,
      transaction: transaction!,
      fees,
    }));
    this.state = { ...before, status, reason, pending, since: isNew ? this.#clock.now() : before.since };
    const { log, onState } = this.#options;
    if (isNew) {
      const fields = { status, was: before.status, reason, settled: before.settled };
      if (status === 'idle' || status === 'relaying') log?.info(fields, 'settlements are relayed');
      else if (status === 'unreachable') log?.warn(fields, 'settlements are not relayed');
      else log?.error(fields, 'settlements are not relayed');
    }
    onState?.(this.state);
  }
}
