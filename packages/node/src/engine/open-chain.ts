/**
 * Opens a chain where it was left: the newest whole snapshot, then every stored block after it with its
 * stored verdicts. The headers that come out are compared with the stored ones; a difference is a bug or a
 * changed file, and stops the node before it serves anything.
 */
import {
  applyBlock,
  compareBytes,
  createLedger,
  type Genesis,
  type Hashes,
  type Ledger,
  restoreLedger,
  scanBlock,
} from '@upfront/core';
import type { Store } from '../store/store.ts';
import { Chain, type ChainLog, type HeaderSigner } from './chain.ts';

export interface OpenChainOptions {
  readonly genesis: Genesis;
  readonly hashes: Hashes;
  readonly store: Store;
  readonly signer?: HeaderSigner;
  readonly log: ChainLog;
  /** Spreads the keys of the ledger's indexes; random. */
  readonly seed: number;
  fatal(error: Error): void;
}

/** ms of replay between turns of the event loop, and between lines of the log. */
const TURN = 50;
const PROGRESS = 5000;

export async function openChain(options: OpenChainOptions): Promise<Chain> {
  const { store, log, signer, fatal } = options;
  const ledger = startingLedger(options);
  const chain = new Chain({ ledger, store, log, fatal, ...(signer && { signer }) });
  const from = ledger.height;
  const to = store.meta.height;
  const started = performance.now();
  let turned = started;
  let logged = started;
  for (let height = from + 1; height <= to; height++) {
    await store.room();
    replay(chain, options, height);
    const now = performance.now();
    if (now - logged > PROGRESS) {
      log.info({ height, to }, 'replaying');
      logged = now;
    }
    if (now - turned < TURN) continue;
    await new Promise(setImmediate);
    turned = performance.now();
  }
  log.info({ height: to, from, ms: Math.round(performance.now() - started) }, 'chain opened');
  return chain;
}

/**
 * The newest snapshot that is whole, and not ahead of the indexes (blocks above it are indexed by replaying
 * them).
 */
function startingLedger({ genesis, hashes, store, log, seed }: OpenChainOptions): Ledger {
  for (const name of store.snapshots.list()) {
    if (name.height > store.meta.indexed) continue;
    const snapshot = store.snapshots.read(name);
    if (snapshot !== undefined) return restoreLedger(genesis, snapshot.bytes, snapshot.hash, hashes, seed);
    log.warn({ path: name.path }, 'a snapshot is corrupt: an older one serves');
  }
  return createLedger(genesis, hashes, seed);
}

function replay(chain: Chain, { genesis, store }: OpenChainOptions, height: number): void {
  const bytes = store.block(height);
  const verdicts = store.verdicts(height);
  const block = bytes && scanBlock(bytes, genesis.parameters);
  if (block === undefined || verdicts === undefined)
    throw new Error(`stored block ${height} is missing or malformed`);
  const applied = applyBlock(chain.ledger, block, verdicts);
  const stored = store.header(height);
  if (stored !== undefined && compareBytes(stored.digest, applied.digest) !== 0) {
    throw new Error(`replaying block ${height} gives another header than the stored one`);
  }
  chain.replayed(block, applied);
}
