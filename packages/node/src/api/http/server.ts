/**
 * The HTTP side of the API: Fastify with a schema for every route, from which /openapi.json follows.
 *
 * docs/api.md, HTTP. Invariant: every answer that is not 200 has a node code; what a request can cost (bytes, depth,
 * time, rate) is bounded before a route sees it.
 */
import type { Duplex } from 'node:stream';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { type FastifyError, type FastifyReply, fastify } from 'fastify';
import type { Logger } from '../../log.ts';
import { errorBody, httpStatusOf, type NodeCode, NodeError, nodeCodes } from '../errors.ts';
import { jsonDepth } from '../parse.ts';
import { addAccountRoutes, addHistoryRoutes, addNonceRoutes, addReceiptRoutes } from './account-routes.ts';
import {
  addBlockRoutes,
  addHeaderPageRoute,
  addNetworkRoutes,
  addRawRoutes,
  addSettlementRoutes,
  addTopicRoutes,
} from './chain-routes.ts';
import { addListRoutes } from './list-routes.ts';
import { type AnswerPerson, addExplorer } from './page-files.ts';
import * as schemas from './schemas.ts';
import type { Sources } from './sources.ts';
import { addSubmitRoute } from './submit-route.ts';

export type ApiServer = ReturnType<typeof createFastify>;

/** What HTTP tells the metrics. */
export interface HttpMetrics {
  httpRequest(route: string, status: number, milliseconds: number): void;
  refused(code: NodeCode): void;
}

export interface HttpOptions {
  readonly sources: Sources;
  readonly metrics: HttpMetrics;
  readonly log: Logger;
}

/** Builds all routes; the caller listens. */
export async function createHttpServer(options: HttpOptions): Promise<ApiServer> {
  const { sources, metrics, log } = options;
  const app = createFastify(sources);
  app.server.maxConnections = sources.limits.tcpConnections;
  addParsers(app, sources);
  addGuards(app, sources);
  app.setErrorHandler((error: FastifyError | NodeError, _request, reply) => {
    const { code, message } = readError(error);
    if (code === nodeCodes.internal) log.error({ err: error }, 'a request failed');
    return refuse(reply, metrics, code, message);
  });
  let answerPerson: AnswerPerson = () => false;
  app.setNotFoundHandler((request, reply) => {
    if (answerPerson(request, reply)) return reply;
    return refuse(
      reply,
      metrics,
      nodeCodes.notFound,
      `no route ${request.method} ${request.url.slice(0, 100)}`,
    );
  });
  app.addHook('onResponse', async (request, reply) => {
    metrics.httpRequest(request.routeOptions.url ?? 'none', reply.statusCode, reply.elapsedTime);
  });
  await app.register(swagger, { openapi: documentOf(sources) });

  addNetworkRoutes(app, sources);
  addAccountRoutes(app, sources);
  addHistoryRoutes(app, sources);
  addNonceRoutes(app, sources);
  addReceiptRoutes(app, sources);
  addBlockRoutes(app, sources);
  addRawRoutes(app, sources);
  addHeaderPageRoute(app, sources);
  addTopicRoutes(app, sources);
  addSettlementRoutes(app, sources);
  addListRoutes(app, sources);
  addSubmitRoute(app, sources);
  addHealthRoutes(app, sources);
  if (sources.explorer !== undefined) answerPerson = await addExplorer(app, sources, sources.explorer);
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger() as object);
  await app.ready();
  return app;
}

function createFastify({ limits }: Sources) {
  return fastify({
    logger: false,
    exposeHeadRoutes: false,
    bodyLimit: limits.frameBytes,
    requestTimeout: limits.requestMs,
    // Counted from a request's first byte: the time to arrive, and as much to be answered.
    handlerTimeout: 2 * limits.requestMs,
    connectionTimeout: 2 * limits.requestMs,
    clientErrorHandler: answerClientError,
    http: {
      headersTimeout: limits.requestMs,
      // Node looks every 30 s otherwise, whatever the timeout is.
      connectionsCheckingInterval: Math.ceil(limits.requestMs / 4),
      maxHeaderSize: limits.headerBytes,
    },
    routerOptions: { maxParamLength: 80 },
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: false },
    },
  }).withTypeProvider<TypeBoxTypeProvider>();
}

