/** Another node's headers over HTTP, with every bound checked: it may be anybody's (docs/api.md, GET /v1/headers). */
import { type Header, type HeaderSignature, headerFromJson, signaturesFromJson } from '@upfront/core';

export interface ListedHeader {
  readonly header: Header;
  readonly signatures: readonly HeaderSignature[];
}

/** Bytes of an answer: 500 headers with 25 signatures each. */
const BODY_MOST = 4 << 20;
const TIMEOUT_MS = 10_000;
/** Signatures of a header that are looked at: more than any committee has. */
const SIGNATURES_MOST = 256;

/** Throws Error if it does not answer in time, or with anything else than headers. */
export async function fetchHeaders(
  url: string,
  { after, limit, signal }: { after: number; limit: number; signal: AbortSignal },
): Promise<ListedHeader[]> {
  const address = new URL(`/v1/headers?after=${after}&limit=${limit}`, url);
  const response = await fetch(address, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  const body = await textOf(response);
  if (response.status !== 200) throw new Error(`it answers ${response.status}`);
  const { headers } = (JSON.parse(body) ?? {}) as { headers?: unknown };
  if (!Array.isArray(headers) || headers.length > limit) throw new Error('its answer is no page of headers');
  return headers.map((one: unknown) => {
    const fields = (one ?? {}) as Record<string, unknown>;
    const header = headerFromJson(fields['header']);
    const signatures = signaturesFromJson(fields['signatures']);
    if (header === undefined || signatures === undefined || signatures.length > SIGNATURES_MOST) {
      throw new Error('one of its headers is malformed');
    }
    return { header, signatures };
  });
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > BODY_MOST) throw new Error('its answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
