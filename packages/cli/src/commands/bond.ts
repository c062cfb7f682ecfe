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
import { consensusKeyOf } from '../committee-homes.ts';
import { usageError } from '../errors.ts';
import { readNetwork } from '../genesis-file.ts';
import { askL1, createL1Client, l1UrlOf } from '../l1.ts';

export function bondCommand(): Command {
  return createCommand('bond', ['l1', 'genesis', 'account'], {
    summary: 'bond what a validator needs, so that its signature counts',
    examples: [
      ['bond --account operator', 'the least bond, if it is not there yet'],
      ['bond --home validator-5', 'of a newcomer to a committee, with the consensus key of its home'],
      [
        'bond --account dave --genesis genesis.json --l1 URL --consensus-key 0x…',
        'the same, from where the node does not run',
      ],
    ],
  })
    .option(
      '--consensus-key <hex>',
      'ed25519 key with which its CometBFT votes, 32 bytes (default: that of the home folder)',
    )
    .action(act(bond));
}

async function bond(
  { out, settings, passwords }: Call,
  flags: { readonly consensusKey?: string },
): Promise<void> {
  const named = parseKey(flags.consensusKey);
  const { contract, asset, genesis } = readNetwork(settings.genesis);
  const client = createL1Client(l1UrlOf(settings));
  const account = await openAccount(settings, passwords);
  const isOfGenesis = genesis.validators.some((one) => toHex(one) === account.address.toLowerCase());
  // Those of the genesis vote with the key that committee.json says.
  const consensusKey = named ?? (isOfGenesis ? undefined : consensusKeyOf(settings.home));
  const units = await askL1('The bond', () =>
    validatorBond({ client, account, contract, ...(consensusKey && { consensusKey }) }),
  );
  if (!isOfGenesis)
    out.note('It is no validator of the genesis: the bond counts once a rotation takes it in.');
  const { plain, show } = createAmounts(asset);
  const text =
    units === 0n ? `${account.address} has its bond already` : `${account.address} bonded ${show(units)}`;
  out.result({ status: 'done', account: account.address, amount: plain(units), consensusKey }, text);
}

function parseKey(text: string | undefined): Hex | undefined {
  if (text === undefined || /^0x[0-9a-f]{64}$/.test(text)) return text as Hex | undefined;
  throw usageError(
    `${text} is no consensus key.`,
    '0x and 64 hex digits, as `upfront init --join` and the node’s log say it.',
  );
}
