/** genesis.ts: fields that are refused, and a hash that covers every one of them. Relations: protocol.test.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  assertGenesis,
  assertParameters,
  decodeGenesis,
  defaultParameters,
  encodeGenesis,
  type Genesis,
  genesisHash,
  parameterNames,
} from './genesis.ts';
import { nobleHashes as hashes } from './hash.ts';
import { toHex } from './hex.ts';

const genesis: Genesis = {
  chainId: 1,
  contract: new Uint8Array(20).fill(7),
  time: 1767225600000,
  parameters: defaultParameters,
  validators: [new Uint8Array(20).fill(1), new Uint8Array(20).fill(2)],
};

describe('genesis', () => {
  it('back and forth', () => assert.deepEqual(decodeGenesis(encodeGenesis(genesis)), genesis));
  it('is found anywhere in a buffer', () => {
    const padded = new Uint8Array(500);
    const bytes = encodeGenesis(genesis);
    padded.set(bytes, 3);
    assert.deepEqual(decodeGenesis(padded.subarray(3, 3 + bytes.length)), genesis);
  });
  it('no two differ in a field and have the same hash', () => {
    const others: Genesis[] = [
      genesis,
      { ...genesis, chainId: 2 },
      { ...genesis, contract: new Uint8Array(20) },
      { ...genesis, time: 0 },
      { ...genesis, validators: genesis.validators.slice(1) },
    ];
    for (const name of parameterNames) {
      const value = defaultParameters[name];
      // One below fits every relation but those of standingStart and its kin, which one above fits.
      for (const other of typeof value === 'bigint' ? [value - 1n, value + 1n] : [value - 1, value + 1]) {
        const parameters = { ...defaultParameters, [name]: other };
        try {
          assertParameters(parameters);
        } catch {
          continue;
        }
        others.push({ ...genesis, parameters });
        break;
      }
    }
    assert.equal(others.length, 5 + parameterNames.length);
    assert.equal(new Set(others.map((other) => toHex(genesisHash(other, hashes)))).size, others.length);
  });
  it('every prefix is malformed', () => {
    const bytes = encodeGenesis(genesis);
    for (let size = 0; size < bytes.length; size++) {
      assert.equal(decodeGenesis(bytes.subarray(0, size)), undefined);
    }
  });

  const [first, second] = genesis.validators as [Uint8Array, Uint8Array];
  const refused: [string, Partial<Genesis>, RegExp][] = [
    ['chain id -1', { chainId: -1 }, /chainId/],
    ['chain id 2^53', { chainId: 2 ** 53 }, /chainId/],
    ['a contract of 19 bytes', { contract: new Uint8Array(19) }, /contract/],
    ['a fraction of a time', { time: 0.5 }, /time/],
    ['no validator', { validators: [] }, /validators are not 1\.\.65535/],
    ['a validator of 21 bytes', { validators: [new Uint8Array(21)] }, /20 bytes each/],
    ['a validator twice', { validators: [first, first] }, /ascending/],
    ['validators descending', { validators: [second, first] }, /ascending/],
    ['65536 validators', { validators: Array<Uint8Array>(65536).fill(first) }, /65535/],
    ['an amount that is a number', { parameters: { ...defaultParameters, fee: 10 as never } }, /fee/],
    ['a count that is a bigint', { parameters: { ...defaultParameters, lag: 10n as never } }, /lag/],
    ['a fraction', { parameters: { ...defaultParameters, capacity: 1.5 } }, /capacity/],
    ['a parameter missing', { parameters: { ...defaultParameters, dust: undefined as never } }, /dust/],
  ];
  for (const [name, change, message] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => assertGenesis({ ...genesis, ...change }), { name: 'RangeError', message });
      assert.throws(() => encodeGenesis({ ...genesis, ...change }), RangeError);
    });
  }
});
