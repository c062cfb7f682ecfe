/**
 * What a node answers, as it is (docs/api.md, HTTP): for `show`, which adds nothing to it.
 */
import { DisconnectedError, NodeError, nodeCodes } from '@upfront/client';
import { CliError, usageError } from './errors.ts';
import type { Settings } from './settings.ts';

const TIMEOUT_MS = 15_000;

/** Throws NodeError with the node's code, DisconnectedError, CliError if no node is known. */
export async function askNode<T>({ nodeUrl }: Settings, path: string): Promise<T> {
  if (nodeUrl === undefined) {
    throw usageError('Where a node is is not known.', 'Name its URL by --node or UPFRONT_NODE_URL.');
  }
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(`${nodeUrl}${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    body = await response.json();
  } catch (cause) {
    throw new DisconnectedError(nodeUrl, path, { cause });
  }
  if (response.ok) return body as T;
  const { code, message } = (body as { error?: { code?: number; message?: string } }).error ?? {};
  throw new NodeError(code ?? nodeCodes.internal, path, message ?? '');
}

/** What the node answers. Throws CliError that says what is not there, and what to do, if the node does not have it. */
export async function onRecord<T>(answer: Promise<T>, missing: string, hint: string): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (!(cause instanceof NodeError) || cause.code !== nodeCodes.notFound) throw cause;
    throw new CliError('refused', `${missing}.`, hint, { cause });
  }
}
