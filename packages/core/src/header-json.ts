/** Headers and their signatures as plain JSON: 0x hex for bytes, decimal strings for integers (docs/protocol.md, 11). */
import type { HeaderSignature } from './block.ts';
import type { Header } from './header.ts';
import { fromHex, toHex } from './hex.ts';

export interface HeaderJson {
  readonly height: string;
  readonly parent: string;
  readonly events: string;
  readonly state: string;
  readonly settlement: string;
}

export interface SignatureJson {
  readonly validator: string;
  readonly signature: string;
}

/** Signatures of one header. */
const SIGNATURES_MOST = 0xffff;

export function headerToJson(header: Header): HeaderJson {
  return {
    height: String(header.height),
    parent: toHex(header.parent),
    events: toHex(header.events),
    state: toHex(header.state),
    settlement: toHex(header.settlement),
  };
}

export function signaturesToJson(signatures: readonly HeaderSignature[]): SignatureJson[] {
  return signatures.map(({ validator, signature }) => ({
    validator: toHex(validator),
    signature: toHex(signature),
  }));
}

/** The header in parsed JSON of any shape; undefined if it is malformed. */
export function headerFromJson(json: unknown): Header | undefined {
  const fields = fieldsOf(json);
  const height = countFromJson(fields.height, Number.MAX_SAFE_INTEGER);
  const [parent, events, state, settlement] = [
    fields.parent,
    fields.events,
    fields.state,
    fields.settlement,
  ].map((field) => bytesFromJson(field, 32));
  if (height === undefined || !parent || !events || !state || !settlement) return undefined;
  return { height, parent, events, state, settlement };
}

/** Undefined if one of them is malformed. */
export function signaturesFromJson(json: unknown): HeaderSignature[] | undefined {
  if (!Array.isArray(json) || json.length > SIGNATURES_MOST) return undefined;
  const signatures: HeaderSignature[] = [];
  for (const one of json) {
    const fields = fieldsOf(one);
    const validator = bytesFromJson(fields.validator, 20);
    const signature = bytesFromJson(fields.signature, 64);
    if (validator === undefined || signature === undefined) return undefined;
    signatures.push({ validator, signature });
  }
  return signatures;
}

export function fieldsOf(json: unknown): Record<string, unknown> {
  return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
}

export function bytesFromJson(json: unknown, size?: number): Uint8Array | undefined {
  return typeof json === 'string' ? fromHex(json, size) : undefined;
}

/** Canonical decimals only: no sign, no leading zero. */
export function countFromJson(json: unknown, most: number): number | undefined {
  if (typeof json !== 'string' || !/^(?:0|[1-9][0-9]{0,15})$/.test(json)) return undefined;
  const value = Number(json);
  return value <= most ? value : undefined;
}
