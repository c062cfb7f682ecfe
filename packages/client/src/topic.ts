/**
 * Names of topics: 32 bytes from a text, so that people can tell each other where to post.
 */
import { nobleHashes, toHex } from '@upfront/core';
import type { Hex } from 'viem';

/** sha256 of the name in UTF-8. A convention of this client: the network knows 32 bytes only. */
export function topicOf(name: string): Hex {
  return toHex(nobleHashes.sha256(new TextEncoder().encode(name)));
}
