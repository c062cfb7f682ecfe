/**
 * Batches of signature checks as bytes: records that threads share without cloning an object.
 *
 * A record is `digest 32 ‖ signature 64 ‖ signer 20`; its verdict is 1 if the signature is valid for the
 * signer (docs/protocol.md, 4), else 0.
 */
import type { Curve } from './curve.ts';

export const RECORD = { digest: 0, signature: 32, signer: 96 } as const;
export const RECORD_SIZE = 116;

/** Records under way to the verifier; grows, and is used again. */
export class Records {
  #bytes = new Uint8Array(64 * RECORD_SIZE);
  count = 0;

  add(digest: Uint8Array, signature: Uint8Array, signer: Uint8Array): void {
    const at = this.#extend(1);
    this.#bytes.set(digest, at);
    this.#bytes.set(signature, at + RECORD.signature);
    this.#bytes.set(signer, at + RECORD.signer);
  }

  /** Whole records. */
  append(records: Uint8Array): void {
    const at = this.#extend(records.length / RECORD_SIZE);
    this.#bytes.set(records, at);
  }

  /** What was added, as fresh bytes; the list is empty afterwards. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.count * RECORD_SIZE);
    this.count = 0;
    return taken;
  }

  /** Makes room for so many more, and gives its offset. */
  #extend(count: number): number {
    const at = this.count * RECORD_SIZE;
    this.count += count;
    const end = this.count * RECORD_SIZE;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return at;
  }
}

/** A check of the record that stands at an offset, on this thread. */
export function createChecker(curve: Curve): (records: Uint8Array, offset: number) => boolean {
  // The native library takes no view of shared memory, so the fields are copied out first.
  const digest = new Uint8Array(32);
  const signature = new Uint8Array(64);
  return (records, offset) => {
    for (let i = 0; i < 32; i++) digest[i] = records[offset + i]!;
    for (let i = 0; i < 64; i++) signature[i] = records[offset + RECORD.signature + i]!;
    const signer = curve.recover(digest, signature);
    if (signer === undefined) return false;
    for (let i = 0; i < 20; i++) if (signer[i] !== records[offset + RECORD.signer + i]) return false;
    return true;
  };
}
