/**
 * A network in memory for the core's tests: it signs nothing (verdicts say yes), plays the L1, and makes blocks.
 * Clock and randomness come from the test.
 */
import {
  type Applied,
  applyBlock,
  assertInvariants,
  commitment,
  concatBytes,
  createLedger,
  defaultParameters,
  encodeBlock,
  encodeFetch,
  encodeFulfil,
  type Fulfil,
  type Genesis,
  type Intent,
  ITEM,
  type Item,
  itemHead,
  type Ledger,
  nobleHashes,
  type Parameters,
  scanBlock,
  transferActivity,
  withdrawActivity,
} from '../src/index.ts';

export const OPERATOR = address(0xff);
const ZERO = new Uint8Array(32);

/** The address whose last bytes are `n`. */
export function address(n: number): Uint8Array {
  const bytes = new Uint8Array(20);
  new DataView(bytes.buffer).setUint32(16, n);
  bytes[0] = 0xaa;
  return bytes;
}

export interface FetchOptions {
  sequence?: bigint;
  limit?: bigint;
  budget?: bigint;
  expires?: number;
}

export class TestNetwork {
  readonly genesis: Genesis;
  ledger: Ledger;
  readonly blocks: { bytes: Uint8Array; verdicts: Uint8Array }[] = [];
  readonly items: Item[] = [];
  head: Uint8Array = ZERO;
  settled = 0;
  /** What the operator says of L1's time; undefined: the block's own. */
  l1Time: number | undefined;
  time: number;
  last: Applied | undefined;
  readonly #sequences = new Map<string, bigint>();

  constructor(parameters: Partial<Parameters> = {}) {
    this.genesis = {
      chainId: 31337,
      contract: address(1),
      time: 1_000_000,
      parameters: { ...defaultParameters, ...parameters },
      validators: [OPERATOR],
    };
    this.time = this.genesis.time;
    this.ledger = createLedger(this.genesis, nobleHashes);
  }

  item(kind: number, account: Uint8Array, amount: bigint): void {
    const item = { kind, account, amount, data: ZERO };
    this.items.push(item);
    this.head = itemHead(nobleHashes, this.head, this.items.length, item);
  }

  deposit(account: Uint8Array, amount: bigint): void {
    this.item(ITEM.deposit, account, amount);
    this.block();
  }

  nextSequence(account: Uint8Array): bigint {
    const key = String(account);
    const sequence = this.#sequences.get(key) ?? 0n;
    this.#sequences.set(key, sequence + 1n);
    return sequence;
  }

  fetch(account: Uint8Array, intents: Intent[], options: FetchOptions = {}): Uint8Array {
    const sequence = options.sequence ?? this.nextSequence(account);
    return encodeFetch({
      account,
      sequence,
      limit: options.limit ?? 2n ** 62n,
      budget: options.budget ?? 1_000_000n,
      expires: options.expires ?? this.time + 60_000,
      signature: new Uint8Array(64).fill(1),
      intents,
    });
  }

  /** Makes and applies the next block, `step` ms on. */
  block(fulfils: Uint8Array[] = [], fetches: Uint8Array[] = [], step = 10, verdicts?: number[]): Applied {
    this.time += step;
    const { imported } = this.ledger;
    const view = {
      time: this.l1Time ?? this.time,
      items: this.items.length,
      head: this.head,
      settled: this.settled,
      validators: nobleHashes.keccak256(concatBytes(...this.ledger.validators)),
      rotation: new Uint8Array(20),
      change: 0 as const,
      validator: OPERATOR,
      signature: new Uint8Array(64),
    };
    const bytes = encodeBlock({
      height: this.ledger.height + 1,
      time: this.time,
      parent: this.ledger.digest,
      views: [view],
      headerSignatures: [],
      items: this.items.slice(imported),
      fulfils,
      fetches,
    });
    const block = scanBlock(bytes, this.genesis.parameters);
    if (block === undefined) throw new Error('the test made a malformed block');
    const yes = Uint8Array.from([1, ...(verdicts ?? new Array(fulfils.length + fetches.length).fill(1))]);
    this.blocks.push({ bytes, verdicts: yes });
    this.last = applyBlock(this.ledger, block, yes);
    assertInvariants(this.ledger);
    return this.last;
  }

  /** Empty blocks, a second each. */
  pass(seconds: number): void {
    for (let i = 0; i < seconds; i++) this.block([], [], 1000);
  }
}

/** A sealed transfer: its intent, and its fulfilment once the nonce is known. */
export function sealTransfer(
  account: Uint8Array,
  sequence: bigint,
  index: number,
  to: Uint8Array,
  amount: bigint,
): { intent: Intent; fulfil: (nonce: number) => Uint8Array } {
  const salt = new Uint8Array(16).fill(index + 1);
  const activity = transferActivity(to, amount, ZERO);
  const intent: Intent = {
    kind: 'transfer',
    commitment: commitment(nobleHashes, account, sequence, index, 1, salt, activity),
  };
  return {
    intent,
    fulfil: (nonce) => fulfilOf({ kind: 'transfer', nonce, salt, to, amount, reference: ZERO }),
  };
}

/** A sealed withdrawal. */
export function sealWithdraw(
  account: Uint8Array,
  sequence: bigint,
  index: number,
  amount: bigint,
): { intent: Intent; fulfil: (nonce: number) => Uint8Array } {
  const salt = new Uint8Array(16).fill(index + 1);
  const sealed = commitment(nobleHashes, account, sequence, index, 3, salt, withdrawActivity(amount));
  return {
    intent: { kind: 'withdraw', commitment: sealed },
    fulfil: (nonce) => fulfilOf({ kind: 'withdraw', nonce, salt, amount }),
  };
}

/** A sealed post. */
export function sealPost(
  account: Uint8Array,
  sequence: bigint,
  index: number,
  topic: Uint8Array,
  data: Uint8Array,
  stake = 0n,
): { intent: Intent; fulfil: (nonce: number) => Uint8Array } {
  const salt = new Uint8Array(16).fill(index + 1);
  const sealed = commitment(nobleHashes, account, sequence, index, 4, salt, data);
  return {
    intent: { kind: 'post', topic, stake, size: data.length, commitment: sealed },
    fulfil: (nonce) => fulfilOf({ kind: 'post', nonce, salt, data }),
  };
}

export function fulfilOf(fulfil: Fulfil): Uint8Array {
  return encodeFulfil(fulfil);
}
