/**
 * The WebSocket endpoint: who may connect, and what all connections share.
 *
 * docs/api.md, /v1/socket. Invariant: open sockets never exceed `connections`, nor those of one address its share.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { Limits } from '../../limits.ts';
import type { Logger } from '../../log.ts';
import { errorBody, httpStatusOf, type NodeCode, nodeCodes } from '../errors.ts';
import type { Intake } from '../intake.ts';
import { peerOf } from '../token-bucket.ts';
import { CLOSE, Connection, type SocketMetrics } from './connection.ts';
import { encodeError } from './frames.ts';
import type { Hub } from './hub.ts';
import type { History } from './subscription.ts';

export const SOCKET_PATH = '/v1/socket';

export interface SocketServerOptions {
  readonly limits: Limits;
  readonly intake: Intake;
  readonly hub: Hub;
  readonly history: History;
  readonly metrics: SocketMetrics;
  readonly log: Logger;
  readonly now: () => number;
}

export interface SocketServer {
  /** Takes the upgrades of `server`. */
  attach(server: Server): void;
  readonly connections: number;
  readonly subscriptions: number;
  /** Refuses new sockets and closes all (1001); resolves when all are closed. */
  close(): Promise<void>;
}

/** Says why before it closes for a message that is too long: ws itself would only close. */
class CodedWebSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    if (code === 1009 && this.readyState === WebSocket.OPEN) {
      this.send(encodeError(0, nodeCodes.frameTooLarge));
    }
    super.close(code, reason);
  }
}

export function createSocketServer(options: SocketServerOptions): SocketServer {
  const { limits, hub, metrics, log } = options;
  const open = new Map<Connection, string>();
  const byPeer = new Map<string, number>();
  let isClosing = false;
  const server = new WebSocketServer({
    noServer: true,
    WebSocket: CodedWebSocket,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.frameBytes,
    maxFragments: limits.fragments,
    maxBufferedChunks: limits.fragments,
  });
  const pings = setInterval(() => {
    for (const connection of open.keys()) connection.checkAlive();
  }, limits.pingMs);
  const announcements = setInterval(() => hub.announceHeight(), limits.caughtUpMs);
  pings.unref();
  announcements.unref();

  const refusalOf = (request: IncomingMessage, peer: string): NodeCode | undefined => {
    if ((request.url ?? '').split('?')[0] !== SOCKET_PATH) return nodeCodes.notFound;
    if (isClosing || options.intake.isStopping) return nodeCodes.stopping;
    const isFull = open.size >= limits.connections || (byPeer.get(peer) ?? 0) >= limits.connectionsPerAddress;
    return isFull ? nodeCodes.tooManyConnections : undefined;
  };
  const onUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    stream.on('error', (error) => log.debug({ err: error }, 'an upgrade failed'));
    const peer = peerOf(request.socket.remoteAddress ?? '');
    const refusal = refusalOf(request, peer);
    if (refusal !== undefined) {
      metrics.refused(refusal);
      refuseUpgrade(stream, refusal);
      return;
    }
    server.handleUpgrade(request, stream, head, (socket) => {
      const connection = new Connection({ ...options, socket, stream });
      open.set(connection, peer);
      byPeer.set(peer, (byPeer.get(peer) ?? 0) + 1);
      socket.once('close', () => {
        open.delete(connection);
        const left = (byPeer.get(peer) ?? 1) - 1;
        if (left > 0) byPeer.set(peer, left);
        else byPeer.delete(peer);
      });
    });
  };

  return {
    attach: (http) => void http.on('upgrade', onUpgrade),
    get connections() {
      return open.size;
    },
    get subscriptions() {
      let sum = 0;
      for (const connection of open.keys()) sum += connection.subscriptions;
      return sum;
    },
    async close() {
      isClosing = true;
      clearInterval(pings);
      clearInterval(announcements);
      for (const connection of open.keys()) connection.close(CLOSE.goingAway, 'stopping');
      const end = options.now() + 2 * limits.closeMs;
      while (open.size > 0 && options.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
      server.close();
    },
  };
}

function refuseUpgrade(stream: Duplex, code: NodeCode): void {
  const status = httpStatusOf(code);
  const body = JSON.stringify(errorBody(code, 'no WebSocket'));
  stream.end(
    `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
