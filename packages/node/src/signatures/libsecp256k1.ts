/**
 * The machine's own libsecp256k1 (Debian: libsecp256k1-1, -2), called through koffi: releases since 0.2
 * recover 1.3 to 1.5 times as fast as the one of 2019 that the npm package brings.
 *
 * The functions, and the sizes of what they fill in, are those of the library's public headers, alike in all
 * releases. Invariant: what the library writes to was made here, of full size; what it reads, curve.ts measured.
 */
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import type { Primitives } from './curve.ts';

/** Newest first: releases 0.8, 0.7, 0.6, 0.3 to 0.5, 0.2. */
const NAMES = [7, 6, 5, 2, 1].map((version) => `libsecp256k1.so.${version}`);

const NONE = 1;
const UNCOMPRESSED = 2;
const SIZE = { publicKey: 64, signature: 65, uncompressed: 65 } as const;

const PROTOTYPES = {
  create: 'void *secp256k1_context_create(unsigned int flags)',
  randomize: 'int secp256k1_context_randomize(void *ctx, const void *seed32)',
  isPrivate: 'int secp256k1_ec_seckey_verify(const void *ctx, const void *key)',
  publicKey: 'int secp256k1_ec_pubkey_create(const void *ctx, void *publicKey, const void *key)',
  serializeKey:
    'int secp256k1_ec_pubkey_serialize(const void *ctx, void *output, void *length, const void *publicKey, unsigned int flags)',
  parse:
    'int secp256k1_ecdsa_recoverable_signature_parse_compact(const void *ctx, void *signature, const void *input64, int recovery)',
  serialize:
    'int secp256k1_ecdsa_recoverable_signature_serialize_compact(const void *ctx, void *output64, void *recovery, const void *signature)',
  recover:
    'int secp256k1_ecdsa_recover(const void *ctx, void *publicKey, const void *signature, const void *digest)',
  sign: 'int secp256k1_ecdsa_sign_recoverable(const void *ctx, void *signature, const void *digest, const void *key, const void *nonceFunction, const void *data)',
} as const;
type Functions = Record<keyof typeof PROTOTYPES, (...values: unknown[]) => unknown>;

/** Undefined if koffi or the library is not there, or lacks a function. */
export function loadSystem(names: readonly string[] = NAMES): Primitives | undefined {
  for (const name of names) {
    const functions = open(name);
    if (functions !== undefined) return bind(functions);
  }
  return undefined;
}

function open(name: string): Functions | undefined {
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    const library = koffi.load(name);
    const entries = Object.entries(PROTOTYPES).map(([key, prototype]) => [key, library.func(prototype)]);
    return Object.fromEntries(entries) as Functions;
  } catch {
    return undefined;
  }
}

function bind(functions: Functions): Primitives {
  const context = functions.create(NONE);
  // Blinds the signer's arithmetic against who measures it; changes no signature.
  if (functions.randomize(context, randomBytes(32)) !== 1) throw new Error('the context takes no seed');
  const publicKey = new Uint8Array(SIZE.publicKey);
  const signature = new Uint8Array(SIZE.signature);
  const length = new BigUint64Array(1);
  const recoveryId = new Int32Array(1);
  const output = new Uint8Array(SIZE.uncompressed);
  const serialized = (): Uint8Array => {
    length[0] = BigInt(output.length);
    functions.serializeKey(context, output, length, publicKey, UNCOMPRESSED);
    return output;
  };
  return {
    isPrivate: (key) => functions.isPrivate(context, key) === 1,
    publicKey(key) {
      if (functions.publicKey(context, publicKey, key) !== 1) throw new RangeError('not a private key');
      return serialized();
    },
    recover(compact, recovery, digest) {
      if (functions.parse(context, signature, compact, recovery) !== 1) return undefined;
      return functions.recover(context, publicKey, signature, digest) === 1 ? serialized() : undefined;
    },
    sign(digest, key) {
      const compact = new Uint8Array(64);
      if (functions.sign(context, signature, digest, key, null, null) !== 1) {
        throw new RangeError('not a private key');
      }
      functions.serialize(context, compact, recoveryId, signature);
      return { signature: compact, recovery: recoveryId[0]! };
    },
  };
}
