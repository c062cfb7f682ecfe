/**
 * The header watch of a node: what it finds goes into a file of the data directory, the log and the metrics. Sending it
 * to L1 is somebody's decision: `upfront accuse FILE`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDomain, equivocationToJson, type Genesis, type Hashes, toHex } from '@upfront/core';
import { systemClock } from '../l1/loop.ts';
import type { Logger } from '../log.ts';
import type { Replica } from '../replica.ts';
import { createCurve } from '../signatures/curve.ts';
import type { Store } from '../store/store.ts';
import { HeaderWatch } from './header-watch.ts';

export interface StartHeaderWatchOptions {
  readonly urls: readonly string[];
  readonly genesis: Genesis;
  readonly hashes: Hashes;
  readonly replica: Replica;
  readonly store: Store;
  readonly dataDir: string;
  readonly log: Logger;
  readonly onEquivocation: () => void;
}

export function startHeaderWatch(options: StartHeaderWatchOptions): HeaderWatch {
  const { urls, genesis, hashes, replica, store, dataDir, log, onEquivocation } = options;
  const curve = createCurve(hashes, (message) => log.warn({}, message));
  return new HeaderWatch({
    urls,
    store,
    domain: createDomain(genesis.chainId, genesis.contract, hashes),
    height: () => replica.height,
    unconfirmed() {
      const { unconfirmed, formed } = replica.ledger.settlements;
      return { first: unconfirmed[0]?.number ?? formed + 1, last: formed };
    },
    recover: (digest, signature) => curve.recover(digest, signature),
    found(equivocation) {
      onEquivocation();
      const folder = join(dataDir, 'evidence');
      const validator = toHex(equivocation.validator);
      const file = join(folder, `equivocation-${validator}.json`);
      const { height } = equivocation.a.header;
      log.error(
        { validator, height, file },
        'a validator signed two headers of one height: upfront accuse FILE',
      );
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, `${JSON.stringify(equivocationToJson(equivocation), undefined, 2)}\n`);
    },
    clock: systemClock,
    log,
  });
}
