/**
 * `upfront exit`: everything out, whatever the operators do. Needs the first layer and nothing else.
 */
import type { Command } from 'commander';
import { act, createCommand } from '../command.ts';
import { CliError } from '../errors.ts';
import { withSession } from '../session.ts';

export function exitCommand(): Command {
  return createCommand('exit', ['node', 'l1', 'genesis', 'account'], {
    summary: 'leave with everything, whatever the operators do: needs the first layer only',
    more: 'An honest operator answers within the next settlement; `upfront claim` pays then. If nobody answers, it pays after the close age, and the contract closes.',
    examples: [
      ['exit', 'then `upfront claim`'],
      ['exit --l1 http://127.0.0.1:8545 --genesis genesis.json', 'with no node at all'],
    ],
  }).action(
    act((call) =>
      withSession(call, { key: true, l1: true }, async ({ client, amounts }) => {
        const { balance, exiting } = await client.balanceOnL1();
        if (exiting)
          throw new CliError('refused', 'This account is leaving already.', 'Next: `upfront claim`.');
        const { hash, item, sequence, claimableAt } = await client.exit();
        const latest = new Date(Number(claimableAt) * 1000).toISOString();
        call.out.result(
          {
            status: 'done',
            item,
            sequence,
            settled: amounts.plain(balance),
            claimableAt: latest,
            transaction: hash,
          },
          [
            `leaving: item ${item} of the first layer; the settled balance there is ${amounts.show(balance)}`,
            `\`upfront claim\` pays after the next settlement, or from ${latest} on in any case`,
          ],
        );
      }),
    ),
  );
}
