/**
 * What is found of a block before it is applied: the verdicts on its signatures, checked in workers (docs/protocol.md, 5),
 * and of its fulfilments' openings what is known already.
 *
 * A proposal's are begun when it is seen, and used when it is decided; what the pool has found out is not found out again.
 * Invariant: verdicts follow from the block and the state before it, so every node has the same.
 */
import {
  type BlockIndex,
  evidenceChecks,
  type Ledger,
  messageCheck,
  OPENING,
  type SignatureCheck,
} from '@upfront/core';
import { Records } from '../../signatures/records.ts';
import type { Verifier } from '../../signatures/verifier.ts';
import type { Candidate } from './pool.ts';

export interface VerdictsOptions {
  readonly ledger: Ledger;
  readonly verifier: Verifier;
  /** What was found of these very bytes, signature included. */
  known(
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    size: number,
  ): Pick<Candidate, 'isChecked' | 'opening'> | undefined;
}

/** As the core's applyBlock takes them. */
export interface Found {
  readonly verdicts: Uint8Array;
  readonly openings: Uint8Array;
}

/** Proposals of one height whose verdicts are kept: one a round, and rounds are few. */
const PROPOSALS_MOST = 8;

export class Verdicts {
  readonly #options: VerdictsOptions;
  /** By CometBFT's hash of the proposal, all of the next height. */
  readonly #proposals = new Map<string, Promise<Found>>();

  constructor(options: VerdictsOptions) {
    this.#options = options;
  }

  /** Of a block that is next; `hash` names its bytes. */
  of(hash: Uint8Array, block: BlockIndex): Promise<Found> {
    const name = Buffer.from(hash).toString('latin1');
    const known = this.#proposals.get(name);
    if (known !== undefined) return known;
    if (this.#proposals.size >= PROPOSALS_MOST) this.#proposals.clear();
    const found = this.#check(block);
    this.#proposals.set(name, found);
    return found;
  }

  /** The next block is applied: verdicts on its rivals are worth nothing. */
  forget(): void {
    this.#proposals.clear();
  }

  async #check(block: BlockIndex): Promise<Found> {
    const { ledger, verifier, known } = this.#options;
    const evidence = evidenceChecks(ledger, block);
    const { bytes, view, fulfils, fulfilSizes, fetches, fetchSizes } = block;
    const verdicts = new Uint8Array(evidence.length + fulfils.length + fetches.length).fill(1);
    const openings = new Uint8Array(fulfils.length);
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
    /** What is known of the opening, once the signature is or will be. */
    const look = (place: number, offset: number, size: number): number => {
      const finding = known(bytes, view, offset, size);
      if (finding?.isChecked !== true) add(place, messageCheck(ledger, bytes, view, offset, size));
      return finding?.opening ?? OPENING.unknown;
    };
    for (let i = 0; i < fulfils.length; i++) {
      openings[i] = look(evidence.length + i, fulfils[i]!, fulfilSizes[i]!);
    }
    const first = evidence.length + fulfils.length;
    for (let i = 0; i < fetches.length; i++) look(first + i, fetches[i]!, fetchSizes[i]!);
    const found = await verifier.check(records.take());
    places.forEach((place, i) => {
      verdicts[place] = found[i]!;
    });
    return { verdicts, openings };
  }
}
