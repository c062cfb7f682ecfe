/**
 * The headers that prove an old receipt by a newer one: from the block after the receipt's up to one that is signed.
 *
 * docs/protocol.md, 11.
 */
import { DESCENT_MOST, type Descent, headerFromJson, signaturesFromJson } from '@upfront/core';
import type { BaseClient } from '../client.ts';
import { BadAnswerError, ParameterError } from '../errors/kinds.ts';
import { assertCount } from './parameters.ts';

export interface DescentParameters {
  /** Of the receipt. */
  readonly height: number;
  /** Of the header whose signatures are to count; above `height`, by at most DESCENT_MOST. */
  readonly to: number;
}

/** Headers a request. */
const PAGE = 1000;

/**
 * As the node gives them, decoded and not yet checked: `verifyReceipt` checks them.
 *
 * @throws ParameterError, BadAnswerError if the node does not have them all
 */
export async function descent(client: BaseClient, { height, to }: DescentParameters): Promise<Descent> {
  assertCount('height', height);
  assertCount('to', to);
  if (to <= height || to - height > DESCENT_MOST)
    throw new ParameterError('to', `must be above ${height}, by at most ${DESCENT_MOST}`);
  const headers: Descent['headers'][number][] = [];
  let signatures: Descent['signatures'] = [];
  while (headers.length < to - height) {
    const after = height + headers.length;
    const page = pageOf(await client.node.headers(after, Math.min(PAGE, to - after)));
    if (page === undefined || page.length === 0) throw new BadAnswerError('headers', 'ends too early');
    for (const one of page) headers.push(one.header);
    signatures = page.at(-1)!.signatures;
  }
  return { headers, signatures };
}

function pageOf(json: unknown) {
  const { headers } = (json ?? {}) as { headers?: unknown };
  if (!Array.isArray(headers) || headers.length > PAGE) return undefined;
  const read = headers.map((one: unknown) => {
    const { header, signatures } = (one ?? {}) as Record<string, unknown>;
    return { header: headerFromJson(header), signatures: signaturesFromJson(signatures) };
  });
  const isWhole = read.every(({ header, signatures }) => header !== undefined && signatures !== undefined);
  return isWhole
    ? (read as Required<{ header: Descent['headers'][number]; signatures: Descent['signatures'] }>[])
    : undefined;
}
