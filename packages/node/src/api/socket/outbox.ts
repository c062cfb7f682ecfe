/**
 * The answers of one turn on their way to a peer: whole WebSocket messages (RFC 6455, 5.2: binary, final, unmasked), one
 * after the other in one run of bytes.
 *
 * PERF: a block answers thousands of frames. Through ws each is two writes to the stream and four objects; here a turn
 * is one write.
 */
import { FRAME_HEAD_BYTES } from '../../limits.ts';
import { FRAME } from './frames.ts';

const FINAL_BINARY = 0x82;
/** Lengths up to 125 stand in the second byte; 126 and 127 say that two or eight bytes follow. */
const LENGTH = { inline: 125, two: 126, eight: 127, twoMost: 0xffff } as const;
const HEAD_MOST = 10;
const FIRST_BYTES = 1024;

export class Outbox {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #end = 0;

  /** Bytes that wait. */
  get length(): number {
    return this.#end;
  }

  /** The answers to the frame `id`. */
  add(id: number, answers: Uint8Array): void {
    const size = FRAME_HEAD_BYTES + answers.length;
    this.#reserve(HEAD_MOST + size);
    const bytes = this.#bytes;
    let at = this.#head(size);
    bytes[at] = FRAME.answers;
    bytes.writeUInt32BE(id, at + 1);
    at += FRAME_HEAD_BYTES;
    bytes.set(answers, at);
    this.#end = at + answers.length;
  }

  /** What waits, to be written at once; nothing waits any more. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#end));
    this.#end = 0;
    if (this.#bytes.length > FIRST_BYTES) this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
    return taken;
  }

  /** Where the payload begins. */
  #head(size: number): number {
    const bytes = this.#bytes;
    const at = this.#end;
    bytes[at] = FINAL_BINARY;
    if (size <= LENGTH.inline) {
      bytes[at + 1] = size;
      return at + 2;
    }
    if (size <= LENGTH.twoMost) {
      bytes[at + 1] = LENGTH.two;
      bytes.writeUInt16BE(size, at + 2);
      return at + 4;
    }
    bytes[at + 1] = LENGTH.eight;
    bytes.writeUInt32BE(0, at + 2);
    bytes.writeUInt32BE(size, at + 6);
    return at + HEAD_MOST;
  }

  #reserve(more: number): void {
    if (this.#end + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#end + more, 2 * this.#bytes.length));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
