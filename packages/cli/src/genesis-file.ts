/**
 * The genesis file that users get from their operator: the node's genesis JSON, and what people need beside it.
 *
 * `asset` says how amounts are written and `l1FromBlock` where the contract's events begin; neither is part of the
 * genesis hash. Invariant: what is read has the hash that it names.
 */
import { existsSync } from 'node:fs';
import { decodeGenesis, fromHex, type Genesis, genesisHash, nobleHashes, toHex } from '@upfront/core';
import { type Address, getAddress, type Hex, isAddress, zeroAddress } from 'viem';
import { usageError } from './errors.ts';
import { readJson } from './files.ts';

/** How amounts of the network's asset are written. */
export interface Asset {
  /** The ERC-20, or the zero address for ETH. */
  readonly address: Address;
  readonly symbol: string;
  readonly decimals: number;
  /** Base units in one unit of the network: a power of ten. */
  readonly unit: bigint;
}

export interface Network {
  readonly genesis: Genesis;
  readonly hash: Hex;
  readonly contract: Address;
  readonly asset: Asset;
  /** L1 block of the deployment. */
  readonly l1FromBlock: number;
}

/** gwei, as Ethereum's beacon chain counts. */
export const ETHER: Asset = { address: zeroAddress, symbol: 'ETH', decimals: 18, unit: 10n ** 9n };

/** Throws CliError if there is no such file, or what is in it is none. */
export function readNetwork(path: string | undefined): Network {
  if (path === undefined) {
    throw usageError(
      'Which network is meant is not known.',
      'Name its genesis file by --genesis FILE or UPFRONT_GENESIS. `upfront init` and `upfront devnet` write one; of an existing network its operator gives it.',
    );
  }
  if (!existsSync(path))
    throw usageError(`There is no genesis file ${path}.`, 'Name another one by --genesis FILE.');
  return networkFromJson(readJson(path), path);
}

/** Throws CliError. What else the file says of the genesis is for people: `bytes` is the genesis. */
export function networkFromJson(json: unknown, from: string): Network {
  const fields = (json ?? {}) as Record<string, unknown>;
  const bytes = typeof fields['bytes'] === 'string' ? fromHex(fields['bytes']) : undefined;
  const genesis = bytes === undefined ? undefined : decodeGenesis(bytes);
  if (genesis === undefined) {
    throw usageError(
      `${from} has no genesis of upfront/1 in "bytes".`,
      'Name the file that the operator gives.',
    );
  }
  const hash = toHex(genesisHash(genesis, nobleHashes));
  if (fields['hash'] !== undefined && fields['hash'] !== hash) {
    throw usageError(`${from}: "hash" is not the hash of "bytes".`, 'Get the file again.');
  }
  const { l1FromBlock = 0 } = fields;
  if (!Number.isSafeInteger(l1FromBlock) || (l1FromBlock as number) < 0) {
    throw usageError(`${from}: "l1FromBlock" is no block number.`);
  }
  return {
    genesis,
    hash,
    contract: getAddress(toHex(genesis.contract)),
    asset: assetFromJson(fields['asset'], from),
    l1FromBlock: l1FromBlock as number,
  };
}

function assetFromJson(json: unknown, from: string): Asset {
  const { address, symbol, decimals, unit } = (json ?? {}) as Record<string, unknown>;
  const isWhole =
    typeof address === 'string' &&
    isAddress(address, { strict: false }) &&
    typeof symbol === 'string' &&
    /^[\w.$-]{1,16}$/.test(symbol) &&
    Number.isInteger(decimals) &&
    (decimals as number) >= 0 &&
    (decimals as number) <= 255 &&
    typeof unit === 'string' &&
    /^10*$/.test(unit);
  if (!isWhole) {
    throw usageError(
      `${from} does not say how amounts are written.`,
      'It needs "asset": { "address": "0x…", "symbol": "ETH", "decimals": 18, "unit": "1000000000" }, as `upfront init` writes it.',
    );
  }
  return { address: getAddress(address), symbol, decimals: decimals as number, unit: BigInt(unit) };
}
