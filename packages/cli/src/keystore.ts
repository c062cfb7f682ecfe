/**
 * A private key in a file, encrypted under a password: the Ethereum keystore of version 3.
 *
 * Written with scrypt and aes-128-ctr; read with scrypt or pbkdf2. Invariant: a key that comes out has the address
 * that the file names, or opening it throws.
 */
import { pbkdf2, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import * as Keystore from 'ox/Keystore';
import type { Hex } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import { CliError } from './errors.ts';

export interface StoredKey extends Keystore.Keystore {
  /** 40 hex digits without 0x, as other tools write it. */
  readonly address: string;
}

type ScryptParams = Keystore.ScryptDeriveOpts['kdfparams'];
type Pbkdf2Params = Keystore.Pbkdf2DeriveOpts['kdfparams'];

/** N of scrypt. `standard` takes about half a second and 256 MiB; `light` is for networks where nothing is at stake. */
export const keyCosts = { standard: 2 ** 18, light: 2 ** 12 } as const;
export type KeyCost = keyof typeof keyCosts;

const BLOCK = 8;
/** Bytes: what scrypt may take, by the file's own parameters; they come from outside. */
const SCRYPT_MEMORY_MOST = 1024 ** 3;
const PBKDF2_ROUNDS_MOST = 10_000_000;
const KEY_BYTES = 32;

const scryptAsync = promisify<string, Uint8Array, number, object, Buffer>(scrypt);
const pbkdf2Async = promisify(pbkdf2);

export async function encryptKey(privateKey: Hex, password: string, cost: KeyCost): Promise<StoredKey> {
  const salt = randomBytes(32);
  const kdfparams = { dklen: KEY_BYTES, n: keyCosts[cost], p: 1, r: BLOCK, salt: salt.toString('hex') };
  const derived = await deriveScrypt(password, kdfparams);
  const options = { kdf: 'scrypt', kdfparams, iv: Uint8Array.from(randomBytes(16)) } as const;
  const stored = Keystore.encrypt(privateKey, derived, options);
  return { address: privateKeyToAddress(privateKey).slice(2).toLowerCase(), ...stored };
}

/** Throws CliError if the password is wrong or the file is damaged: the two cannot be told apart. */
export async function decryptKey(stored: StoredKey, password: string): Promise<Hex> {
  const { crypto } = stored;
  const derived =
    crypto.kdf === 'scrypt'
      ? await deriveScrypt(password, crypto.kdfparams as ScryptParams)
      : await derivePbkdf2(password, crypto.kdfparams as Pbkdf2Params);
  let key: Hex;
  try {
    key = Keystore.decrypt(stored, derived);
  } catch (cause) {
    throw new CliError(
      'usage',
      'The password does not open this key, or its file is damaged.',
      'Try again; the password may also stand in UPFRONT_PASSWORD or UPFRONT_PASSWORD_FILE. Nobody can open the key without it.',
      { cause },
    );
  }
  if (privateKeyToAddress(key).slice(2).toLowerCase() !== stored.address) {
    throw new CliError('failed', 'The key in this file is not the one of the address that it names.');
  }
  return key;
}

/** The keystore in parsed JSON of any shape, or undefined. */
export function keystoreFromJson(json: unknown): StoredKey | undefined {
  const { version, address, crypto } = fieldsOf(json);
  const { cipher, ciphertext, cipherparams, mac, kdf, kdfparams } = fieldsOf(crypto);
  const { iv } = fieldsOf(cipherparams);
  const isKnown = version === 3 && cipher === 'aes-128-ctr' && isKdf(kdf, fieldsOf(kdfparams));
  if (!isKnown || !isHex(ciphertext, 32) || !isHex(mac, 32) || !isHex(iv, 16)) return undefined;
  const plain = typeof address === 'string' ? address.replace(/^0x/, '').toLowerCase() : '';
  return isHex(plain, 20) ? { ...(json as StoredKey), address: plain } : undefined;
}

function isKdf(kdf: unknown, { dklen, salt, n, r, p, c, prf }: Record<string, unknown>): boolean {
  if (dklen !== KEY_BYTES || typeof salt !== 'string' || !/^([0-9a-f]{2}){1,64}$/i.test(salt)) return false;
  if (kdf === 'pbkdf2') return prf === 'hmac-sha256' && isCount(c) && c <= PBKDF2_ROUNDS_MOST;
  return (
    kdf === 'scrypt' && isCount(n) && isCount(r) && isCount(p) && 128 * n * r <= SCRYPT_MEMORY_MOST && p <= 16
  );
}

async function deriveScrypt(password: string, params: ScryptParams): Promise<Hex> {
  const { n: N, r, p, dklen, salt } = params;
  // OpenSSL keeps to the bound of RFC 7914, N < 2^(16 r); some keystores, and the definition's own example, do not.
  if (N >= 2 ** (16 * r)) {
    const [key] = Keystore.scrypt({ password, n: N, r, p, salt: Buffer.from(salt, 'hex') });
    return typeof key === 'function' ? key() : key;
  }
  // OpenSSL counts a little more than the 128 * N * r bytes of the algorithm.
  const maxmem = 128 * N * r * p + 1024 ** 2;
  const derived = await scryptAsync(password, Buffer.from(salt, 'hex'), dklen, { N, r, p, maxmem });
  return `0x${derived.toString('hex')}`;
}

async function derivePbkdf2(password: string, params: Pbkdf2Params): Promise<Hex> {
  const { c, dklen, salt } = params;
  const derived = await pbkdf2Async(password, Buffer.from(salt, 'hex'), c, dklen, 'sha256');
  return `0x${derived.toString('hex')}`;
}

function fieldsOf(json: unknown): Record<string, unknown> {
  return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
}

function isHex(value: unknown, size: number): boolean {
  return typeof value === 'string' && value.length === 2 * size && /^[0-9a-f]+$/i.test(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
