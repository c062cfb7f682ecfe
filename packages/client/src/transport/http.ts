/**
 * A node's HTTP server: GET with a time limit and tries, POST of messages, errors as classes.
 *
 * docs/api.md, HTTP. Reading is repeated while the node says that it may answer a little later, or cannot be reached.
 */
import { BaseError } from '../errors/base.ts';
import { BadAnswerError, DisconnectedError, NodeError, TimeoutError } from '../errors/kinds.ts';
import { type Backoff, backoffDelay, delay } from './backoff.ts';

export interface HttpOptions {
  /** http: or https:, without a slash at the end. */
  readonly url: string;
  /** ms a try. */
  readonly timeout: number;
  /** Tries of a read. */
  readonly tries: number;
  readonly backoff: Backoff;
  /** The platform's, or a stand-in. */
  readonly fetch: typeof globalThis.fetch;
}

export interface Http {
  /** Parsed JSON. Throws NodeError, TimeoutError, DisconnectedError or BadAnswerError. */
  json(path: string): Promise<unknown>;
  /** The body as it is. Throws as `json` does. */
  bytes(path: string): Promise<Uint8Array>;
}

/** Bytes of an answer that are read at most: a block is the largest. */
const ANSWER_MOST = 256 * 1024 * 1024;

export function createHttp(options: HttpOptions): Http {
  return {
    json: (path) =>
      read(options, path, async (response) => {
        const text = await response.text();
        try {
          return JSON.parse(text) as unknown;
        } catch {
          throw new BadAnswerError(path, 'is no JSON');
        }
      }),
    bytes: (path) => read(options, path, async (response) => new Uint8Array(await response.arrayBuffer())),
  };
}

async function read<T>(
  options: HttpOptions,
  path: string,
  take: (response: Response) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await readOnce(options, path, take);
    } catch (error) {
      const mayPass =
        error instanceof DisconnectedError ||
        error instanceof TimeoutError ||
        (error instanceof NodeError && error.passing);
      if (!mayPass || attempt + 1 >= options.tries) throw error;
    }
    await delay(backoffDelay(attempt, options.backoff));
  }
}

async function readOnce<T>(
  options: HttpOptions,
  path: string,
  take: (response: Response) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.timeout(options.timeout);
  try {
    const response = await options.fetch(`${options.url}${path}`, { signal });
    if (!response.ok) throw await errorOf(options, path, response);
    if (Number(response.headers.get('content-length') ?? 0) > ANSWER_MOST) {
      throw new BadAnswerError(path, 'is too large');
    }
    return await take(response);
  } catch (error) {
    if (error instanceof BaseError) throw error;
    if (signal.aborted)
      throw new TimeoutError(`The node at ${options.url}`, options.timeout, {
        details: [`asked for ${path}`],
      });
    throw new DisconnectedError(options.url, path, { cause: error });
  }
}

async function errorOf({ url }: HttpOptions, path: string, response: Response): Promise<Error> {
  try {
    const { error } = (await response.json()) as { error?: { code?: unknown; message?: unknown } };
    const code = Number(error?.code);
    if (Number.isInteger(code) && code > 0 && code < 200) {
      return new NodeError(code, path, typeof error?.message === 'string' ? error.message.slice(0, 300) : '');
    }
  } catch {
    // Not a node's error body: something between has answered.
  }
  if (response.status >= 500)
    return new DisconnectedError(url, path, { details: [`HTTP ${response.status}`] });
  return new BadAnswerError(path, `has HTTP status ${response.status} without a code`);
}
