// The first layer's endpoint of one node, in front of the real one: honest, gone, slow, stuck in the past, or lying.
// Lies are made from the real answers, so that they look right: other hashes, other words, logs left out.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from './crash-network.ts';

export const L1_FAULTS = ['gone', 'slow', 'stuck', 'lying'] as const;
export type L1Fault = (typeof L1_FAULTS)[number];

/** ms that a slow endpoint takes. */
const SLOW_MS = 4000;
/** Bytes of a request. */
const REQUEST_MOST = 1 << 20;

interface Call {
  readonly id?: unknown;
  readonly method: string;
  readonly params?: readonly unknown[];
}

export class L1Endpoint {
  fault: L1Fault | undefined;
  /** Answers that were not the first layer's. */
  faulty = 0;
  readonly #target: string;
  readonly #random: Random;
  readonly #server: Server;
  /** Where a stuck endpoint stands. */
  #stuckAt: string | undefined;

  private constructor(target: string, random: Random) {
    this.#target = target;
    this.#random = random;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async listen(target: string, host: string, random: Random): Promise<L1Endpoint> {
    const endpoint = new L1Endpoint(target, random);
    await new Promise<void>((resolve, reject) => {
      endpoint.#server.once('error', reject);
      endpoint.#server.listen(0, host, resolve);
    });
    return endpoint;
  }

  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  async set(fault: L1Fault | undefined): Promise<void> {
    if (fault === 'stuck') {
      const [{ result }] = (await this.#ask([
        { id: 0, method: 'eth_getBlockByNumber', params: ['finalized', false] },
      ])) as [{ result: { number: string } }];
      this.#stuckAt = result.number;
    }
    this.fault = fault;
    this.faulty = 0;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = JSON.parse(await textOf(request)) as Call | Call[];
      const calls = Array.isArray(body) ? body : [body];
      if (this.fault !== undefined) this.faulty++;
      if (this.fault === 'gone') {
        response.socket?.destroy();
        return;
      }
      if (this.fault === 'slow') await sleep(SLOW_MS);
      const answers = await this.#ask(
        calls.map((call) => (this.fault === 'stuck' ? this.#past(call) : call)),
      );
      if (this.fault === 'lying') for (const answer of answers) answer.result = this.#lie(answer.result);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(Array.isArray(body) ? answers : answers[0]));
    } catch {
      // The real one is gone, or the node hung up.
      response.socket?.destroy();
    }
  }

  async #ask(calls: readonly Call[]): Promise<{ result: unknown }[]> {
    const body = JSON.stringify(calls.map((call) => ({ jsonrpc: '2.0', ...call })));
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(this.#target, { method: 'POST', headers, body });
    return (await response.json()) as { result: unknown }[];
  }

  /** The newest blocks are no newer than when it got stuck. */
  #past(call: Call): Call {
    const isNewest = (one: unknown): boolean => one === 'finalized' || one === 'latest' || one === 'safe';
    return { ...call, params: (call.params ?? []).map((one) => (isNewest(one) ? this.#stuckAt : one)) };
  }

  /** One part of an answer is another one. */
  #lie(result: unknown): unknown {
    if (typeof result === 'string' && /^0x[0-9a-f]+$/.test(result)) {
      const at = 2 + this.#random.below(result.length - 2);
      const other = (Number(`0x${result[at]!}`) + 1 + this.#random.below(15)) % 16;
      return `${result.slice(0, at)}${other.toString(16)}${result.slice(at + 1)}`;
    }
    if (Array.isArray(result) && result.length > 0) {
      const at = this.#random.below(result.length);
      const isLeftOut = this.#random.below(2) === 0;
      return isLeftOut ? result.toSpliced(at, 1) : result.with(at, this.#lie(result[at]));
    }
    if (typeof result !== 'object' || result === null) return result;
    const fields = Object.entries(result).filter(([, value]) => typeof value === 'string' && value !== '0x');
    if (fields.length === 0) return result;
    const [name, value] = this.#random.pick(fields);
    return { ...result, [name]: this.#lie(value) };
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > REQUEST_MOST) throw new RangeError(`a request of more than ${REQUEST_MOST} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
