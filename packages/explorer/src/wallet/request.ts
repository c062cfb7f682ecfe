/**
 * A request for a payment: a link that fills in the payer's form, and the same link as a QR code.
 *
 * It moves nothing and binds nobody. The amount is in units, so that it is exact whatever the page shows.
 */

import { encode } from 'uqr';
import type { Address } from 'viem';
import { formatLink, type LinkNetwork, readLink } from './link.ts';
import { parseReference } from './reference.ts';

export interface PaymentRequest {
  readonly to: Address;
  /** Units; undefined: the payer chooses. */
  readonly amount: bigint | undefined;
  /** A text of at most 32 bytes, or 0x and 64 hex digits; empty: none. */
  readonly reference: string;
}

export const REQUEST_VERB = 'pay';

export function formatRequest(
  page: string,
  network: LinkNetwork,
  { to, amount, reference }: PaymentRequest,
): string {
  return formatLink(page, {
    do: REQUEST_VERB,
    chain: String(network.chainId),
    contract: network.contract,
    to,
    amount: amount === undefined ? undefined : String(amount),
    reference: reference === '' ? undefined : reference,
  });
}

/** Throws WalletFault if the link is no request of this network. */
export function parseRequest(link: string, network: LinkNetwork): PaymentRequest {
  const fields = readLink(link, ['to', 'amount', 'reference'], network);
  const reference = fields.optional('reference') ?? '';
  parseReference(reference);
  const amount = fields.optional('amount') === undefined ? undefined : fields.amount('amount', 1n);
  return { to: fields.address('to'), amount, reference };
}

/** Modules around the code that stay light, as scanners want them. */
const QUIET = 4;

/** The code as one path of unit squares in a square of `size`: for an SVG that is sharp at any size. */
export function qrPath(text: string): { readonly size: number; readonly path: string } {
  const { data, size } = encode(text, { ecc: 'M', border: QUIET });
  const rows = data.map((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')).join(''));
  return { size, path: rows.join('') };
}
