/**
 * `upfront bond`: a validator's bond, without which its signature does not count on the first layer.
 */
import { validatorBond } from '@upfront/node';
import type { Command } from 'commander';
import { openAccount } from '../accounts.ts';
import { createAmounts } from '../amounts.ts';
import { act, createCommand } from '../command.ts';
import { readNetwork } from '../genesis-file.ts';
import { askL1, createL1Client, l1UrlOf } from '../l1.ts';

export function bondCommand(): Command {
  return createCommand('bond', ['l1', 'genesis', 'account'], {
    summary: 'bond what a validator needs, so that its signature counts',
    examples: [['bond --account operator', 'the least bond, if it is not there yet']],
  }).action(
    act(async ({ out, settings, passwords }) => {
      const { contract, asset } = readNetwork(settings.genesis);
      const client = createL1Client(l1UrlOf(settings));
      const account = await openAccount(settings, passwords);
      const units = await askL1('The bond', () => validatorBond({ client, account, contract }));
      const { plain, show } = createAmounts(asset);
      const text =
        units === 0n ? `${account.address} has its bond already` : `${account.address} bonded ${show(units)}`;
      out.result({ status: 'done', account: account.address, amount: plain(units) }, text);
    }),
  );
}
