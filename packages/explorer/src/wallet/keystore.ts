/**
 * A private key under a password: the Ethereum keystore of version 3, made and opened in the browser.
 *
 * Written with scrypt and aes-128-ctr; read with scrypt or pbkdf2. Invariant: a key that comes out has the address that
 * the keystore names, or opening it throws. It computes for about a second: see keystore-worker.ts.
 */
import * as Keystore from 'ox/Keystore';
import type { Hex } from 'viem';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import { WalletFault } from './fault.ts';

export interface StoredKey extends Keystore.Keystore {
  /** 40 lower-case hex digits without 0x, as other tools write it. */
  readonly address: string;
}

/** N of scrypt: 128 MiB, which a phone has too, and what other wallets in browsers write. */
export const SCRYPT_N = 2 ** 17;
const BLOCK = 8;
const KEY_BYTES = 32;

/** Bytes and rounds that a keystore from outside may ask for. */
const SCRYPT_MEMORY_MOST = 512 * 1024 ** 2;
const PARALLEL_MOST = 16;
const PBKDF2_ROUNDS_MOST = 10_000_000;
/** Characters of a file: a keystore has about 500. */
const TEXT_MOST = 10_000;
export const PASSWORD_LEAST = 8;

/** A new key under this password. */
export function createKey(password: string, n: number = SCRYPT_N): StoredKey {
  return encryptKey(generatePrivateKey(), password, n);
}

export function encryptKey(privateKey: Hex, password: string, n: number = SCRYPT_N): StoredKey {
  const stored = Keystore.encrypt(privateKey, ...Keystore.scrypt({ password, n, r: BLOCK, p: 1 }));
  return { address: privateKeyToAddress(privateKey).slice(2).toLowerCase(), ...stored };
}

/** Throws WalletFault if the password is wrong or the keystore damaged: the two cannot be told apart. */
export function decryptKey(stored: StoredKey, password: string): Hex {
  let key: Hex;
  try {
    key = Keystore.decrypt(stored, Keystore.toKey(stored, { password }));
  } catch {
    throw new WalletFault(
      'The password does not open this account.',
      'Check the keyboard and try again. If you are sure of it, the keystore is damaged: import your backup.',
    );
  }
  if (privateKeyToAddress(key).slice(2).toLowerCase() !== stored.address) {
    throw new WalletFault(
      'The key in this keystore is not the one of the address that it names.',
      'Do not use it: import the backup that you exported.',
    );
  }
  return key;
}

/** The keystore in a file's text. Throws WalletFault if it is none that can be opened here. */
export function parseKeystore(text: string): StoredKey {
  const stored = text.length > TEXT_MOST ? undefined : keystoreFromJson(parsed(text));
  if (stored !== undefined) return stored;
  throw new WalletFault(
    'This is no keystore of version 3 that can be opened here.',
    'Choose the JSON file that this page, the command line or another Ethereum wallet exported.',
  );
}

/** The keystore in parsed JSON of any shape, or undefined. */
export function keystoreFromJson(json: unknown): StoredKey | undefined {
  const { version, address, crypto: box } = fieldsOf(json);
  const { cipher, ciphertext, cipherparams, mac, kdf, kdfparams } = fieldsOf(box);
  const { iv } = fieldsOf(cipherparams);
  const isKnown = version === 3 && cipher === 'aes-128-ctr' && isKdf(kdf, fieldsOf(kdfparams));
  if (!isKnown || !isHex(ciphertext, KEY_BYTES) || !isHex(mac, 32) || !isHex(iv, 16)) return undefined;
  const plain = typeof address === 'string' ? address.replace(/^0x/, '').toLowerCase() : '';
  return isHex(plain, 20) ? { ...(json as StoredKey), address: plain } : undefined;
}

function isKdf(kdf: unknown, { dklen, salt, n, r, p, c, prf }: Record<string, unknown>): boolean {
  if (dklen !== KEY_BYTES || typeof salt !== 'string' || !/^([0-9a-f]{2}){1,64}$/i.test(salt)) return false;
  if (kdf === 'pbkdf2') return prf === 'hmac-sha256' && isCount(c) && c <= PBKDF2_ROUNDS_MOST;
  if (kdf !== 'scrypt' || !isCount(n) || !isCount(r) || !isCount(p)) return false;
  return n >= 2 && Number.isInteger(Math.log2(n)) && 128 * n * r <= SCRYPT_MEMORY_MOST && p <= PARALLEL_MOST;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
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
