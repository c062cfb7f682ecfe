/**
 * What the page of a devnet can do to it: take its operator away. A server of its own, on this machine only.
 *
 * docs/api.md, The page. Invariant: only a script of the node's own page can do it: other origins, names that were made to
 * point here, and requests that a browser sends without asking first are refused.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface Controls {
  readonly url: string;
  /** From now on pages of this node may use them. */
  serve(nodeUrl: string, stopNode: () => Promise<void>): void;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const PATH = '/stop-node';
/** Headers of a browser are about one. */
const HEADER_BYTES_MOST = 8192;
const CONNECTIONS_MOST = 16;
const REQUEST_MS = 5000;

export async function startControls(): Promise<Controls> {
  let served: { readonly origins: readonly string[]; readonly stopNode: () => Promise<void> } | undefined;
  let host = '';
  const server = createServer(
    { maxHeaderSize: HEADER_BYTES_MOST, requestTimeout: REQUEST_MS },
    (request, response) => {
      const origin = request.headers.origin ?? '';
      const isOurs = request.headers.host === host && served?.origins.includes(origin) === true;
      // Nobody's body is read.
      request.resume();
      if (!isOurs) return answer(response, 403);
      response.setHeader('access-control-allow-origin', origin).setHeader('vary', 'origin');
      const status = statusOf(request);
      if (status === 204) response.setHeader('access-control-allow-headers', 'content-type');
      // Without waiting: a node that stops takes its time, and the page sees it go.
      if (status === 202) void served!.stopNode();
      return answer(response, status);
    },
  );
  server.maxConnections = CONNECTIONS_MOST;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, HOST, resolve);
  });
  host = `${HOST}:${(server.address() as { port: number }).port}`;
  return {
    url: `http://${host}`,
    serve(nodeUrl, stopNode) {
      const { port } = new URL(nodeUrl);
      served = { origins: [`http://${HOST}:${port}`, `http://localhost:${port}`], stopNode };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A browser sends JSON to another origin only after it has asked (204) whether it may. */
function statusOf({ method, url, headers }: IncomingMessage): number {
  if (url !== PATH) return 404;
  if (method === 'OPTIONS') return 204;
  if (method !== 'POST') return 405;
  return headers['content-type'] === 'application/json' ? 202 : 415;
}

function answer(response: ServerResponse, status: number): void {
  response.statusCode = status;
  response.end();
}
