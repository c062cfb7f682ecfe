/**
 * How often a peer may ask: token buckets, one a socket or one an address.
 *
 * Invariant: over any span of t seconds a peer takes at most `burst + rate * t`; addresses are remembered only
 * up to a bound, and whoever is forgotten begins with a full bucket.
 */

export class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  /** `rate` a second; `now` in ms of a clock that never goes back. */
  constructor(rate: number, burst: number, now: number) {
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Takes `count` tokens, or none at all. */
  take(count: number, now: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) * this.#rate) / 1000);
    this.#at = now;
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }
}

/** Buckets by remote address; the one idle longest is forgotten first. */
export class AddressBuckets {
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #rate: number;
  readonly #burst: number;
  readonly #most: number;

  constructor(rate: number, burst: number, most: number) {
    this.#rate = rate;
    this.#burst = burst;
    this.#most = most;
  }

  get size(): number {
    return this.#buckets.size;
  }

  take(address: string, count: number, now: number): boolean {
    const peer = peerOf(address);
    const bucket = this.#buckets.get(peer) ?? new TokenBucket(this.#rate, this.#burst, now);
    this.#buckets.delete(peer);
    this.#buckets.set(peer, bucket);
    if (this.#buckets.size > this.#most) {
      for (const idlest of this.#buckets.keys()) {
        this.#buckets.delete(idlest);
        break;
      }
    }
    return bucket.take(count, now);
  }
}

/** Who counts as one peer: an IPv4 address, or the /64 that one subscriber of IPv6 usually has. */
export function peerOf(address: string): string {
  const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (v4?.[1] !== undefined) return v4[1];
  if (!address.includes(':')) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...right];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
