/**
 * What a payer hands to the payee of a hold, as a link: which hold it is, so that it can be checked and captured.
 *
 * It is no secret and no money: only the payee's signature captures, and `verifyHold` checks what it says.
 */
import type { Hold } from '@upfront/client';
import { formatLink, type LinkNetwork, readLink } from './link.ts';

export const HOLD_VERB = 'capture';
const NAMES = ['nonce', 'payer', 'sequence', 'index', 'payee', 'max', 'height', 'deadline'] as const;

export function formatHold(page: string, network: LinkNetwork, hold: Hold): string {
  const fields = Object.fromEntries(NAMES.map((name) => [name, String(hold[name])]));
  return formatLink(page, {
    do: HOLD_VERB,
    chain: String(network.chainId),
    contract: network.contract,
    ...fields,
  });
}

/** Throws WalletFault if the link is no hold of this network. */
export function parseHold(link: string, network: LinkNetwork): Hold {
  const fields = readLink(link, NAMES, network);
  return {
    nonce: fields.count('nonce'),
    payer: fields.address('payer'),
    sequence: fields.amount('sequence', 0n),
    index: fields.count('index'),
    payee: fields.address('payee'),
    max: fields.amount('max', 1n),
    height: fields.count('height'),
    deadline: fields.count('deadline'),
  };
}
