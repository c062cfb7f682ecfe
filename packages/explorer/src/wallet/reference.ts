/**
 * References of payments: 32 bytes that the payee sees, as a text of at most 32 bytes where they are one.
 *
 * The command line writes and reads them in the same way.
 */
import { type Hex, hexToBytes, stringToBytes, toHex } from 'viem';
import { WalletFault } from './fault.ts';

const REFERENCE_BYTES = 32;
/** No letters or digits that are taken for one another. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ';
const RANDOM_LETTERS = 10;

/** Undefined for an empty text. Throws WalletFault if it is too long. */
export function parseReference(text: string): Hex | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  if (/^0x[0-9a-f]{64}$/i.test(trimmed)) return trimmed.toLowerCase() as Hex;
  const bytes = stringToBytes(trimmed);
  if (bytes.length <= REFERENCE_BYTES && !/\p{C}/u.test(trimmed)) return toHex(padded(bytes));
  throw new WalletFault(
    `The reference has ${bytes.length} bytes.`,
    `Use a text of at most ${REFERENCE_BYTES} bytes, or 0x and 64 hex digits.`,
  );
}

/** Its text if it is one, empty if it is zero, else hex. */
export function showReference(reference: string): string {
  const hex = reference.replace(/^0x/, '').replace(/(00)+$/, '');
  if (hex === '') return '';
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(hexToBytes(`0x${hex}`));
    if (!/\p{C}/u.test(text)) return text;
  } catch {
    // Not UTF-8: shown as it is.
  }
  return reference;
}

/** One that no other request has: `R-` and 49 bits of chance. */
export function newReference(): string {
  const bytes = crypto.getRandomValues(new Uint32Array(RANDOM_LETTERS));
  return `R-${Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join('')}`;
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(REFERENCE_BYTES);
  whole.set(bytes);
  return whole;
}
