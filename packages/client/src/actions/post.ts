/**
 * Posting: data in one ordered stream a topic, whose place is fixed before anybody can read it.
 */
import type { Hex } from 'viem';
import type { BaseClient } from '../client.ts';
import type { Outcome } from '../outcome.ts';
import { assertAmount, assertBytes32 } from './parameters.ts';
import { type Performed, performOne } from './pay.ts';

export interface PostParameters {
  /** 32 bytes; see `topicOf` for a name's. */
  readonly topic: Hex;
  /** Bytes, or text that is taken as UTF-8; at most the network's postMost. */
  readonly data: Uint8Array | string;
  /** Units that burn if the post is not shown in time; readers decide what they want to see. Default 0. */
  readonly stake?: bigint | undefined;
}

/**
 * Posts. Done: it has its place; `follow({ topic })` delivers it when every earlier nonce of the topic is resolved.
 *
 * @throws as fetchNonces does: nothing was sent
 */
export async function post(client: BaseClient, parameters: PostParameters): Promise<Outcome<Performed>> {
  const { topic, data, stake = 0n } = parameters;
  assertBytes32('topic', topic);
  assertAmount('stake', stake, 0n);
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data.slice();
  return await performOne(client, 'post', { kind: 'post', topic, stake, data: bytes });
}
