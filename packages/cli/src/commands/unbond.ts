/**
 * `upfront unbond`: a validator's bond on its way home; `upfront claim` pays it after the bond age. Needs the first layer only.
 */

import type { Command } from 'commander';
import { getAddress } from 'viem';
import { bondHome } from '../bond-home.ts';
import { act, createCommand } from '../command.ts';
import { CliError } from '../errors.ts';
import { withSession } from '../session.ts';

export function unbondCommand(): Command {
  return createCommand('unbond', ['l1', 'genesis', 'account'], {
    summary: 'take a validator’s bond home: `upfront claim` pays it after the bond age',
    more: 'Be taken out of the set by a rotation first: until then the account stays a validator whose signature counts. It can lose the bond until it is paid. There is no way back: a new bond needs the old one to be claimed.',
    examples: [
      ['unbond --home validator-1', 'then, after the bond age: claim --home validator-1'],
      ['unbond --account operator', 'of an account of this machine'],
    ],
  }).action(
    act((call) =>
      withSession(call, { key: true, l1: true }, async ({ client, amounts }) => {
        const { l1, contract } = await client.contract('unbond');
        const account = client.signer('unbond').address;
        const before = await bondHome(l1, contract, account);
        if (before.bond === 0n)
          throw new CliError(
            'refused',
            `${getAddress(account)} has no bond.`,
            'Name the account that bonded by --home or --account.',
          );
        if (before.claimableAt !== undefined)
          throw new CliError(
            'refused',
            'The bond is on its way home already.',
            `\`upfront claim\` pays it from ${before.claimableAt.date} on.`,
          );
        const { hash, item, bond, claimableAt } = await client.unbond();
        const date = new Date(Number(claimableAt) * 1000).toISOString();
        call.out.result(
          {
            status: 'done',
            account,
            item,
            bond: amounts.plain(bond),
            claimableAt: date,
            isValidator: before.isValidator,
            transaction: hash,
          },
          [
            `unbonding: item ${item} of the first layer; the bond is ${amounts.show(bond)}`,
            `\`upfront claim\` pays it from ${date} on`,
          ],
        );
        if (before.isValidator)
          call.out.note('It is a validator still: keep its node running until a rotation has taken it out.');
      }),
    ),
  );
}
