/**
 * CometBFT's folder of a node: its configuration, genesis and keys, written by us before it starts.
 *
 * The genesis and the configuration follow from what is said here and are written at each start; keys and signing state
 * are made once and never written again. Invariant: every node of a committee writes the same genesis.
 */

import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Genesis, genesisHash, type Hashes, toHex } from '@upfront/core';
import { cometAddress, type GenesisKey } from './keyring.ts';
import { PROPOSAL_BYTES_MOST } from './proposal.ts';

/** A node that CometBFT connects to. */
export interface CometPeer {
  /** Hex of its node key's address. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
}

export interface CometSettings {
  /** Where other nodes reach its peer-to-peer port. */
  readonly host: string;
  readonly port: number;
  readonly peers: readonly CometPeer[];
  /** Of CometBFT's own RPC on this machine; undefined: none. Others need it for state sync. */
  readonly rpc?: { readonly host: string; readonly port: number };
  /** ms between a decided block and the next proposal. */
  readonly blockMs: number;
  readonly stateSync?: {
    readonly rpcServers: readonly string[];
    readonly trustHeight: number;
    readonly trustHash: string;
  };
}

/** Bytes of votes, evidence and CometBFT's own header in a block beside ours. */
const BLOCK_OVERHEAD = 1 << 20;

/** Bytes of a packet between two CometBFTs, the same on every node: its default of 1024 makes 64 of each part of a block. */
const PACKET_BYTES = 1 << 16;

/** Makes the keys of a node where they are missing; gives its consensus key and its id. */
export function ensureKeys(home: string): { consensusKey: Uint8Array; id: string } {
  mkdirSync(join(home, 'config'), { recursive: true });
  mkdirSync(join(home, 'data'), { recursive: true });
  const consensusPath = join(home, 'config', 'priv_validator_key.json');
  const nodePath = join(home, 'config', 'node_key.json');
  if (!existsSync(consensusPath)) {
    const { seed, publicKey } = freshKey();
    const pair = Buffer.concat([seed, publicKey]).toString('base64');
    const key = {
      address: Buffer.from(cometAddress(publicKey)).toString('hex').toUpperCase(),
      pub_key: { type: 'tendermint/PubKeyEd25519', value: Buffer.from(publicKey).toString('base64') },
      priv_key: { type: 'tendermint/PrivKeyEd25519', value: pair },
    };
    writeSecret(consensusPath, key);
  }
  if (!existsSync(nodePath)) {
    const { seed, publicKey } = freshKey();
    const value = Buffer.concat([seed, publicKey]).toString('base64');
    writeSecret(nodePath, { priv_key: { type: 'tendermint/PrivKeyEd25519', value } });
  }
  const statePath = join(home, 'data', 'priv_validator_state.json');
  if (!existsSync(statePath)) writeSecret(statePath, { height: '0', round: 0, step: 0 });
  const id = Buffer.from(cometAddress(publicKeyIn(nodePath))).toString('hex');
  return { consensusKey: publicKeyIn(consensusPath), id };
}

/** Writes CometBFT's genesis and configuration; `socket` is where our ABCI server listens. */
export function writeConfiguration(
  home: string,
  { genesis, hashes, keys }: { genesis: Genesis; hashes: Hashes; keys: readonly GenesisKey[] },
  settings: CometSettings,
  socket: string,
): void {
  writeFileSync(join(home, 'config', 'genesis.json'), cometGenesis(genesis, hashes, keys));
  writeFileSync(join(home, 'config', 'config.toml'), configuration(settings, socket));
}

export function chainIdOf(genesis: Genesis, hashes: Hashes): string {
  // CometBFT takes 50 characters.
  return `upfront-${toHex(genesisHash(genesis, hashes)).slice(2, 42)}`;
}

