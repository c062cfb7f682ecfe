/**
 * ABCI's framing on a socket: each message is its length as an unsigned varint, then protobuf bytes.
 *
 * Invariant: no more than one message of FRAME_BYTES_MOST and one chunk of the socket is kept; what a length
 * announces is not allocated before it arrives.
 */

/** A block of 8 MiB and what stands beside it (votes, extensions); a snapshot's chunk is smaller. */
export const FRAME_BYTES_MOST = 32 << 20;
/** Bytes of a varint below 2^35. */
const VARINT_BYTES_MOST = 5;

/** The stream is no ABCI: the connection cannot go on. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** The message with its length before it. */
export function frame(message: Uint8Array): Uint8Array {
  const head: number[] = [];
  let length = message.length;
  for (; length >= 0x80; length >>>= 7) head.push((length & 0x7f) | 0x80);
  head.push(length);
  const bytes = new Uint8Array(head.length + message.length);
  bytes.set(head);
  bytes.set(message, head.length);
  return bytes;
}

/** Cuts a stream of bytes into messages. */
export class FrameReader {
  #chunks: Uint8Array[] = [];
  #size = 0;
  /** Length of the message under way; -1 before its varint is whole. */
  #length = -1;

  /** Takes a chunk and gives every message that is whole with it. Throws {@link FrameError}. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const messages: Uint8Array[] = [];
    for (;;) {
      if (this.#length < 0 && !this.#readLength()) return messages;
      if (this.#size < this.#length) return messages;
      messages.push(this.#take(this.#length));
      this.#length = -1;
    }
  }

  #readLength(): boolean {
    let length = 0;
    for (let i = 0; i < VARINT_BYTES_MOST; i++) {
      const byte = this.#at(i);
      if (byte === undefined) return false;
      length += (byte & 0x7f) * 2 ** (7 * i);
      if (byte >= 0x80) continue;
      if (length > FRAME_BYTES_MOST) throw new FrameError(`a message of ${length} bytes`);
      this.#take(i + 1);
      this.#length = length;
      return true;
    }
    throw new FrameError('a length of more than five bytes');
  }

  #at(index: number): number | undefined {
    let left = index;
    for (const chunk of this.#chunks) {
      if (left < chunk.length) return chunk[left];
      left -= chunk.length;
    }
    return undefined;
  }

  /** The next bytes, as a copy of their own. */
  #take(count: number): Uint8Array {
    const taken = new Uint8Array(count);
    for (let at = 0; at < count; ) {
      const chunk = this.#chunks[0]!;
      const part = chunk.subarray(0, count - at);
      taken.set(part, at);
      at += part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    this.#size -= count;
    return taken;
  }
}
