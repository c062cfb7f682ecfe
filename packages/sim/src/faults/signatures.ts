/**
 * Signatures for simulations: a fake that costs nothing and has the interface of the real curve. A key ends in its
 * address, and a signature names its signer; nobody in a simulation signs for somebody else.
 */
import {
  type Curve,
  createChecker,
  type Signer as NodeSigner,
  RECORD_SIZE,
  type Verifier,
} from '@upfront/node/parts';
import type { Platform } from './platform.ts';

/** Recovers what `sign` made of this digest, and nothing else. */
export const fakeCurve: Curve = {
  kind: 'native',
  recover(digest, signature) {
    for (let i = 32; i < 44; i++) if (signature[i] !== 0) return undefined;
    const address = signature.slice(44, 64);
    for (let i = 0; i < 32; i++) if (signature[i] !== (digest[i]! ^ address[i % 20]!)) return undefined;
    return address;
  },
  sign(digest, key) {
    const signature = new Uint8Array(64);
    signature.set(key.subarray(12), 44);
    for (let i = 0; i < 32; i++) signature[i] = digest[i]! ^ signature[44 + (i % 20)]!;
    return signature;
  },
  addressOf: (key) => key.slice(12),
};

/** A key whose address begins with a letter for its kind and ends with a number. */
export function fakeKey(letter: number, number: number): Uint8Array {
  const key = new Uint8Array(32);
  key[12] = letter;
  key[31] = number;
  key[30] = number >> 8;
  return key;
}

export function signerOf(curve: Curve, key: Uint8Array): NodeSigner {
  return { address: curve.addressOf(key), sign: (digest) => curve.sign(digest, key) };
}

/** Checks a batch, a little later. */
export function createSimVerifier(curve: Curve, platform: Platform, delay: () => number): Verifier {
  const check = createChecker(curve);
  return {
    workers: 0,
    curve,
    checked: 0,
    waiting: 0,
    async check(records) {
      const verdicts = new Uint8Array(records.length / RECORD_SIZE);
      for (let i = 0; i < verdicts.length; i++) verdicts[i] = check(records, i * RECORD_SIZE) ? 1 : 0;
      await platform.sleep(delay());
      return verdicts;
    },
    async close() {},
  };
}
