/**
 * Two headers of one height with one validator's signature on both: what the contract's `accuse` burns a bond for.
 *
 * DESIGN, The contract. Whoever holds both proves it alone; no node has to be believed.
 */
import { compareBytes } from './bytes.ts';
import type { Header } from './header.ts';
import { bytesFromJson, type HeaderJson, headerFromJson, headerToJson } from './header-json.ts';
import { toHex } from './hex.ts';
import type { Domain } from './signing.ts';
import type { Address, Hash, Signature } from './units.ts';

export interface SignedHeader {
  readonly header: Header;
  readonly signature: Signature;
}

export interface Equivocation {
  readonly validator: Address;
  readonly a: SignedHeader;
  readonly b: SignedHeader;
}

export interface EquivocationJson {
  readonly validator: string;
  readonly a: { readonly header: HeaderJson; readonly signature: string };
  readonly b: { readonly header: HeaderJson; readonly signature: string };
}

/** In order of precedence. */
export const equivocationFaults = ['height', 'same-header', 'signature'] as const;
/** Height: not one height; same-header: nothing is contradicted; signature: not the validator's on both. */
export type EquivocationFault = (typeof equivocationFaults)[number];

/** Why it proves nothing, or undefined if it does: what the contract checks, but for the bond. */
export function checkEquivocation(
  { validator, a, b }: Equivocation,
  { domain, recover }: { domain: Domain; recover(digest: Hash, signature: Signature): Address | undefined },
): EquivocationFault | undefined {
  if (a.header.height !== b.header.height) return 'height';
  const digests = [a, b].map(({ header }) => domain.headerDigest(header)) as [Hash, Hash];
  if (compareBytes(digests[0], digests[1]) === 0) return 'same-header';
  const isSigned = [a, b].every(({ signature }, i) => {
    const signer = recover(digests[i]!, signature);
    return signer !== undefined && compareBytes(signer, validator) === 0;
  });
  return isSigned ? undefined : 'signature';
}

export function equivocationToJson({ validator, a, b }: Equivocation): EquivocationJson {
  const sideToJson = ({ header, signature }: SignedHeader) => ({
    header: headerToJson(header),
    signature: toHex(signature),
  });
  return { validator: toHex(validator), a: sideToJson(a), b: sideToJson(b) };
}

/** What is in parsed JSON of any shape; undefined if it is malformed. It is not checked yet. */
export function equivocationFromJson(json: unknown): Equivocation | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { validator, a, b } = json as Record<string, unknown>;
  const address = bytesFromJson(validator, 20);
  const sides = [a, b].map(sideFromJson);
  if (address === undefined || sides[0] === undefined || sides[1] === undefined) return undefined;
  return { validator: address, a: sides[0], b: sides[1] };
}

function sideFromJson(json: unknown): SignedHeader | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { header, signature } = json as Record<string, unknown>;
  const read = headerFromJson(header);
  const bytes = bytesFromJson(signature, 64);
  return read === undefined || bytes === undefined ? undefined : { header: read, signature: bytes };
}
