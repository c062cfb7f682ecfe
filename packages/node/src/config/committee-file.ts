/**
 * The file of a committee: where each node of it is reached, and with which keys. The same file serves all of them.
 *
 * `{ "nodes": [{ "validator": "0x…", "consensusKey": "0x…", "id": "…", "host": "…", "p2pPort": 26656, "linkPort": 26756 }] }`;
 * of a node that only follows, "validator" is left out. It holds no secret.
 */

import { fromHex, type Genesis, toHex } from '@upfront/core';
import { ConfigError } from './config-error.ts';
import { readJsonFile } from './json-file.ts';

export interface CommitteeNode {
  /** The validator's address; undefined: it follows. */
  readonly validator: Uint8Array | undefined;
  /** ed25519, 32 bytes. */
  readonly consensusKey: Uint8Array;
  /** CometBFT's name of the node: hex of 20 bytes. */
  readonly id: string;
  readonly host: string;
  readonly p2pPort: number;
  readonly linkPort: number;
}

/** Throws ConfigError and names what is wrong. */
export function readCommitteeFile(path: string): CommitteeNode[] {
  const json = readJsonFile('committee', path, '`upfront init --validators` writes one');
  const nodes = (json as { nodes?: unknown } | null)?.nodes;
  if (!Array.isArray(nodes) || nodes.length === 0)
    throw new ConfigError('committee', `${path} lists no "nodes"`);
  return nodes.map((node: unknown, i) => nodeFromJson(node, `${path}, node ${i}`));
}

/** The consensus keys that the chain began with. Whoever came in later is only reached by its entry: its key is in its bond. */
export function genesisKeysOf(
  nodes: readonly CommitteeNode[],
  { validators }: Pick<Genesis, 'validators'>,
): { validator: Uint8Array; consensusKey: Uint8Array }[] {
  const first = new Set(validators.map(toHex));
  return nodes.flatMap(({ validator, consensusKey }) =>
    validator !== undefined && first.has(toHex(validator)) ? [{ validator, consensusKey }] : [],
  );
}

export function committeeToJson(nodes: readonly CommitteeNode[]): object {
  return {
    nodes: nodes.map(({ validator, consensusKey, ...rest }) => ({
      ...(validator && { validator: toHex(validator) }),
      consensusKey: toHex(consensusKey),
      ...rest,
    })),
  };
}

function nodeFromJson(json: unknown, from: string): CommitteeNode {
  const { validator, consensusKey, id, host, p2pPort, linkPort } = (json ?? {}) as Record<string, unknown>;
  const fail = (name: string): never => {
    throw new ConfigError('committee', `${from}: "${name}" is missing or wrong`);
  };
  const bytes = (value: unknown, size: number, name: string): Uint8Array => {
    const read = typeof value === 'string' ? fromHex(value) : undefined;
    return read?.length === size ? read : fail(name);
  };
  const port = (value: unknown, name: string): number =>
    Number.isInteger(value) && (value as number) > 0 && (value as number) < 65_536
      ? (value as number)
      : fail(name);
  return {
    validator: validator === undefined ? undefined : bytes(validator, 20, 'validator'),
    consensusKey: bytes(consensusKey, 32, 'consensusKey'),
    id: typeof id === 'string' && /^[0-9a-f]{40}$/.test(id) ? id : fail('id'),
    // Both stand in CometBFT's configuration, which has its own syntax.
    host: typeof host === 'string' && /^[\w.:-]{1,255}$/.test(host) ? host : fail('host'),
    p2pPort: port(p2pPort, 'p2pPort'),
    linkPort: port(linkPort, 'linkPort'),
  };
}
