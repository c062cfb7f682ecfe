/** hex.ts: back and forth, and what is no hex. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fromHex, toHex } from './hex.ts';

describe('hex', () => {
  it('back and forth, in either case', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = toHex(bytes);
        assert.equal(text, `0x${Buffer.from(bytes).toString('hex')}`);
        assert.deepEqual(fromHex(text), bytes);
        assert.deepEqual(fromHex(`0x${text.slice(2).toUpperCase()}`), bytes);
      }),
    );
  });
  for (const text of [
    '',
    '0',
    '0x0',
    '0x0g',
    'ff',
    '0Xff',
    ' 0xff',
    '0xff ',
    '0xff\n',
    '0x 1',
    '0x+1',
    '0xｆf',
  ]) {
    it(`not ${JSON.stringify(text)}`, () => assert.equal(fromHex(text), undefined));
  }
  it('a size that is asked for', () => {
    assert.deepEqual(fromHex('0x0102', 2), Uint8Array.of(1, 2));
    assert.equal(fromHex('0x0102', 1), undefined);
    assert.equal(fromHex('0x0102', 3), undefined);
    assert.deepEqual(fromHex('0x', 0), new Uint8Array(0));
  });
});
