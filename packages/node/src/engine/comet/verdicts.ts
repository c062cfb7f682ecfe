/**
 * The verdicts on a block's signatures, checked in workers (docs/protocol.md, 5).
 *
 * A proposal's are begun when it is seen, and used when it is decided; what the pool has checked is not checked again.
 * Invariant: verdicts follow from the block and the state before it, so every node has the same.
 */
import {
  type BlockIndex,
  evidenceChecks,
  type Ledger,
  messageCheck,
  type SignatureCheck,
} from '@upfront/core';
import { Records } from '../../signatures/records.ts';
import type { Verifier } from '../../signatures/verifier.ts';

export interface VerdictsOptions {
  readonly ledger: Ledger;
  readonly verifier: Verifier;
  /** Whether these very bytes, signature included, were checked and found good. */
  isChecked(bytes: Uint8Array, offset: number, size: number): boolean;
}

/** Proposals of one height whose verdicts are kept: one a round, and rounds are few. */
const PROPOSALS_MOST = 8;

export class Verdicts {
  readonly #options: VerdictsOptions;
  /** By CometBFT's hash of the proposal, all of the next height. */
  readonly #proposals = new Map<string, Promise<Uint8Array>>();

  constructor(options: VerdictsOptions) {
    this.#options = options;
  }

  /** Of a block that is next; `hash` names its bytes. */
  of(hash: Uint8Array, block: BlockIndex): Promise<Uint8Array> {
    const name = Buffer.from(hash).toString('latin1');
    const known = this.#proposals.get(name);
    if (known !== undefined) return known;
    if (this.#proposals.size >= PROPOSALS_MOST) this.#proposals.clear();
    const verdicts = this.#check(block);
    this.#proposals.set(name, verdicts);
    return verdicts;
  }

  /** The next block is applied: verdicts on its rivals are worth nothing. */
  forget(): void {
    this.#proposals.clear();
  }

  async #check(block: BlockIndex): Promise<Uint8Array> {
    const { ledger, verifier, isChecked } = this.#options;
    const evidence = evidenceChecks(ledger, block);
    const { fulfils, fetches } = block;
    const verdicts = new Uint8Array(evidence.length + fulfils.length + fetches.length).fill(1);
    const records = new Records();
    const places: number[] = [];
    const add = (place: number, check: SignatureCheck | undefined): void => {
      if (check === undefined) return;
      records.add(check.digest, check.signature, check.signer);
      places.push(place);
    };
    evidence.forEach((check, i) => {
      add(i, check);
    });
    const addMessages = (offsets: Uint32Array, sizes: Uint32Array, first: number): void => {
      for (let i = 0; i < offsets.length; i++) {
        const offset = offsets[i]!;
        if (isChecked(block.bytes, offset, sizes[i]!)) continue;
        add(first + i, messageCheck(ledger, block.bytes, block.view, offset, sizes[i]!));
      }
    };
    addMessages(fulfils, block.fulfilSizes, evidence.length);
    addMessages(fetches, block.fetchSizes, evidence.length + fulfils.length);
    const found = await verifier.check(records.take());
    places.forEach((place, i) => {
      verdicts[place] = found[i]!;
    });
    return verdicts;
  }
}
