/** Keys in files: the keystores of other programs open here, ours have the same form, and damage is told from nothing. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as Keystore from 'ox/Keystore';
import { CliError } from './errors.ts';
import { decryptKey, encryptKey, keystoreFromJson } from './keystore.ts';

/** The two vectors of the Web3 Secret Storage Definition. */
const KEY = '0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d';
const ADDRESS = '008aeeda4d805471df9b2a5b0f38a0c3bcba786b';
const PBKDF2 = {
  address: ADDRESS,
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
    ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
    kdf: 'pbkdf2',
    kdfparams: {
      c: 262144,
      dklen: 32,
      prf: 'hmac-sha256',
      salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
    },
    mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
};
const SCRYPT = {
  ...PBKDF2,
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
    ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
    kdf: 'scrypt',
    kdfparams: {
      dklen: 32,
      n: 262144,
      r: 1,
      p: 8,
      salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
    },
    mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
  },
};

it('opens the vectors of the definition', async () => {
  for (const vector of [PBKDF2, SCRYPT]) {
    const stored = keystoreFromJson(vector);
    assert.ok(stored);
    assert.equal(await decryptKey(stored, 'testpassword'), KEY);
  }
});

it('writes what it reads, and what others read', async () => {
  const stored = await encryptKey(KEY, 'päss word', 'light');
  assert.equal(stored.address, ADDRESS);
  assert.equal(JSON.stringify(stored).includes(KEY.slice(2)), false);
  const read = keystoreFromJson(JSON.parse(JSON.stringify(stored)));
  assert.ok(read);
  assert.equal(await decryptKey(read, 'päss word'), KEY);
  assert.equal(Keystore.decrypt(read, Keystore.toKey(read, { password: 'päss word' })), KEY);
});

it('does not open with another password, or if the file names another address', async () => {
  const stored = await encryptKey(KEY, 'right', 'light');
  await assert.rejects(
    decryptKey(stored, 'wrong'),
    (error) => error instanceof CliError && error.kind === 'usage',
  );
  await assert.rejects(decryptKey({ ...stored, address: '11'.repeat(20) }, 'right'), CliError);
});

it('refuses what is no keystore, or would take all memory to open', () => {
  const { crypto } = SCRYPT;
  const broken = [
    undefined,
    [],
    {},
    { ...SCRYPT, version: 1 },
    { ...SCRYPT, address: 'abc' },
    { ...SCRYPT, crypto: { ...crypto, cipher: 'aes-256-gcm' } },
    { ...SCRYPT, crypto: { ...crypto, mac: '' } },
    { ...SCRYPT, crypto: { ...crypto, kdf: 'argon2' } },
    { ...SCRYPT, crypto: { ...crypto, kdfparams: { ...crypto.kdfparams, n: 2 ** 40 } } },
    { ...SCRYPT, crypto: { ...crypto, kdfparams: { ...crypto.kdfparams, dklen: 16 } } },
    { ...PBKDF2, crypto: { ...PBKDF2.crypto, kdfparams: { ...PBKDF2.crypto.kdfparams, c: 10 ** 12 } } },
  ];
  for (const json of broken) assert.equal(keystoreFromJson(json), undefined, JSON.stringify(json));
});
