/**
 * The node's two connections to the first layer, the watcher and the relayer, and what the API says of them.
 *
 * DESIGN: at the start a node whose own chain lacks a settlement that L1 has is refused: its data are not whole, and
 * whatever it ordered would contradict what it signed before. The same is looked at with every observation.
 */
import { join } from 'node:path';
import { upfrontAbi } from '@upfront/contracts';
import { type Genesis, type Ledger, toHex } from '@upfront/core';
import {
  type Address,
  BaseError,
  type Client,
  createClient,
  erc20Abi,
  type Hex,
  http,
  zeroAddress,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { getTransactionReceipt, readContract } from 'viem/actions';
import type { ContractFacts, L1Status, SettlementOnL1 } from './api/http/sources.ts';
import type { Config } from './config/settings.ts';
import type { L1Observation } from './engine/engine.ts';
import { createCursorFile } from './l1/cursor-file.ts';
import { systemClock } from './l1/loop.ts';
import { RelayTurns, rankOf } from './l1/relay-turns.ts';
import { createRelayer, type Relayer } from './l1/relayer.ts';
import { createWatcher, type L1Cursor, type Watcher } from './l1/watcher.ts';
import type { Logger } from './log.ts';
import type { FinalBlock, Replica } from './replica.ts';
import type { StoreReader } from './store/store.ts';

export interface FirstLayerOptions {
  readonly config: Pick<Config, 'l1Url' | 'l1Tag' | 'l1PollMs' | 'l1FromBlock' | 'relay' | 'dataDir'>;
  readonly genesis: Genesis;
  readonly replica: Pick<Replica, 'ledger'>;
  readonly store: Pick<StoreReader, 'settlement' | 'header' | 'validatorsAt'>;
  /** Pays for settlements; undefined: others relay. */
  readonly relayerKey: Uint8Array | undefined;
  readonly log: Logger;
  readonly onObservation: (observation: L1Observation) => void;
  readonly onRelayed: (outcome: 'sent' | 'confirmed') => void;
  /** Others make the blocks as well: a chain that lacks what L1 has settled is about to catch up. */
  readonly isReplicated: boolean;
  /** Our own chain lacks what L1 has settled. */
  readonly fatal: (error: Error) => void;
}

export interface FirstLayer extends L1Status {
  /** Why the node cannot serve; empty: it can. */
  faults(): string[];
  /** A block is final. */
  onBlock(block: Pick<FinalBlock, 'formed'>): void;
  close(): Promise<void>;
}

/** ms until a request to the RPC is given up. */
const RPC_TIMEOUT_MS = 15_000;
/** Looks at L1 that one validator's turn to relay lasts: 16 s by default, a block of Ethereum and some. */
const TURN_POLLS = 4;
/** Characters of a token's symbol. */
const SYMBOL_MOST = 32;
/** Receipts of settlements that are kept; about 100 KB. */
const SETTLEMENTS_KEPT = 512;
/** What the watcher says when nothing can be taken from L1 until somebody looks. */
const HOPELESS: readonly string[] = ['misconfigured', 'l1-reorganised'];

/** The chain on L1 goes further than ours. */
export class ChainBehindError extends Error {
  override readonly name = 'ChainBehindError';

  constructor(settled: number, formed: number) {
    super(
      `L1 has taken settlement ${settled}, and this node's chain has formed only ${formed}: ` +
        'its data directory is not whole, or belongs to another deployment',
    );
  }
}

/** Without an `l1Url`: nothing is watched, and nothing relayed. */
export async function connectFirstLayer(options: FirstLayerOptions): Promise<FirstLayer | undefined> {
  const { config, genesis, replica } = options;
  if (config.l1Url === undefined) return undefined;
  const client = createClient({ transport: http(config.l1Url, { timeout: RPC_TIMEOUT_MS, retryCount: 0 }) });
  const contract = toHex(genesis.contract);
  if (!options.isReplicated) await assertChainNotBehind(client, contract, options);

  let facts: ContractFacts | undefined;
  const learnFacts = async (): Promise<void> => {
    facts ??= await readFacts(client, contract).catch(() => undefined);
  };
  await learnFacts();
  const file = createCursorFile(
    join(config.dataDir, 'l1-cursor.json'),
    { chainId: genesis.chainId, contract },
    options.log,
    systemClock,
  );
  const watcher = watch(client, options, file.load(), learnFacts);
  const relayer = relay(client, options);
  return {
    status: () => watcher.state().status,
    facts: () => facts,
    settlement: settlementsOn(client, watcher),
    faults() {
      const { status, reason, closed } = watcher.state();
      const faults = HOPELESS.includes(status) ? [`L1 ${status}: ${reason}`] : [];
      if (closed) faults.push('the contract has closed: everybody claims the settled balance');
      return faults;
    },
    onBlock({ formed }) {
      watcher.imported(replica.ledger.imported);
      file.offer(watcher.cursor(), replica.ledger.imported);
      if (formed !== undefined) relayer?.wake();
    },
    async close() {
      await relayer?.close();
      await watcher.close();
      file.save(watcher.cursor(), replica.ledger.imported);
    },
  };
}

function watch(
  client: Client,
  options: FirstLayerOptions,
  cursor: L1Cursor | undefined,
  learnFacts: () => Promise<void>,
): Watcher {
  const { config, genesis, replica, log, onObservation, fatal } = options;
  const { ledger } = replica;
  return createWatcher({
    client,
    contract: toHex(genesis.contract),
    chainId: genesis.chainId,
    tag: config.l1Tag,
    fromBlock: config.l1FromBlock,
    ...(cursor === undefined ? {} : { cursor }),
    pollMs: config.l1PollMs,
    imported: { items: ledger.imported, head: importedHead(ledger), time: ledger.l1Time },
    onObservation: (observation) => {
      void learnFacts();
      const { formed } = ledger.settlements;
      if (observation.settled > formed && !options.isReplicated)
        fatal(new ChainBehindError(observation.settled, formed));
      else onObservation(observation);
    },
    onState: ({ status, reason }) => log.debug({ status, reason }, 'the watcher'),
    log,
  });
}

function relay(client: Client, options: FirstLayerOptions): Relayer | undefined {
  const { config, genesis, relayerKey, store, log, onRelayed } = options;
  if (!config.relay || relayerKey === undefined) return undefined;
  const seen = { sent: 0, settled: -1 };
  const account = privateKeyToAccount(toHex(relayerKey));
  const turns = new RelayTurns({ now: () => performance.now(), turnMs: TURN_POLLS * config.l1PollMs });
  const isDue = (number: number, validators: readonly Uint8Array[]): boolean => {
    const own = validators.findIndex((one) => toHex(one) === account.address.toLowerCase());
    return turns.isDue(number, rankOf(number, own, validators.length));
  };
  return createRelayer({
    client,
    account,
    contract: toHex(genesis.contract),
    chainId: genesis.chainId,
    pollMs: config.l1PollMs,
    next: (number) => {
      const settlement = store.settlement(number);
      const header = settlement && store.header(settlement.height);
      // A committee's signatures come with later blocks.
      if (settlement === undefined || header === undefined) return undefined;
      const validators = store.validatorsAt(settlement.height);
      if (3 * header.signatures.length <= 2 * validators.length) return undefined;
      return !options.isReplicated || isDue(number, validators)
        ? { formed: settlement.formed, ...header }
        : undefined;
    },
    onState: ({ status, reason, sent, settled }) => {
      log.debug({ status, reason }, 'the relayer');
      for (; seen.sent < sent; seen.sent++) onRelayed('sent');
      if (seen.settled < 0) seen.settled = settled;
      for (; seen.settled < settled; seen.settled++) onRelayed('confirmed');
    },
    log,
  });
}

/** Throws ChainBehindError. An L1 that does not answer is looked at again by every observation. */
async function assertChainNotBehind(
  client: Client,
  address: Address,
  options: FirstLayerOptions,
): Promise<void> {
  const { formed } = options.replica.ledger.settlements;
  let settled: bigint;
  try {
    settled = await readContract(client, { address, abi: upfrontAbi, functionName: 'number' });
  } catch (error) {
    // The whole message of viem's has the URL in it, and that may have a key.
    const reason = error instanceof BaseError ? error.shortMessage : 'no answer';
    options.log.warn({ reason }, 'L1 does not answer: the chain is compared with it later');
    return;
  }
  if (Number(settled) > formed) throw new ChainBehindError(Number(settled), formed);
}

async function readFacts(client: Client, address: Address): Promise<ContractFacts> {
  const contract = { address, abi: upfrontAbi } as const;
  const [asset, unit] = await Promise.all([
    readContract(client, { ...contract, functionName: 'asset' }),
    readContract(client, { ...contract, functionName: 'unit' }),
  ]);
  return { asset: asset.toLowerCase() as Hex, unit, ...(await readAsset(client, asset)) };
}

/** A token need not say what it is called; then amounts are shown in units. */
async function readAsset(
  client: Client,
  asset: Address,
): Promise<Pick<ContractFacts, 'symbol' | 'decimals'>> {
  if (asset === zeroAddress) return { symbol: 'ETH', decimals: 18 };
  const token = { address: asset, abi: erc20Abi } as const;
  const [symbol, decimals] = await Promise.all([
    readContract(client, { ...token, functionName: 'symbol' }).catch(() => undefined),
    readContract(client, { ...token, functionName: 'decimals' }).catch(() => undefined),
  ]);
  return { symbol: symbol?.slice(0, SYMBOL_MOST), decimals };
}

/** How numbers were settled. What is final never changes, so the newest looked at are kept. */
function settlementsOn(client: Client, watcher: Watcher): L1Status['settlement'] {
  const known = new Map<number, SettlementOnL1>();
  return async (number) => {
    const kept = known.get(number);
    if (kept !== undefined) return kept;
    // L1 that does not answer is no reason not to show the settlement.
    const event = await watcher.settlement(number).catch(() => undefined);
    if (event === undefined) return undefined;
    const { transaction, block } = event;
    const receipt = await getTransactionReceipt(client, { hash: transaction }).catch(() => undefined);
    const found = { transaction, block, gasUsed: receipt?.gasUsed, gasPrice: receipt?.effectiveGasPrice };
    if (receipt !== undefined) {
      known.set(number, found);
      if (known.size > SETTLEMENTS_KEPT) known.delete(known.keys().next().value!);
    }
    return found;
  };
}

/** The head of the chain of items at the last imported one. */
function importedHead(ledger: Ledger): Uint8Array {
  return ledger.heads.at(-1) ?? new Uint8Array(32);
}
