/**
 * Bytes as text: 0x and two digits each.
 *
 * Strict: whatever is not exactly that is no bytes at all.
 */

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** In lower case, with 0x. */
export function toHex(bytes: Uint8Array): `0x${string}` {
  let text = '';
  for (const byte of bytes) text += DIGITS[byte]!;
  return `0x${text}`;
}

/** The bytes; undefined if the text is no 0x-hex of whole bytes or, with `size` given, not of that many. Case is free. */
export function fromHex(text: string, size?: number): Uint8Array | undefined {
  if (!/^0x(?:[0-9a-fA-F]{2})*$/.test(text)) return undefined;
  const length = text.length / 2 - 1;
  if (size !== undefined && length !== size) return undefined;
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    bytes[i] = 16 * digit(text.charCodeAt(2 * i + 2)) + digit(text.charCodeAt(2 * i + 3));
  }
  return bytes;
}

function digit(character: number): number {
  return character <= 0x39 ? character - 0x30 : (character | 0x20) - 0x57;
}
