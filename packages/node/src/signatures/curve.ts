/**
 * secp256k1 with 64-byte compact signatures: r, vs (EIP-2098), as docs/protocol.md, 4, says them.
 *
 * PERF, one core, recoveries: the system's library 29k/s (0.2) to 33k/s (0.8), the npm package 22k/s,
 * WebAssembly 5k/s. Verifying with a known key would save a sixth, but cannot see the parity bit of vs: with
 * that bit flipped it verifies and does not recover to its signer, so L1 would refuse the settlement.
 */
import { createRequire } from 'node:module';
import type { Hashes } from '@upfront/core';
import { loadSystem } from './libsecp256k1.ts';

export const SIGNATURE_SIZE = 64;

/** The system's libsecp256k1, the one of the npm package secp256k1, tiny-secp256k1. */
export type CurveKind = 'system' | 'native' | 'wasm';

export interface Curve {
  readonly kind: CurveKind;
  /**
   * The address that signed, or undefined if these are no valid signature. `address` is valid until the next
   * call.
   */
  recover(digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined;
  /** r, vs with s in the lower half; deterministic (RFC 6979). */
  sign(digest: Uint8Array, privateKey: Uint8Array): Uint8Array;
  /** Throws RangeError if this is no private key. */
  addressOf(privateKey: Uint8Array): Uint8Array;
}

/** What the libraries have in common. */
export interface Primitives {
  isPrivate(key: Uint8Array): boolean;
  /** 65 bytes, uncompressed. */
  publicKey(key: Uint8Array): Uint8Array;
  /** 65 bytes, uncompressed; undefined or a throw if there is none. */
  recover(signature: Uint8Array, recovery: number, digest: Uint8Array): Uint8Array | undefined;
  sign(digest: Uint8Array, key: Uint8Array): { signature: Uint8Array; recovery: number };
}

/** n / 2, rounded down: the largest s. */
const HALF_ORDER = Uint8Array.from(
  Buffer.from('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0', 'hex'),
);
const require = createRequire(import.meta.url);

/** The fastest that works here; `warn` is told of what should and does not. Throws if none works. */
export function createCurve(hashes: Hashes, warn: (message: string) => void): Curve {
  try {
    const system = buildCurve('system', hashes);
    if (system !== undefined) return system;
  } catch (error) {
    warn(`the system's libsecp256k1 does not work (${String(error)}); the one of npm is tried`);
  }
  try {
    return buildCurve('native', hashes)!;
  } catch (error) {
    warn(`native secp256k1 does not load (${String(error)}); signatures are checked by WebAssembly, slower`);
  }
  return buildCurve('wasm', hashes)!;
}

/** A curve of this kind; undefined if the system has no library. Throws if it has and it does not work here. */
export function buildCurve(kind: CurveKind, hashes: Hashes): Curve | undefined {
  const primitives = { system: loadSystem, native: loadNative, wasm: loadWasm }[kind]();
  if (primitives === undefined) return undefined;
  const curve = build(kind, primitives, hashes);
  probe(curve);
  return curve;
}

function build(kind: Curve['kind'], primitives: Primitives, { keccak256 }: Hashes): Curve {
  const plain = new Uint8Array(SIGNATURE_SIZE);
  const toAddress = (publicKey: Uint8Array): Uint8Array => keccak256(publicKey.subarray(1)).subarray(12);
  return {
    kind,
    recover(digest, signature) {
      plain.set(signature);
      const recovery = plain[32]! >> 7;
      plain[32] = plain[32]! & 0x7f;
      if (isAboveHalf(plain)) return undefined;
      try {
        const publicKey = primitives.recover(plain, recovery, digest);
        return publicKey && toAddress(publicKey);
      } catch {
        // The library throws for r or s out of range and for points that do not exist: not a signature.
        return undefined;
      }
    },
    sign(digest, privateKey) {
      const { signature, recovery } = primitives.sign(digest, privateKey);
      const compact = Uint8Array.from(signature);
      compact[32] = compact[32]! | ((recovery & 1) << 7);
      return compact;
    },
    addressOf(privateKey) {
      if (privateKey.length !== 32 || !primitives.isPrivate(privateKey)) {
        throw new RangeError('not a private key of secp256k1');
      }
      return toAddress(primitives.publicKey(privateKey)).slice();
    },
  };
}

function isAboveHalf(signature: Uint8Array): boolean {
  for (let i = 0; i < 32; i++) {
    const difference = signature[32 + i]! - HALF_ORDER[i]!;
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/** The package's own entry falls back to a pure script version in silence; its bindings do not. */
function loadNative(): Primitives {
  const native = require('secp256k1/bindings.js') as typeof import('secp256k1');
  const output = new Uint8Array(65);
  return {
    isPrivate: (key) => native.privateKeyVerify(key),
    publicKey: (key) => native.publicKeyCreate(key, false),
    recover: (signature, recovery, digest) => native.ecdsaRecover(signature, recovery, digest, false, output),
    sign(digest, key) {
      const { signature, recid } = native.ecdsaSign(digest, key);
      return { signature, recovery: recid };
    },
  };
}

function loadWasm(): Primitives {
  const wasm = require('tiny-secp256k1') as typeof import('tiny-secp256k1');
  return {
    isPrivate: (key) => wasm.isPrivate(key),
    publicKey: (key) => wasm.pointFromScalar(key, false)!,
    recover: (signature, recovery, digest) =>
      wasm.recover(digest, signature, recovery as 0 | 1, false) ?? undefined,
    sign(digest, key) {
      const { signature, recoveryId } = wasm.signRecoverable(digest, key);
      return { signature, recovery: recoveryId };
    },
  };
}

/** One known pair: the key 1 signs, its address comes back, and a flipped parity gives another. */
function probe(curve: Curve): void {
  const key = new Uint8Array(32);
  key[31] = 1;
  const digest = new Uint8Array(32).fill(7);
  const signature = curve.sign(digest, key);
  const signer = curve.recover(digest, signature);
  const known = '7e5f4552091a69125d5dfcb7b8c2659029395bdf';
  if (signer === undefined || Buffer.from(signer).toString('hex') !== known) {
    throw new Error('it does not recover a known signer');
  }
}