/** Bodies: bytes as they are, and JSON that is not deeper than any shape of the API. */
function addParsers(app: ApiServer, { limits }: Sources): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/octet-stream',
    { parseAs: 'buffer', bodyLimit: limits.frameBytes },
    async (_request: unknown, body: Buffer) => body,
  );
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: limits.jsonBytes },
    async (_request: unknown, body: Buffer) => {
      if (jsonDepth(body, limits.jsonDepth) > limits.jsonDepth) {
        throw new NodeError('malformedRequest', `JSON deeper than ${limits.jsonDepth} levels`);
      }
      try {
        return JSON.parse(body.toString('utf8')) as unknown;
      } catch (error) {
        throw new NodeError('malformedRequest', 'the body is not JSON', { cause: error });
      }
    },
  );
}

/** CORS for browsers (nothing here rests on cookies), then the rate of each address. */
function addGuards(app: ApiServer, { requestBuckets, now }: Sources): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('access-control-allow-origin', '*');
    if (request.method === 'OPTIONS') {
      return reply
        .header('access-control-allow-methods', 'GET, POST')
        .header('access-control-allow-headers', 'content-type, accept')
        .header('access-control-max-age', '86400')
        .status(204)
        .send();
    }
    // Whoever watches over the node is never turned away.
    const path = request.routeOptions.url;
    if (path === '/healthz' || path === '/readyz') return undefined;
    if (!requestBuckets.take(request.ip, 1, now())) throw new NodeError('rateLimited', 'slow down');
    return undefined;
  });
}

function addHealthRoutes(app: ApiServer, { faults }: Sources): void {
  app.get(
    '/healthz',
    { schema: { summary: 'The process lives', response: { 200: schemas.Health } } },
    async () => ({ status: 'ok' as const }),
  );
  app.get(
    '/readyz',
    {
      schema: {
        summary: 'Whether the node can serve, or why not',
        response: { 200: schemas.Readiness, 503: schemas.Readiness },
      },
    },
    async (_request, reply) => {
      const reasons = [...faults()];
      return reply.status(reasons.length === 0 ? 200 : 503).send({ ready: reasons.length === 0, reasons });
    },
  );
}

/** What is no HTTP, or did not arrive in time: there is no request to reply to, only a line to cut. */
function answerClientError(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = CLIENT_STATUS[error.code ?? ''] ?? '400 Bad Request';
  const body = JSON.stringify(errorBody(nodeCodes.malformedRequest, status));
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

const CLIENT_STATUS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

function refuse(reply: FastifyReply, metrics: HttpMetrics, code: NodeCode, message: string): FastifyReply {
  metrics.refused(code);
  // The rest of a body that nobody reads would keep the connection.
  if (!reply.request.raw.complete) void reply.header('connection', 'close');
  return reply.status(httpStatusOf(code)).send(errorBody(code, message));
}

/** Fastify's own errors by their codes and statuses; whatever is not known to be the client's is ours. */
function readError(error: FastifyError | NodeError): { code: NodeCode; message: string } {
  if (error instanceof NodeError) return { code: error.code, message: error.message };
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return { code: nodeCodes.frameTooLarge, message: 'the body is too large' };
  }
  if (error.code === 'FST_ERR_HANDLER_TIMEOUT') {
    return { code: nodeCodes.unavailable, message: 'the answer took too long' };
  }
  if (error.validation !== undefined || (error.statusCode ?? 500) < 500) {
    return { code: nodeCodes.malformedRequest, message: error.message.slice(0, 300) };
  }
  return { code: nodeCodes.internal, message: 'the node failed; its log says why' };
}

function documentOf({ version }: Sources) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Upfront node',
      description: 'Requests and streams are faster over the WebSocket at /v1/socket (docs/api.md).',
      version,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
  };
}
