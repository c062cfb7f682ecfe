/**
 * Which consensus key (ed25519) is which validator's: those of the genesis stand in CometBFT's genesis file, a
 * newcomer's in its bond (docs/protocol.md, 6.3). CometBFT names a validator by the first 20 bytes of its key's sha256.
 */

import { hash } from 'node:crypto';
import { compareBytes, type Ledger, toHex } from '@upfront/core';

export interface GenesisKey {
  /** The validator's Ethereum address. */
  readonly validator: Uint8Array;
  /** ed25519, 32 bytes. */
  readonly consensusKey: Uint8Array;
}

/** How CometBFT calls the holder of a consensus key. */
export function cometAddress(consensusKey: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', consensusKey, 'buffer').subarray(0, 20));
}

export class Keyring {
  readonly #genesis: ReadonlyMap<string, GenesisKey>;
  readonly #ledger: Ledger;

  /** Throws Error if the keys are not of exactly the genesis's validators. */
  constructor(ledger: Ledger, keys: readonly GenesisKey[]) {
    this.#ledger = ledger;
    this.#genesis = new Map(keys.map((key) => [toHex(key.validator), key]));
    const { validators } = ledger.genesis;
    const isWhole = validators.every((validator) => this.#genesis.has(toHex(validator)));
    if (!isWhole || this.#genesis.size !== validators.length || keys.length !== validators.length) {
      throw new Error("the consensus keys are not those of the genesis's validators");
    }
  }

  /** Undefined: it came in without one, and takes no part in consensus. */
  keyOf(validator: Uint8Array): Uint8Array | undefined {
    const name = toHex(validator);
    const key = this.#genesis.get(name)?.consensusKey ?? this.#ledger.members.get(name)?.consensusKey;
    return key?.some((byte) => byte !== 0) ? key : undefined;
  }

  /** The validator that CometBFT calls so; undefined: nobody who is or was one, as far as the state knows. */
  validatorOf(address: Uint8Array): Uint8Array | undefined {
    for (const { validator, consensusKey } of this.#genesis.values()) {
      if (compareBytes(cometAddress(consensusKey), address) === 0) return validator;
    }
    for (const { account, consensusKey } of this.#ledger.members.values()) {
      if (this.#genesis.has(toHex(account))) continue;
      if (compareBytes(cometAddress(consensusKey), address) === 0) return account;
    }
    return undefined;
  }
}
