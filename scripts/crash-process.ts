// One life of the node's process: started, watched, killed.
// Invariant: whoever waits for it learns that it ended, whatever it was waiting for.

import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestNetwork } from '../packages/node/src/engine/testing.ts';
import type { FromNode, ToNode } from './crash-network.ts';

export interface Place {
  readonly dataDir: string;
  readonly payers: number;
  readonly network: TestNetwork;
  /** The limits that strangers get, instead of none. */
  readonly isPublic?: boolean;
}

export interface Addresses {
  readonly url: string;
  readonly socketUrl: string;
}

/** What the log says of opening the chain. */
export interface Opened {
  /** The height of the snapshot that it began with; 0: genesis. */
  readonly from: number;
  readonly height: number;
}

/** The node ended although nobody had killed it. */
export class EndedError extends Error {
  override readonly name = 'EndedError';
}

export class NodeProcess {
  /** ms of performance.now(). */
  readonly started = performance.now();
  /** The data directory is about to be opened. */
  readonly opening: Promise<void>;
  readonly serving: Promise<Addresses>;
  opened: Opened | undefined;
  /** It ended, and nobody had killed it. */
  ended: EndedError | undefined;
  /** Snapshots that were written. */
  snapshots = 0;
  readonly #child: ChildProcess;
  readonly #l1: TestNetwork['l1'];
  readonly #ended: Promise<void>;
  #isKilled = false;
  #memory: ((usage: NodeJS.MemoryUsage) => void) | undefined;
  readonly #log: string[] = [];

  constructor({ dataDir, payers, network, isPublic }: Place) {
    const args = [dataDir, `${payers}`, `${network.genesis.time}`, isPublic ? 'public' : 'open'];
    this.#child = fork(join(import.meta.dirname, 'crash-node.ts'), args, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
      execArgv: ['--conditions=@upfront/source'],
    });
    this.#l1 = network.l1;
    const opening = Promise.withResolvers<void>();
    const serving = Promise.withResolvers<Addresses>();
    [this.opening, this.serving] = [opening.promise, serving.promise];
    // Whoever does not wait for these does not miss their failure.
    for (const promise of [this.opening, this.serving]) promise.catch(() => undefined);
    this.#child.on('message', (message: FromNode) => {
      if ('opening' in message) opening.resolve();
      else if ('url' in message) serving.resolve(message);
      else if ('memory' in message) this.#memory?.(message.memory);
      else this.#settle(message.formed);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        const why = `the node ended with ${signal ?? code}\n${this.#log.slice(-20).join('\n')}`;
        for (const { reject } of [opening, serving]) reject(new EndedError(why));
        if (!this.#isKilled) this.ended = new EndedError(why);
        resolve();
      });
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) this.#read(stream);
    this.observe();
  }

  /** Shows it the first layer as it is now. */
  observe(): void {
    this.#l1.time = Date.now();
    const { time, head, settled, validators } = this.#l1.observation();
    this.#send({ observed: { time, items: this.#l1.items, head, settled, validators } });
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#isKilled = true;
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** Ends it as an operator would. */
  async close(): Promise<void> {
    this.#isKilled = true;
    this.#send('close');
    await this.#ended;
  }

  memory(): Promise<NodeJS.MemoryUsage> {
    return new Promise((resolve) => {
      this.#memory = resolve;
      this.#send('memory');
    });
  }

  /** The first layer takes the settlement, and the node sees that it did. */
  #settle(formed: number): void {
    if (formed <= this.#l1.settled) return;
    this.#l1.settled = formed;
    this.observe();
  }

  #read(stream: NodeJS.ReadableStream): void {
    createInterface({ input: stream }).on('line', (line) => {
      this.#log.push(line);
      if (this.#log.length > 100) this.#log.shift();
      // A kill may cut the last line.
      if (!line.startsWith('{') || !line.endsWith('}')) return;
      const { msg, from, height } = JSON.parse(line) as { msg: string; from: number; height: number };
      if (msg === 'chain opened') this.opened = { from, height };
      if (msg === 'snapshot written') this.snapshots++;
    });
  }

  /** What is sent to a process that is going is lost, as it would be on a wire. */
  #send(message: ToNode): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}
