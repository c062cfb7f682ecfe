/**
 * The limits of the engine, with unit and origin. Those of frames and connections are limits.ts of the node.
 *
 * Invariant: the relations at the end hold, or the module does not load.
 */

/** Bytes of messages a block: what a disk takes in a few ms, and 64 of the longest messages. */
export const BLOCK_BYTES_MOST = 4 << 20;
/** Messages a block: at 5 us each it keeps the main thread from its sockets for about 80 ms. */
export const BLOCK_MESSAGES_MOST = 16_384;
/** L1 items a block; 61 bytes each. */
export const BLOCK_ITEMS_MOST = 1000;
/** Blocks sealed and not yet durable: one is being written while the next gathers. */
export const BLOCKS_IN_FLIGHT_MOST = 2;
/**
 * ms between two seals at least, however messages trickle in; BLOCKS_IN_FLIGHT_MOST and the disk bound blocks before it.
 * PERF: one payer alone, both round trips, p50: 1.2 ms with 0.1, 1.3 with 0.25, 2.2 with 0.5 (who comes back sooner
 * meets a timer of 1 ms, which takes nearer to 2); batches the same with all three.
 */
export const BLOCK_SPACING = 0.1;
/** ms between blocks while something is open, unsettled or unacknowledged (DESIGN: a block a second). */
export const BUSY_INTERVAL = 1000;

/** Messages taken in and not yet answered; each costs its bytes and 40 more. Above: overloaded (100). */
export const INTAKE_MESSAGES_MOST = 1 << 20;
/** Bytes of messages taken in and not yet answered. Above: overloaded (100). */
export const INTAKE_BYTES_MOST = 128 << 20;
/** Signature batches under way: the next one gathers what is waiting. */
export const CHECKS_IN_FLIGHT_MOST = 2;
/** Signatures a batch: about 35 ms of two threads, which is what a flood of others' makes one wait for its turn. */
export const CHECKS_A_BATCH_MOST = 1024;
/** Signatures that a peer has in a batch before the next peer's turn. */
export const CHECKS_A_TURN = 64;
/** Messages asked for again whose answer is being looked up; the rest wait for their turn. */
export const LOOKUPS_IN_FLIGHT_MOST = 64;

/** The longest message: a fetch of 256 posts' intents, or a post of 65,535 bytes. */
const MESSAGE_BYTES_MOST = 28 + 65_535;
if (MESSAGE_BYTES_MOST > BLOCK_BYTES_MOST) throw new RangeError('a block does not hold the longest message');
if (CHECKS_A_TURN > CHECKS_A_BATCH_MOST) throw new RangeError('a batch does not hold a turn');
if (BLOCK_BYTES_MOST > INTAKE_BYTES_MOST) throw new RangeError('the intake does not hold a block');
