/**
 * Asking: about the network, a fetch, or a nonce.
 */
import { codeName } from '@upfront/core';
import type { Address } from 'viem';
import type { BaseClient } from '../client.ts';
import { NoAccountError } from '../errors/kinds.ts';
import type { NodeFetch, NodeNonce, NodeStatus } from '../transport/node-api.ts';
import { addressOf, assertCount } from './parameters.ts';

export interface FetchStatusParameters {
  readonly sequence: bigint;
  /** Default: the client's own account. */
  readonly account?: Address | undefined;
}

/** A refused fetch has its code's name with it. */
export type FetchStatus = NodeFetch & { readonly name?: string };

/** The network, as the node has it. */
export function status(client: BaseClient): Promise<NodeStatus>;
/** What became of a fetch. Throws NoAccountError if no account is given and the client has none. */
export function status(client: BaseClient, parameters: FetchStatusParameters): Promise<FetchStatus>;
/** What became of a nonce. */
export function status(client: BaseClient, parameters: { readonly nonce: number }): Promise<NodeNonce>;
export async function status(
  client: BaseClient,
  parameters?: FetchStatusParameters | { readonly nonce: number },
): Promise<NodeStatus | FetchStatus | NodeNonce> {
  if (parameters === undefined) return await client.node.status();
  if ('nonce' in parameters) {
    assertCount('nonce', parameters.nonce);
    return await client.node.nonce(parameters.nonce);
  }
  const account =
    parameters.account === undefined ? client.address : addressOf('account', parameters.account);
  if (account === undefined) throw new NoAccountError('status');
  const fetch = await client.node.fetch(account, parameters.sequence);
  return fetch.status === 'refused' ? { ...fetch, name: codeName(fetch.code) } : fetch;
}
