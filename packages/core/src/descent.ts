/**
 * A header proven by a later one: headers that follow one another, each naming the digest of the one before as its
 * parent, up to one whose signatures count (docs/protocol.md, 11). So a receipt outlives the validators that signed it.
 */
import type { HeaderSignature } from './block.ts';
import { equalBytes } from './bytes.ts';
import type { Header } from './header.ts';
import {
  type HeaderJson,
  headerFromJson,
  headerToJson,
  type SignatureJson,
  signaturesFromJson,
  signaturesToJson,
} from './header-json.ts';
import type { Domain } from './signing.ts';
import { HEADERS_KEPT } from './units.ts';

export interface Descent {
  /** From the one after the receipt's on, ascending. */
  readonly headers: readonly Header[];
  /** Over the last one's digest. */
  readonly signatures: readonly HeaderSignature[];
}

export interface DescentJson {
  readonly headers: readonly HeaderJson[];
  readonly signatures: readonly SignatureJson[];
}

/** Headers of one proof: as many as a `validate` may look back. */
export const DESCENT_MOST = HEADERS_KEPT;

/** The header at the end, if each of them is the next after the one before and names it; else undefined. */
export function lastOfDescent(domain: Domain, from: Header, { headers }: Descent): Header | undefined {
  if (headers.length > DESCENT_MOST) return undefined;
  let last = from;
  for (const header of headers) {
    if (header.height !== last.height + 1) return undefined;
    if (!equalBytes(header.parent, 0, domain.headerDigest(last), 0, 32)) return undefined;
    last = header;
  }
  return last;
}

export function descentToJson({ headers, signatures }: Descent): DescentJson {
  return { headers: headers.map(headerToJson), signatures: signaturesToJson(signatures) };
}

/** The headers in parsed JSON of any shape; undefined if they are malformed or too many. They are not checked yet. */
export function descentFromJson(json: unknown): Descent | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { headers, signatures } = json as Record<string, unknown>;
  if (!Array.isArray(headers) || headers.length > DESCENT_MOST) return undefined;
  const read = headers.map(headerFromJson);
  const signed = signaturesFromJson(signatures);
  if (signed === undefined || read.includes(undefined)) return undefined;
  return { headers: read as Header[], signatures: signed };
}
