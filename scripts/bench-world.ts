// A ledger by itself, filled to any size, for how cost grows: accounts, open nonces and topics are made without
// signatures (verdicts say yes) and without disk, so that only what the rules cost is measured.

import {
  applyBlock,
  commitment,
  createLedger,
  defaultParameters,
  encodeBlock,
  encodeFetch,
  encodeFulfil,
  type Genesis,
  type Hashes,
  type Intent,
  type Ledger,
  STANDING_ONE,
  scanBlock,
  transferActivity,
} from '@upfront/core';

const TIME = 1_700_000_000_000;
const FUNDS = 10n ** 13n;
const SALT = new Uint8Array(16);
const REFERENCE = new Uint8Array(32);

/** One fetch of one nonce, and what fulfils it. */
export interface Pair {
  readonly fetch: Uint8Array;
  /** Of the nonce that the fetch was dealt. */
  fulfil(nonce: number): Uint8Array;
}

export class World {
  readonly ledger: Ledger;
  readonly hashes: Hashes;
  readonly #sequences: Uint32Array;

  /** `validator`: who signs, if a node is to run on it. */
  constructor(hashes: Hashes, accounts: number, validator: Uint8Array = new Uint8Array(20).fill(9)) {
    this.hashes = hashes;
    this.ledger = createLedger(genesisOf(validator), hashes, 12345);
    this.#sequences = new Uint32Array(accounts);
    for (let i = 0; i < accounts; i++) {
      const row = this.ledger.accounts.ensure(addressOf(i), 0);
      this.ledger.accounts.balance.set(row, FUNDS);
      this.ledger.accounts.l1Balance.set(row, FUNDS);
      this.ledger.accounts.standing.set(row, STANDING_ONE);
    }
  }

  /** A payment of `amount` from account number `from` to account number `to`. */
  payment(from: number, to: number, amount = 1n): Pair {
    const account = addressOf(from);
    const sequence = BigInt(this.#sequences[from]!);
    const activity = transferActivity(addressOf(to), amount, REFERENCE);
    const sealed = commitment(this.hashes, account, sequence, 0, 1, SALT, activity);
    return {
      fetch: this.#fetch(from, [{ kind: 'transfer', commitment: sealed }], amount),
      fulfil: (nonce) =>
        encodeFulfil({
          kind: 'transfer',
          nonce,
          salt: SALT,
          to: addressOf(to),
          amount,
          reference: REFERENCE,
        }),
    };
  }

  /** An empty post in topic number `topic`. */
  post(from: number, number: number): Pair {
    const account = addressOf(from);
    const data = new Uint8Array(0);
    const sequence = BigInt(this.#sequences[from]!);
    const topic = this.hashes.sha256(Buffer.from(`topic ${number}`));
    const sealed = commitment(this.hashes, account, sequence, 0, 4, SALT, data);
    return {
      fetch: this.#fetch(from, [{ kind: 'post', topic, stake: 0n, size: 0, commitment: sealed }], 0n),
      fulfil: (nonce) => encodeFulfil({ kind: 'post', nonce, salt: SALT, data }),
    };
  }

  /** A fetch of `count` nonces that stay open. */
  opening(from: number, count: number): Uint8Array {
    const intents = Array.from(
      { length: count },
      () => ({ kind: 'transfer', commitment: REFERENCE }) as const,
    );
    return this.#fetch(from, intents, BigInt(count));
  }

  /** Applies a block of these messages, all of which must succeed; the ms that it took. */
  apply(fulfils: readonly Uint8Array[], fetches: readonly Uint8Array[], later = 0): number {
    const { ledger } = this;
    const { height, digest: parent, time } = ledger;
    const head = {
      height: height + 1,
      time: time + later,
      parent,
      views: [],
      headerSignatures: [],
      items: [],
    };
    const block = scanBlock(encodeBlock({ ...head, fulfils, fetches }), ledger.genesis.parameters)!;
    const verdicts = new Uint8Array(fulfils.length + fetches.length).fill(1);
    const start = performance.now();
    const { results } = applyBlock(ledger, block, verdicts);
    const taken = performance.now() - start;
    const refused = results.find((code) => code !== 0);
    if (refused !== undefined) throw new Error(`a message was refused with ${refused}`);
    return taken;
  }

  /** Fetches, then fulfils, a block each; ms of both. */
  perform(pairs: readonly Pair[]): { fetch: number; fulfil: number } {
    const first = this.ledger.nextNonce;
    const fetch = this.apply(
      [],
      pairs.map((pair) => pair.fetch),
    );
    const fulfil = this.apply(
      pairs.map((pair, i) => pair.fulfil(first + i)),
      [],
    );
    return { fetch, fulfil };
  }

  #fetch(from: number, intents: Intent[], amount: bigint): Uint8Array {
    const sequence = this.#sequences[from]!;
    this.#sequences[from] = sequence + 1;
    return encodeFetch({
      account: addressOf(from),
      sequence: BigInt(sequence),
      limit: FUNDS * 1000n,
      budget: amount + 10n * BigInt(intents.length),
      expires: this.ledger.time + 60_000,
      intents,
      signature: new Uint8Array(64),
    });
  }
}

export function genesisOf(validator: Uint8Array): Genesis {
  const contract = new Uint8Array(20).fill(7);
  return { chainId: 31337, contract, time: TIME, parameters: defaultParameters, validators: [validator] };
}

/** Addresses that are spread like real ones. */
function addressOf(number: number): Uint8Array {
  const address = new Uint8Array(20);
  const view = new DataView(address.buffer);
  for (let i = 0; i < 5; i++)
    view.setUint32(4 * i, Math.imul(number + 1 + i * 7919, 0x9e3779b1) ^ (number << i));
  return address;
}
