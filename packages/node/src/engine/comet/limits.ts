/**
 * The limits of a committee's node, with unit and origin; those that both engines share are ../limits.ts.
 *
 * Invariant: the relations at the end hold, or the module does not load.
 */
import { INTAKE_BYTES_MOST, INTAKE_MESSAGES_MOST } from '../limits.ts';

/** Bytes of messages a block: a proposer hands them to three others over 100 Mbit/s in 1.5 s, and is given 2 (home.ts). */
export const BLOCK_BYTES_MOST = 6 << 20;
/**
 * Messages a block: at 2 us each applying them keeps the main thread for 100 ms. The embedded engine makes a block every few
 * ms and has its own bound; here a block costs a few hundred ms however little is in it, so it takes more.
 */
export const BLOCK_MESSAGES_MOST = 49_152;

/** Messages and bytes that wait for a block, of users and of the other validators' nodes. */
export const POOL_MESSAGES_MOST = INTAKE_MESSAGES_MOST;
export const POOL_BYTES_MOST = INTAKE_BYTES_MOST;
/** Candidates looked at after each block for whether a block will still take them. */
export const SWEEP_MOST = 8192;
/** Blocks that a message from another node may be ahead of this one's state. */
export const EARLY_BLOCKS_MOST = 32;
/** ms that the newest block may lie back, two pauses between blocks aside, while messages are taken; a round takes 3 s. */
export const BEHIND_MS = 10_000;

/** Bytes of a bundle. */
export const BUNDLE_BYTES_MOST = 1 << 20;
/** Bytes of a link's bundles whose signatures are not checked yet, before it is read no further. */
export const LINK_UNCHECKED_BYTES_MOST = 1 << 20;
/** Messages of a bundle are fewer: none is as short as 16 bytes. */
export const MESSAGES_A_BUNDLE = BUNDLE_BYTES_MOST / 16;
/** Bytes that may wait to be sent to one node; beyond it bundles are dropped, and handed again later. */
export const LINK_QUEUE_BYTES_MOST = 32 << 20;
/** Nodes that may be connected and are no validators: they follow, and hand on what their users send. */
export const FOLLOWERS_MOST = 64;
/** Bytes a second that a node may hand on which is no validator's. */
export const FOLLOWER_BYTES_MOST = 4 << 20;
/** ms until a connection that does not prove who it is, is closed. */
export const HANDSHAKE_MS = 5000;
/** ms between attempts to reach a node. */
export const RECONNECT_MS = 500;
/** ms until what still waits is handed to the others again. */
export const RESEND_MS = 2000;

if (BUNDLE_BYTES_MOST > LINK_QUEUE_BYTES_MOST) throw new RangeError('a link does not hold a bundle');
if (BUNDLE_BYTES_MOST > POOL_BYTES_MOST) throw new RangeError('the pool does not hold a bundle');
