/**
 * The openings of many transfers, hashed together (docs/protocol.md, 3 and 8).
 *
 * A nonce's commitment never changes while it is open, so what was found right stays right until the nonce is resolved:
 * who checked a message when it came in hands the finding on to the block. Other kinds are opened one by one.
 */
import { copyBytes, equalBytes, readSafe, writeU64 } from './bytes.ts';
import { COMMITMENT } from './commitment.ts';
import { createHashBatch, type HashBatch, type Hashes } from './hash.ts';
import type { Ledger } from './ledger.ts';
import { FULFIL, KIND, MESSAGE } from './messages.ts';
import { accountOf } from './resolve.ts';

/** What is known of the opening that a fulfilment shows. */
export const OPENING = { unknown: 0, right: 1, wrong: 2 } as const;

/** Transfers hashed together: enough to hide the call, few enough to stay near. */
const BATCH = 64;
/** to 20, amount 8, reference 32. */
const TRANSFER_BYTES = 60;

export class Openings {
  readonly #batch: HashBatch;
  /** Of each message in the batch: where its finding goes, and its nonce's row. */
  readonly #places = new Uint32Array(BATCH);
  readonly #rows = new Uint32Array(BATCH);

  constructor(hashes: Hashes) {
    this.#batch = createHashBatch(hashes, COMMITMENT.activity + TRANSFER_BYTES, BATCH);
    const { bytes, stride } = this.#batch;
    for (let i = 0; i < BATCH; i++) bytes.set(COMMITMENT.prefix, i * stride);
  }

  /** Finds out about the transfers among these well-formed messages whose `openings` are unknown; leaves out what is not open. */
  check(ledger: Ledger, bytes: Uint8Array, view: DataView, offsets: Uint32Array, openings: Uint8Array): void {
    const { nonces } = ledger;
    let count = 0;
    for (let i = 0; i < offsets.length; i++) {
      const offset = offsets[i]!;
      if (openings[i] !== OPENING.unknown || bytes[offset] !== MESSAGE.fulfil) continue;
      if (bytes[offset + FULFIL.kind] !== KIND.transfer) continue;
      const row = nonces.find(readSafe(view, offset + FULFIL.nonce));
      if (row < 0 || nonces.kind[row] !== KIND.transfer) continue;
      this.#lay(ledger, count, row, bytes, offset);
      this.#places[count] = i;
      this.#rows[count] = row;
      if (++count === BATCH) {
        this.#run(ledger, count, openings);
        count = 0;
      }
    }
    if (count > 0) this.#run(ledger, count, openings);
  }

  #lay(ledger: Ledger, place: number, row: number, message: Uint8Array, offset: number): void {
    const { nonces, accounts } = ledger;
    const { bytes, view, stride } = this.#batch;
    const at = place * stride;
    const account = accounts.addressAt(accountOf(ledger, row));
    copyBytes(bytes, at + COMMITMENT.account, accounts.rows.bytes, account, 20);
    writeU64(view, at + COMMITMENT.sequence, nonces.fetches.sequence[nonces.fetch[row]!]!);
    view.setUint16(at + COMMITMENT.index, nonces.index[row]!);
    bytes[at + COMMITMENT.kind] = KIND.transfer;
    // The salt and the activity stand side by side in the message too.
    copyBytes(bytes, at + COMMITMENT.salt, message, offset + FULFIL.transfer.salt, 16 + TRANSFER_BYTES);
  }

  #run(ledger: Ledger, count: number, openings: Uint8Array): void {
    const { pledge } = ledger.nonces;
    this.#batch.run(count);
    for (let i = 0; i < count; i++) {
      const isRight = equalBytes(this.#batch.digests, i * 32, pledge, this.#rows[i]! * 32, 32);
      openings[this.#places[i]!] = isRight ? OPENING.right : OPENING.wrong;
    }
  }
}
