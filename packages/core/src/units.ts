/**
 * Types of quantities, and the constants of the protocol.
 *
 * docs/protocol.md, section 1. Whatever adds up money is a bigint; whatever counts (nonces, heights, times)
 * is a number below 2^53, which is exact; a larger one on the wire is malformed.
 */

/** Money: u64 of the deployment's units, below {@link AMOUNT_END}. */
export type Units = bigint;
/** A position in the network's one sequence of activities; from 0, no gap, below 2^53. */
export type Nonce = number;
/** A block's height, from 1; below 2^53. */
export type Height = number;
/** A time since the Unix epoch, an age, or a span; below 2^53. */
export type Milliseconds = number;
/** An account's own number of a fetch; below {@link SEQUENCE_END}. */
export type Sequence = bigint;
/** 20 bytes. */
export type Address = Uint8Array;
/** 32 bytes. */
export type Hash = Uint8Array;
/** 64 bytes: r, vs (EIP-2098). */
export type Signature = Uint8Array;

/** Sequences below and above the highest that may still be used: highest - 63 .. highest + 64. */
export const SEQUENCE_WINDOW = 64;
/** First sequence that is too large: the contract keeps 56 bits. */
export const SEQUENCE_END = 2n ** 56n;
/** ms a block: the most that the clock goes on in one, so that an outage ages no nonce. */
export const CLOCK_STEP_MOST = 1000;
/** Q16: the standing 1. */
export const STANDING_ONE = 65536;
/** Intents a fetch: bits of an annulment's bitmap. */
export const INTENTS_MOST = 256;
/** Headers that a validation may name. */
export const HEADERS_KEPT = 65536;
/** Bytes of a post's declared size for each place. */
export const POST_PLACE_BYTES = 256;
/** Times maxEntries: the most plain credits of a cut. */
export const CREDIT_PARTS = 64;
/** First sum of units that is too large; `total` on L1 caps all of them below it. */
export const AMOUNT_END = 2n ** 63n;
