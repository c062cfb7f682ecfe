/** A validator signs one header of a height, whatever happens between: not after a restart, and not if its disk fails. */
import assert from 'node:assert/strict';
import fs, { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Signer } from '../../signatures/signer.ts';
import { openSigningState, type SigningCell, signOnce } from './signing-state.ts';

const folder = mkdtempSync(join(tmpdir(), 'upfront-signing-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const newPath = (): string => join(folder, `state-${count++}`);

const digestOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const [A, B] = [digestOf(0xaa), digestOf(0xbb)];
/** Signs by naming what it signs, and keeps what it gave out. */
function signerWith(before: () => void = () => {}): Signer & { readonly given: Uint8Array[] } {
  const given: Uint8Array[] = [];
  return {
    address: new Uint8Array(20).fill(1),
    given,
    sign(digest) {
      before();
      given.push(digest.slice());
      return Buffer.concat([digest, digest]);
    },
  };
}

const recordOf = (height: number, digest: Uint8Array): Buffer => {
  const record = Buffer.alloc(40);
  record.writeBigUInt64BE(BigInt(height));
  record.set(digest, 8);
  return record;
};

describe('the signing state', () => {
  for (const isReopened of [false, true]) {
    test(`signs no second header of a height, nor an older one${isReopened ? ', after a restart' : ''}`, () => {
      const path = newPath();
      const signer = signerWith();
      let state = openSigningState(path, signer);
      const next = (): void => {
        if (!isReopened) return;
        state.close();
        state = openSigningState(path, signer);
      };
      assert.deepEqual(state.signHeader(5, A), Buffer.concat([A, A]));
      next();
      assert.throws(() => state.signHeader(5, B), /another header of height 5 was signed/);
      next();
      // The refusal itself changes nothing: the same header again is the same signature.
      assert.deepEqual(state.signHeader(5, A), Buffer.concat([A, A]));
      next();
      for (const height of [1, 4]) {
        assert.equal(state.signHeader(height, A), undefined);
        assert.equal(state.signHeader(height, B), undefined);
      }
      next();
      assert.throws(() => state.signHeader(5, B), /another header/);
      assert.deepEqual(state.signHeader(6, B), Buffer.concat([B, B]));
      next();
      assert.throws(() => state.signHeader(6, A), /another header of height 6/);
      assert.equal(state.signHeader(5, A), undefined);
      assert.deepEqual(signer.given, [A, A, B]);
      assert.deepEqual(readFileSync(path), recordOf(6, B));
      state.close();
    });
  }

  test('what is signed is on disk, synced, before it is signed', (t) => {
    const path = newPath();
    const order: string[] = [];
    const watch = (name: 'writeSync' | 'fdatasyncSync'): void => {
      const real = fs[name] as (...args: unknown[]) => unknown;
      t.mock.method(fs, name, (...args: unknown[]) => {
        order.push(name);
        return real(...args);
      });
    };
    const signer = signerWith(() => {
      order.push('sign');
      assert.deepEqual(readFileSync(path), recordOf(9, A));
    });
    const state = openSigningState(path, signer);
    watch('writeSync');
    watch('fdatasyncSync');
    syncBuiltinESMExports();
    try {
      state.signHeader(9, A);
    } finally {
      t.mock.restoreAll();
      syncBuiltinESMExports();
      state.close();
    }
    assert.deepEqual(order, ['writeSync', 'fdatasyncSync', 'sign']);
  });

  test('what could not be written is not signed, not even when it is asked for again', () => {
    let fails = true;
    const kept: Uint8Array[] = [];
    const cell: SigningCell = {
      read: () => undefined,
      write(record) {
        if (fails) throw new Error('EIO');
        kept.push(record.slice());
      },
    };
    const signer = signerWith();
    const state = signOnce(cell, signer);
    for (let i = 0; i < 2; i++) assert.throws(() => state.signHeader(3, A), /EIO/);
    assert.deepEqual(signer.given, []);
    fails = false;
    assert.deepEqual(state.signHeader(3, A), Buffer.concat([A, A]));
    assert.deepEqual(kept, [new Uint8Array(recordOf(3, A))]);
  });

  test('goes on from what the cell holds', () => {
    const signer = signerWith();
    const state = signOnce({ read: () => recordOf(8, A), write() {} }, signer);
    assert.equal(state.signHeader(7, B), undefined);
    assert.throws(() => state.signHeader(8, B), /another header of height 8/);
    assert.deepEqual(signer.given, []);
  });

  test('a torn file, or one of somebody else, is refused and left as it is', () => {
    for (const size of [1, 39, 41, 400]) {
      const path = newPath();
      writeFileSync(path, Buffer.concat([recordOf(5, A), Buffer.alloc(400)]));
      truncateSync(path, size);
      assert.throws(() => openSigningState(path, signerWith()), /is no signing state: look at it/, `${size}`);
      assert.equal(readFileSync(path).length, size);
    }
    const path = newPath();
    openSigningState(path, signerWith()).close();
    assert.ok(existsSync(path), 'one that is not there is begun');
  });
});
