/**
 * The genesis as JSON: the file that a node starts from, and what GET /v1/genesis answers.
 *
 * docs/protocol.md, section 2. `bytes` is the genesis; all else repeats it for people. Invariant: what is read back
 * has fields, bytes and hash that agree, or reading it throws.
 */

import {
  decodeGenesis,
  encodeGenesis,
  fromHex,
  type Genesis,
  genesisHash,
  type Hashes,
  nobleHashes,
  toHex,
} from '@upfront/core';
import { ConfigError } from './config-error.ts';
import { readJsonFile } from './json-file.ts';

export interface GenesisJson {
  /** sha256 of `bytes`. */
  readonly hash: string;
  readonly chainId: number;
  readonly contract: string;
  readonly time: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly validators: readonly string[];
  readonly bytes: string;
}

/** Throws RangeError if a relation of docs/protocol.md, section 2 fails. */
export function genesisToJson(genesis: Genesis, hashes: Hashes = nobleHashes): GenesisJson {
  return {
    hash: toHex(genesisHash(genesis, hashes)),
    chainId: genesis.chainId,
    contract: toHex(genesis.contract),
    time: String(genesis.time),
    parameters: Object.fromEntries(
      Object.entries(genesis.parameters).map(([name, value]) => [name, String(value)]),
    ),
    validators: genesis.validators.map(toHex),
    bytes: toHex(encodeGenesis(genesis)),
  };
}

/** The genesis in parsed JSON of any shape. Throws ConfigError if it is malformed or does not agree with itself. */
export function genesisFromJson(json: unknown, from = 'the genesis'): Genesis {
  const given = typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  const bytes = typeof given['bytes'] === 'string' ? fromHex(given['bytes']) : undefined;
  const genesis = bytes === undefined ? undefined : decodeGenesis(bytes);
  if (genesis === undefined) throw new ConfigError('genesis', `${from} has no valid genesis in "bytes"`);
  const whole: Record<string, unknown> = { ...genesisToJson(genesis) };
  for (const name of Object.keys(whole)) {
    if (given[name] !== undefined && !isSame(given[name], whole[name])) {
      throw new ConfigError('genesis', `${from}: "${name}" does not agree with "bytes"`);
    }
  }
  return genesis;
}

/** Throws ConfigError. */
export function readGenesisFile(path: string): Genesis {
  const json = readJsonFile('genesis', path, 'name it by --genesis, or make one with `upfront init`');
  return genesisFromJson(json, path);
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

/** Keys in one order, hex in one case. */
function sorted(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('0x') ? value.toLowerCase() : value;
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, entry]) => [name, sorted(entry)]),
  );
}
