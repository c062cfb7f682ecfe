/**
 * `upfront deposit`: the asset goes to the contract, and the network imports it.
 */
import type { Command } from 'commander';
import { resolveAddress } from '../accounts.ts';
import { act, createCommand } from '../command.ts';
import { withSession } from '../session.ts';

interface Flags {
  readonly for?: string;
  readonly wait: boolean;
}

/** Finality of Ethereum takes a quarter of an hour. */
const WAIT_MS = 40 * 60_000;

export function depositCommand(): Command {
  return createCommand('deposit', ['node', 'l1', 'genesis', 'account'], {
    summary: 'bring money in from the first layer',
    more: 'It counts when the first layer has finalised it: seconds on a devnet, about a quarter of an hour on Ethereum.',
    examples: [
      ['deposit 1', 'to the account in use'],
      ['deposit 0.5 --for bob', 'to somebody else'],
      ['deposit 1 --no-wait', 'does not wait until the network has it'],
    ],
  })
    .argument('<amount>', 'in the asset, as 0.25')
    .option('--for <account>', 'whose it becomes: name or address (default: the account itself)')
    .option('--no-wait', 'end when the first layer has the transaction')
    .action(
      act((call, flags: Flags, amount: string) =>
        withSession(call, { key: true, l1: true, node: flags.wait }, async (session) => {
          const { client, amounts, name } = session;
          const units = amounts.parse(amount);
          const account =
            flags.for === undefined ? session.address! : resolveAddress(call.settings.home, flags.for);
          const { hash, item } = await client.deposit({ amount: units, account });
          const said = { status: 'done', amount: amounts.plain(units), account, transaction: hash, item };
          if (!flags.wait) {
            call.out.result(
              said,
              `deposited ${amounts.show(units)} for ${name(account)}: item ${item} of the first layer`,
            );
            return;
          }
          call.out.note(`Item ${item} is on the first layer; waiting until it is final there and imported …`);
          const { height } = await client.waitFor({ item, timeout: WAIT_MS });
          call.out.result(
            { ...said, height },
            `deposited ${amounts.show(units)} for ${name(account)}: item ${item}, imported`,
          );
        }),
      ),
    );
}
