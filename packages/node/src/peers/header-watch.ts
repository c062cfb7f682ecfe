/**
 * Reads other nodes' headers (GET /v1/headers): what a validator signed late is taken in, and a validator that signed
 * another header than this chain's is found out (docs/operators.md, Watching).
 *
 * This node's own chain is final, so a good signature on another header of a height, beside the same validator's on
 * ours, proves an equivocation to anybody. Invariant: nothing that a peer says is believed but by its signatures.
 */
import { type Domain, type Equivocation, type Header, type HeaderSignature, toHex } from '@upfront/core';
import { backoff, type Clock, type Log, type Loop, startLoop } from '../l1/loop.ts';
import type { Store } from '../store/store.ts';
import { fetchHeaders } from './fetch-headers.ts';

export interface HeaderWatchOptions {
  /** Of other nodes' API. */
  readonly urls: readonly string[];
  readonly store: Pick<Store, 'meta' | 'header' | 'validatorsAt' | 'addSignatures' | 'settlement'>;
  readonly domain: Domain;
  /** Height of the newest durable block. */
  height(): number;
  /** Numbers of the settlements formed and not confirmed: at least one of them, or none if first > last. */
  unconfirmed(): { readonly first: number; readonly last: number };
  recover(digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined;
  /** A validator signed two headers of one height; told once of each validator. */
  found(equivocation: Equivocation): void;
  readonly clock: Clock;
  readonly log: Log;
}

/** ms between looks at a peer. */
const POLL_MS = 1000;
const BACKOFF_MOST_MS = 30_000;
/** Headers a request. */
const PAGE = 500;
/** Heights behind its own with which a node begins: about an hour of blocks. */
const BACK = 10_000;
/** Heights below the newest: the others may not be as far, and signatures of these come with blocks. */
const BEHIND = 3;
/** Unconfirmed settlements whose signatures are asked for in one look. */
const LATE_MOST = 64;

export class HeaderWatch {
  readonly #options: HeaderWatchOptions;
  readonly #loops: readonly Loop[];
  readonly #stop = new AbortController();
  /** Validators that were found out. */
  readonly #found = new Set<string>();

  constructor(options: HeaderWatchOptions) {
    this.#options = options;
    this.#loops = options.urls.map((url) => this.#watch(url));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#loops.map((loop) => loop.close()));
  }

  #watch(url: string): Loop {
    const { clock, log, store, height } = this.#options;
    let next = Math.max(store.meta.base + 1, height() - BACK, 1);
    let failures = 0;
    return startLoop(clock, async () => {
      try {
        next = await this.#look(url, next);
        await this.#lookForLate(url);
        failures = 0;
      } catch (error) {
        if (failures++ === 0) log.info({ url, err: error }, 'a node that is watched does not answer');
      }
      const isBehind = failures === 0 && next + PAGE < height();
      return isBehind ? 0 : backoff(failures, POLL_MS, BACKOFF_MOST_MS);
    });
  }

  /** Compares the peer's headers from `next` on; gives the height to go on with. */
  async #look(url: string, next: number): Promise<number> {
    const limit = Math.min(PAGE, this.#options.height() - BEHIND - next + 1);
    if (limit < 1) return next;
    let at = next;
    for (const { header, signatures } of await this.#fetch(url, next - 1, limit)) {
      if (header.height !== at) throw new Error(`header ${header.height} where ${at} was asked for`);
      this.#compare(header, signatures);
      at++;
    }
    return at;
  }

  /** What is to be settled needs signatures that count on L1: those that are missing here may be there. */
  async #lookForLate(url: string): Promise<void> {
    const { store, unconfirmed } = this.#options;
    const { first, last } = unconfirmed();
    for (let number = first; number <= Math.min(last, first + LATE_MOST - 1); number++) {
      const height = store.settlement(number)?.height;
      if (height === undefined) continue;
      const signed = store.header(height)?.signatures.length ?? 0;
      if (signed >= store.validatorsAt(height).length) continue;
      for (const { header, signatures } of await this.#fetch(url, height - 1, 1)) {
        if (header.height === height) this.#compare(header, signatures);
      }
    }
  }

  #fetch(url: string, after: number, limit: number) {
    return fetchHeaders(url, { after, limit, signal: this.#stop.signal });
  }

  #compare(header: Header, signatures: readonly HeaderSignature[]): void {
    const { store, domain } = this.#options;
    const own = store.header(header.height);
    if (own === undefined) return;
    const digest = domain.headerDigest(header);
    const members = new Set(store.validatorsAt(header.height).map(toHex));
    const signed = new Map(own.signatures.map((one) => [toHex(one.validator), one]));
    const isSame = Buffer.compare(digest, own.digest) === 0;
    const late: HeaderSignature[] = [];
    for (const one of signatures) {
      const name = toHex(one.validator);
      const ours = signed.get(name);
      // Of our header only what is missing is news; of another one only what contradicts a signature that we have.
      const isNews = isSame ? ours === undefined && members.has(name) : ours !== undefined;
      if (!isNews) continue;
      const signer = this.#options.recover(digest, one.signature);
      if (signer === undefined || Buffer.compare(signer, one.validator) !== 0) continue;
      if (isSame) late.push(one);
      else this.#report(own.header, ours!, header, one);
    }
    if (late.length > 0) store.addSignatures(header.height, late);
  }

  #report(header: Header, ours: HeaderSignature, other: Header, theirs: HeaderSignature): void {
    const { validator } = ours;
    const name = toHex(validator);
    if (this.#found.has(name)) return;
    this.#found.add(name);
    const a = { header, signature: ours.signature };
    this.#options.found({ validator, a, b: { header: other, signature: theirs.signature } });
  }
}
