/**
 * What seals an activity until it is fulfilled.
 *
 * docs/protocol.md, section 3. The account, its sequence and the index are in it, so a copied commitment
 * opens nothing under another fetch; the salt keeps small activities from being guessed.
 */
import { asciiBytes, ByteWriter, copyBytes, equalBytes, viewOf, writeU64 } from './bytes.ts';
import type { Hashes } from './hash.ts';
import type { Address, Hash, Sequence, Units } from './units.ts';

/** Checks one opening; every run is given by its bytes and an offset, so nothing is copied before. */
export type Opener = (
  account: Uint8Array,
  accountOffset: number,
  sequence: Sequence,
  index: number,
  kind: number,
  bytes: Uint8Array,
  saltOffset: number,
  activityOffset: number,
  activityLength: number,
  expected: Uint8Array,
  expectedOffset: number,
) => boolean;

/** What a commitment is the hash of: a prefix, and the offsets of what follows it. */
export const COMMITMENT = {
  prefix: asciiBytes('upfront/1'),
  account: 9,
  sequence: 29,
  index: 37,
  kind: 39,
  salt: 40,
  activity: 56,
} as const;
const { prefix: PREFIX, activity: ACTIVITY } = COMMITMENT;

/**
 * The commitment to an activity.
 *
 * @param index of the intent in its fetch, from 0
 * @param kind number of the intent's kind: transfer 1, withdraw 3, post 4
 * @param salt 16 bytes; random, kept until fulfilled
 * @param activity as the encoders below give it; a post's is its data
 * @throws RangeError if a field does not fit its width
 */
export function commitment(
  hashes: Hashes,
  account: Address,
  sequence: Sequence,
  index: number,
  kind: number,
  salt: Uint8Array,
  activity: Uint8Array,
): Hash {
  const preimage = new ByteWriter(ACTIVITY + activity.length)
    .bytes(PREFIX)
    .bytes(account, 20)
    .u64(sequence)
    .u16(index)
    .u8(kind)
    .bytes(salt, 16)
    .bytes(activity);
  return hashes.sha256(preimage.finish());
}

/** to 20, amount 8, reference 32. Throws RangeError if a field does not fit its width. */
export function transferActivity(to: Address, amount: Units, reference: Hash): Uint8Array {
  return new ByteWriter(60).bytes(to, 20).u64(amount).bytes(reference, 32).finish();
}

/** amount 8. Throws RangeError if it does not fit. */
export function withdrawActivity(amount: Units): Uint8Array {
  return new ByteWriter(8).u64(amount).finish();
}

/**
 * A checker of openings that reuses one preimage buffer; the activity is taken from the message as it stands
 * there: of a transfer `to ‖ amount ‖ reference`, of a withdrawal `amount`, of a post `data`.
 */
export function createOpener(hashes: Hashes): Opener {
  let preimage = new Uint8Array(ACTIVITY + 256);
  let view = viewOf(preimage);
  preimage.set(PREFIX);

  return (
    account,
    accountOffset,
    sequence,
    index,
    kind,
    bytes,
    saltOffset,
    activityOffset,
    activityLength,
    expected,
    expectedOffset,
  ) => {
    const size = ACTIVITY + activityLength;
    if (size > preimage.length) {
      preimage = new Uint8Array(Math.max(size, 2 * preimage.length));
      view = viewOf(preimage);
      preimage.set(PREFIX);
    }

    copyBytes(preimage, COMMITMENT.account, account, accountOffset, 20);
    writeU64(view, COMMITMENT.sequence, sequence);
    view.setUint16(COMMITMENT.index, index);
    preimage[COMMITMENT.kind] = kind;
    copyBytes(preimage, COMMITMENT.salt, bytes, saltOffset, 16);
    if (activityLength <= 64) copyBytes(preimage, ACTIVITY, bytes, activityOffset, activityLength);
    else preimage.set(bytes.subarray(activityOffset, activityOffset + activityLength), ACTIVITY);
    return equalBytes(hashes.sha256(preimage.subarray(0, size)), 0, expected, expectedOffset, 32);
  };
}