function cometGenesis(genesis: Genesis, hashes: Hashes, keys: readonly GenesisKey[]): string {
  const sorted = [...keys].sort((a, b) => (toHex(a.validator) < toHex(b.validator) ? -1 : 1));
  const document = {
    genesis_time: new Date(genesis.time).toISOString(),
    chain_id: chainIdOf(genesis, hashes),
    initial_height: '1',
    consensus_params: {
      block: { max_bytes: String(PROPOSAL_BYTES_MOST + BLOCK_OVERHEAD), max_gas: '-1' },
      evidence: { max_age_num_blocks: '100000', max_age_duration: '172800000000000', max_bytes: '1048576' },
      validator: { pub_key_types: ['ed25519'] },
      version: { app: '1' },
      abci: { vote_extensions_enable_height: '1' },
    },
    validators: sorted.map(({ validator, consensusKey }) => ({
      address: Buffer.from(cometAddress(consensusKey)).toString('hex').toUpperCase(),
      pub_key: { type: 'tendermint/PubKeyEd25519', value: Buffer.from(consensusKey).toString('base64') },
      power: '1',
      name: toHex(validator),
    })),
    app_hash: '',
    app_state: { genesisHash: toHex(genesisHash(genesis, hashes)) },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function configuration(settings: CometSettings, socket: string): string {
  const { host, port, peers, rpc, blockMs, stateSync } = settings;
  const persistent = peers.map((peer) => `${peer.id}@${peer.host}:${peer.port}`).join(',');
  const sync =
    stateSync === undefined
      ? ['enable = false']
      : [
          'enable = true',
          `rpc_servers = "${stateSync.rpcServers.join(',')}"`,
          `trust_height = ${stateSync.trustHeight}`,
          `trust_hash = "${stateSync.trustHash}"`,
          'trust_period = "168h0m0s"',
          'discovery_time = "5s"',
        ];
  return [
    '# Written by the node at each start: changes here are lost.',
    `proxy_app = "unix://${socket}"`,
    'moniker = "upfront"',
    'db_backend = "goleveldb"',
    'log_level = "error"',
    'log_format = "json"',
    '[rpc]',
    `laddr = "${rpc === undefined ? '' : `tcp://${rpc.host}:${rpc.port}`}"`,
    '[p2p]',
    `laddr = "tcp://${host}:${port}"`,
    `persistent_peers = "${persistent}"`,
    'addr_book_strict = false',
    'allow_duplicate_ip = true',
    'pex = false',
    'persistent_peers_max_dial_period = "2s"',
    'send_rate = 104857600',
    'recv_rate = 104857600',
    `max_packet_msg_payload_size = ${PACKET_BYTES}`,
    '[mempool]',
    // v0.40.0 cannot state-sync without one; ours refuses every transaction, and the next start has none.
    `type = "${stateSync === undefined ? 'nop' : 'flood'}"`,
    'broadcast = false',
    '[statesync]',
    ...sync,
    '[consensus]',
    'timeout_propose = "2s"',
    'timeout_propose_delta = "500ms"',
    'timeout_prevote = "500ms"',
    'timeout_prevote_delta = "250ms"',
    'timeout_precommit = "500ms"',
    'timeout_precommit_delta = "250ms"',
    `timeout_commit = "${blockMs}ms"`,
    'skip_timeout_commit = false',
    'create_empty_blocks = true',
    'peer_gossip_sleep_duration = "10ms"',
    '[storage]',
    'discard_abci_responses = false',
    '[tx_index]',
    'indexer = "null"',
    '',
  ].join('\n');
}

function freshKey(): { seed: Uint8Array; publicKey: Uint8Array } {
  const { privateKey } = generateKeyPairSync('ed25519');
  const jwk = privateKey.export({ format: 'jwk' });
  return { seed: Buffer.from(jwk.d!, 'base64url'), publicKey: Buffer.from(jwk.x!, 'base64url') };
}

/** Of a key file of CometBFT: its private key is seed 32 ‖ public key 32. Throws Error if it is damaged. */
function publicKeyIn(path: string): Uint8Array {
  const { priv_key: key } = JSON.parse(readFileSync(path, 'utf8')) as { priv_key: { value: string } };
  const bytes = Buffer.from(key.value, 'base64');
  if (bytes.length !== 64) throw new Error(`${path} holds no ed25519 key`);
  const d = bytes.subarray(0, 32).toString('base64url');
  const x = bytes.subarray(32).toString('base64url');
  const derived = createPublicKey(
    createPrivateKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', d, x } }),
  );
  if (derived.export({ format: 'jwk' }).x !== x)
    throw new Error(`${path}: the two halves do not go together`);
  return new Uint8Array(bytes.subarray(32));
}

function writeSecret(path: string, value: object): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
}
