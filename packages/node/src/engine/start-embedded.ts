/**
 * Everything that the embedded engine needs, built in order and closed in reverse: hashes, verifier, store,
 * chain, engine.
 */
import { randomBytes } from 'node:crypto';
import { createDomain, type Genesis, genesisHash, type Hashes } from '@upfront/core';
import { createHashes } from '../hashes.ts';
import { createSigner, type Signer } from '../signatures/signer.ts';
import { createVerifier, type Verifier } from '../signatures/verifier.ts';
import { openStore } from '../store/lmdb-store.ts';
import type { Store } from '../store/store.ts';
import type { Chain, ChainLog, HeaderSigner } from './chain.ts';
import { EmbeddedEngine } from './embedded.ts';
import type { WantedRotation } from './evidence.ts';
import { openChain } from './open-chain.ts';

export interface StartEmbeddedOptions {
  readonly genesis: Genesis;
  /** The directory of the store. */
  readonly path: string;
  /** The validator's, 32 bytes. */
  readonly privateKey: Uint8Array;
  /** Threads that check signatures beside the main one. */
  readonly workers: number;
  readonly log: ChainLog;
  now(): number;
  wanted?(): WantedRotation | undefined;
  /** Messages taken in and not yet answered; INTAKE_MESSAGES_MOST, if not said. */
  readonly intakeMessages?: number;
  /** Nothing can be made durable any more. Must end the process (see {@link endProcess}). */
  fatal(error: Error): void;
}

export interface Embedded {
  readonly engine: EmbeddedEngine;
  /** The replica of this process. */
  readonly chain: Chain;
  readonly store: Store;
  readonly verifier: Verifier;
  readonly signer: Signer;
  readonly hashes: Hashes;
  /** Drains, makes everything durable, and releases the directory. May be called again. */
  close(): Promise<void>;
}

export async function startEmbedded(options: StartEmbeddedOptions): Promise<Embedded> {
  const { genesis, path, privateKey, workers, log, now, wanted, intakeMessages, fatal } = options;
  const hashes = await createHashes();
  const warn = (message: string): void => log.warn({}, message);
  const verifier = await createVerifier({ hashes, workers, warn, fatal });
  let store: Store | undefined;
  try {
    const signer = createSigner(verifier.curve, privateKey);
    const domain = createDomain(genesis.chainId, genesis.contract, hashes);
    const { parameters } = genesis;
    const opened = await openStore({
      path,
      genesisHash: genesisHash(genesis, hashes),
      parameters,
      domain,
      fatal,
    });
    store = opened;
    const seed = randomBytes(4).readInt32BE();
    const chain = await openChain({
      genesis,
      hashes,
      store: opened,
      signer: headerSigner(signer),
      log,
      seed,
      fatal,
    });
    const engine = new EmbeddedEngine({
      chain,
      verifier,
      signer,
      log,
      now,
      ...(wanted && { wanted }),
      ...(intakeMessages && { intakeMessages }),
    });
    const closeAll = async (): Promise<void> => {
      await engine.close();
      await verifier.close();
      await opened.close();
    };
    let closed: Promise<void> | undefined;
    const close = (): Promise<void> => {
      closed ??= closeAll();
      return closed;
    };
    return { engine, chain, store: opened, verifier, signer, hashes, close };
  } catch (error) {
    await verifier.close();
    await store?.close();
    throw error;
  }
}

/** One operator's chain is on its own disk alone: what is replayed there is what it signed. */
function headerSigner({ address, sign }: Signer): HeaderSigner {
  return { address, signHeader: (_, digest) => sign(digest) };
}

/** What `fatal` does in production: says why, and ends the process, so that nothing more is announced. */
export function endProcess(log: { fatal(fields: object, message: string): void }): (error: Error) => void {
  return (error) => {
    log.fatal({ err: error }, 'nothing can be made durable any more: the process ends');
    process.exit(70);
  };
}
