/**
 * `upfront bond`: a validator's bond, without which its signature does not count on the first layer.
 */
import { toHex } from '@upfront/core';
import { validatorBond } from '@upfront/node';
import type { Command } from 'commander';
import type { Hex } from 'viem';
import { openAccount } from '../accounts.ts';
import { createAmounts } from '../amounts.ts';
import { act, type Call, createCommand } from '../command.ts';
import { usageError } from '../errors.ts';
import { readNetwork } from '../genesis-file.ts';
import { askL1, createL1Client, l1UrlOf } from '../l1.ts';

export function bondCommand(): Command {
  return createCommand('bond', ['l1', 'genesis', 'account'], {
    summary: 'bond what a validator needs, so that its signature counts',
    examples: [
      ['bond --account operator', 'the least bond, if it is not there yet'],
      ['bond --consensus-key 0x…', 'of somebody who wants to come into a committee'],
    ],
  })
    .option('--consensus-key <hex>', 'ed25519 key with which its CometBFT votes (32 bytes)')
    .action(act(bond));
}

async function bond(
  { out, settings, passwords }: Call,
  flags: { readonly consensusKey?: string },
): Promise<void> {
  const consensusKey = parseKey(flags.consensusKey);
  const { contract, asset, genesis } = readNetwork(settings.genesis);
  const client = createL1Client(l1UrlOf(settings));
  const account = await openAccount(settings, passwords);
  const units = await askL1('The bond', () =>
    validatorBond({ client, account, contract, ...(consensusKey && { consensusKey }) }),
  );
  const isOfGenesis = genesis.validators.some((one) => toHex(one) === account.address.toLowerCase());
  if (!isOfGenesis && consensusKey === undefined)
    out.note('It is no validator of the genesis: the bond counts once a rotation takes it in.');
  const { plain, show } = createAmounts(asset);
  const text =
    units === 0n ? `${account.address} has its bond already` : `${account.address} bonded ${show(units)}`;
  out.result({ status: 'done', account: account.address, amount: plain(units) }, text);
}

function parseKey(text: string | undefined): Hex | undefined {
  if (text === undefined || /^0x[0-9a-f]{64}$/.test(text)) return text as Hex | undefined;
  throw usageError(`${text} is no consensus key.`, '0x and 64 hex digits, as committee.json has it.');
}
