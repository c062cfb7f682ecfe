/**
 * State sync comes before everything else of a node: there is no chain, engine or API until its first state is proven.
 *
 * CometBFT is started, and what it asks is answered by the state sync; once the store is there, it waits for the
 * application that is built on it. A mark on disk tells a state sync that did not come to its end: it is begun anew.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Hashes } from '@upfront/core';
import type { Verifier } from '../../signatures/verifier.ts';
import type { AbciRequest, AbciResponse } from './abci-server.ts';
import { type Consensus, type ConsensusParts, startConsensus } from './consensus.ts';
import type { Closers, StartCometOptions } from './start-comet.ts';
import { StateSync } from './state-sync.ts';

export interface EarlyConsensus extends Consensus {
  /** From here on the application answers. */
  handOver(parts: Pick<ConsensusParts, 'answer' | 'failed'>): void;
}

/** CometBFT's own files that say what it has signed: never removed. */
const SIGNED = 'priv_validator_state.json';

/** What the node is built on, in the data directory. */
const STATE = ['blocks', 'index', 'snapshots'];

/**
 * CometBFT with the store that it synced; undefined if there is a store, or no state sync is wanted.
 *
 * @throws Error if CometBFT gives up
 */
export async function syncFirst(
  options: StartCometOptions,
  { hashes, verifier, closers }: { hashes: Hashes; verifier: Verifier; closers: Closers },
): Promise<EarlyConsensus | undefined> {
  const { path, comet, log, genesis } = options;
  const mark = join(path, 'state-sync');
  if (existsSync(mark)) {
    log.warn({}, 'a state sync did not come to its end: what it left is removed');
    removeHalf(path, mark);
  }
  if (comet.stateSync === undefined) return undefined;
  if (existsSync(join(path, 'blocks'))) {
    log.info({ path }, 'no state sync: the data directory has blocks already');
    return undefined;
  }
  mkdirSync(mark, { recursive: true });

  const sync = new StateSync({ genesis, hashes, verifier, log, path, folder: mark });
  closers.push(() => sync.close());
  const later = Promise.withResolvers<Pick<ConsensusParts, 'answer' | 'failed'>>();
  let failure: unknown;
  let owner: Pick<ConsensusParts, 'failed'> = {
    failed(error) {
      failure ??= error;
      sync.fail(asError(error));
    },
  };
  let isDone = false;
  void sync.done.then(
    () => {
      isDone = true;
    },
    () => {},
  );
  const answer = async (request: AbciRequest): Promise<AbciResponse> => {
    if (!isDone) return answerEarly(sync, request);
    const { answer: answerNow } = await later.promise;
    // Only a CometBFT that has taken the state in asks for a block.
    if (request.case === 'finalizeBlock' && existsSync(mark)) rmSync(mark, { recursive: true });
    return answerNow(request);
  };
  const said = (line: string): void => {
    if (line.includes('State sync failed')) owner.failed(new Error(`CometBFT's state sync failed: ${line}`));
  };
  const failed = (error: unknown): void => owner.failed(error);
  const consensus = await startConsensus(options, {
    hashes,
    answer,
    failed,
    said,
    stateSync: comet.stateSync,
  });
  closers.push(() => consensus.close());
  log.info({ rpc: comet.stateSync.rpcServers }, 'state sync: waiting for a snapshot');
  const base = await sync.done;
  log.info({ base }, 'state sync: this node begins with a snapshot');
  return {
    get pid() {
      return consensus.pid;
    },
    close: () => consensus.close(),
    handOver(parts) {
      owner = parts;
      if (failure !== undefined) parts.failed(failure);
      later.resolve(parts);
    },
  };
}

/** All that a state sync wrote, the mark last. */
function removeHalf(path: string, mark: string): void {
  for (const name of STATE) rmSync(join(path, name), { recursive: true, force: true });
  const data = join(path, 'comet', 'data');
  const files = existsSync(data) ? readdirSync(data) : [];
  for (const name of files) {
    if (name !== SIGNED) rmSync(join(data, name), { recursive: true, force: true });
  }
  rmSync(mark, { recursive: true });
}

async function answerEarly(sync: StateSync, request: AbciRequest): Promise<AbciResponse> {
  switch (request.case) {
    case 'info':
      return { case: 'info', value: { data: 'upfront', appVersion: 1n } };
    case 'offerSnapshot':
      return { case: 'offerSnapshot', value: await sync.offer(request.value) };
    case 'applySnapshotChunk':
      return { case: 'applySnapshotChunk', value: await sync.apply(request.value) };
    case 'listSnapshots':
      return { case: 'listSnapshots', value: {} };
    case 'loadSnapshotChunk':
      return { case: 'loadSnapshotChunk', value: {} };
    default:
      throw new Error(`CometBFT asks for ${request.case} before there is a state`);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
