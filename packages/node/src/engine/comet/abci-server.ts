/**
 * The server that CometBFT connects to: ABCI 2.0 on a socket of this machine, four connections of it.
 *
 * Each connection is answered strictly in order, one request at a time; Flush is answered like any other. A request
 * that fails is answered with an exception, after which CometBFT stops: the application decides before what may fail.
 */

import { createServer, type Server, type Socket } from 'node:net';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { ChainLog } from '../chain.ts';
import { FrameReader, frame } from './frames.ts';
import {
  type Request,
  RequestSchema,
  type Response,
  ResponseSchema,
} from './generated/tendermint/abci/types_pb.ts';

export type AbciRequest = Request['value'];
export type AbciResponse = NonNullable<MessageInitShape<typeof ResponseSchema>['value']>;

export interface AbciServerOptions {
  /** Path of the socket; its folder belongs to this process alone. */
  readonly path: string;
  answer(request: AbciRequest): Promise<AbciResponse>;
  readonly log: ChainLog;
  /** A request could not be answered. */
  failed(error: unknown): void;
}

export interface AbciServer {
  close(): Promise<void>;
}

/** CometBFT opens four; the rest is room for a restart of its. */
const CONNECTIONS_MOST = 8;
/** Requests that wait on a connection; beyond it the socket is not read. CometBFT pipelines a few. */
const QUEUE_MOST = 64;

export async function startAbciServer(options: AbciServerOptions): Promise<AbciServer> {
  const connections = new Set<Connection>();
  const server = createServer((socket) => {
    if (connections.size >= CONNECTIONS_MOST) {
      socket.destroy();
      return;
    }
    const connection = new Connection(socket, options);
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
  });
  await listen(server, options.path);
  return {
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await Promise.all([...connections].map((connection) => connection.close()));
      await closed;
    },
  };
}

class Connection {
  readonly #socket: Socket;
  readonly #options: AbciServerOptions;
  readonly #reader = new FrameReader();
  readonly #queue: Request[] = [];
  #running: Promise<void> | undefined;

  constructor(socket: Socket, options: AbciServerOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => options.log.warn({ err: error }, 'an ABCI connection broke'));
  }

  async close(): Promise<void> {
    this.#queue.length = 0;
    await this.#running;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    try {
      for (const message of this.#reader.push(chunk)) this.#queue.push(fromBinary(RequestSchema, message));
    } catch (error) {
      this.#options.log.error({ err: error }, 'what CometBFT says is no ABCI');
      this.#socket.destroy();
      return;
    }
    if (this.#queue.length > QUEUE_MOST) this.#socket.pause();
    // A chunk may bring no whole message, and a run with nothing to do ends before it is noted.
    if (this.#queue.length > 0) this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    for (let request = this.#queue.shift(); request !== undefined; request = this.#queue.shift()) {
      const value = await this.#answer(request.value);
      if (this.#socket.destroyed) break;
      this.#socket.write(frame(toBinary(ResponseSchema, create(ResponseSchema, { value }) as Response)));
      if (this.#queue.length === 0) this.#socket.resume();
    }
    this.#running = undefined;
  }

  async #answer(request: AbciRequest): Promise<AbciResponse> {
    if (request.case === 'flush') return { case: 'flush', value: {} };
    if (request.case === 'echo') return { case: 'echo', value: { message: request.value.message } };
    try {
      return await this.#options.answer(request);
    } catch (error) {
      this.#options.failed(error);
      return { case: 'exception', value: { error: String(error) } };
    }
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
