/** Our ABCI server, and the CometBFT that connects to it: started together, CometBFT stopped first. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hashes } from '@upfront/core';
import { type AbciRequest, type AbciResponse, startAbciServer } from './abci-server.ts';
import { type CometSettings, ensureKeys, writeConfiguration } from './home.ts';
import { startCometProcess } from './process.ts';
import type { StartCometOptions } from './start-comet.ts';

export interface Consensus {
  /** Of CometBFT. */
  readonly pid: number | undefined;
  /** May be called again. */
  close(): Promise<void>;
}

export interface ConsensusParts {
  readonly hashes: Hashes;
  answer(request: AbciRequest): Promise<AbciResponse>;
  /** A request could not be answered, or CometBFT ended by itself. */
  failed(error: unknown): void;
  /** Each line of CometBFT's log. */
  said?(line: string): void;
  /** With it CometBFT begins by state sync. */
  readonly stateSync?: CometSettings['stateSync'];
}

export async function startConsensus(
  { genesis, path, binary, keys, comet, log, between }: StartCometOptions,
  { hashes, answer, failed, said, stateSync }: ConsensusParts,
): Promise<Consensus> {
  const home = join(path, 'comet');
  const { id } = ensureKeys(home);
  // A path in the data directory may be too long for a socket.
  const folder = mkdtempSync(join(tmpdir(), 'upfront-'));
  const socket = join(folder, 'abci');
  const answered = (request: AbciRequest): Promise<AbciResponse> =>
    between === undefined ? answer(request) : between(request, () => answer(request));
  const server = await startAbciServer({ path: socket, answer: answered, log, failed });
  const { stateSync: _, ...settings } = comet;
  const peers = comet.peers.filter((peer) => peer.id !== id);
  const written = { ...settings, peers, ...(stateSync && { stateSync }) };
  writeConfiguration(home, { genesis, hashes, keys }, written, socket);
  const child = startCometProcess({ binary, home, log, ended: failed, ...(said && { said }) });
  const stop = async (): Promise<void> => {
    await child.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  };
  let stopped: Promise<void> | undefined;
  return {
    get pid() {
      return child.pid;
    },
    close() {
      stopped ??= stop();
      return stopped;
    },
  };
}
