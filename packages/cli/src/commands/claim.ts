/**
 * `upfront claim`: the contract pays what can be claimed. Needs the first layer and nothing else.
 */
import type { Command } from 'commander';
import type { Address } from 'viem';
import { resolveAddress } from '../accounts.ts';
import { bondHome } from '../bond-home.ts';
import { act, createCommand } from '../command.ts';
import { showSeconds } from '../durations.ts';
import { CliError } from '../errors.ts';
import { type Session, withSession } from '../session.ts';

export function claimCommand(): Command {
  return createCommand('claim', ['l1', 'genesis', 'account'], {
    summary: 'be paid by the contract what was withdrawn, left with, or bonded',
    more: 'Needs the first layer only. With nothing to claim yet it sends nothing, says what is waited for, and ends with exit code 3.',
    examples: [
      ['claim', 'of the account in use'],
      ['claim bob', 'for somebody else: the money goes to that account'],
    ],
  })
    .argument('[account]', 'whose: name or address')
    .action(
      act((call, _flags, given?: string) =>
        withSession(call, { key: true, l1: true }, async (session) => {
          const { client, amounts, name } = session;
          const account = given === undefined ? session.address! : resolveAddress(call.settings.home, given);
          await assertClaimable(session, account);
          const { amount, hash, closed } = await client.claim({ account });
          call.out.result(
            { status: 'done', account, amount: amounts.plain(amount), closed, transaction: hash },
            `${name(account)} was paid ${amounts.show(amount)} on the first layer${closed ? '; the contract has closed' : ''}`,
          );
        }),
      ),
    );
}

/** Throws CliError that says what is waited for, if a claim would pay nothing now. */
async function assertClaimable({ client, amounts }: Session, account: Address): Promise<void> {
  const { l1, contract } = await client.contract('claim');
  const { balance, claimable, exiting } = await l1.account(contract, account);
  const [{ bond, claimableAt }, now] = await Promise.all([bondHome(l1, contract, account), l1.time()]);
  if (claimable > 0n || (claimableAt !== undefined && now >= claimableAt.seconds)) return;
  const bondWaits =
    claimableAt &&
    `The bond of ${amounts.show(bond)} is paid from ${claimableAt.date} on, in ${showSeconds(Number(claimableAt.seconds - now))}.`;
  if (await l1.value(contract, 'closed')) {
    if (balance > 0n) return;
    if (bondWaits !== undefined) throw new CliError('refused', 'Nothing can be claimed yet.', bondWaits);
    throw new CliError('refused', 'Everything was paid.', 'The contract has closed.');
  }
  if (!exiting) {
    throw new CliError(
      'refused',
      'Nothing can be claimed yet.',
      bondWaits ?? 'A withdrawal can be claimed after the next settlement: `upfront status` shows it.',
    );
  }
  const [{ item, time }, acknowledged, closeAge] = await Promise.all([
    l1.exit(contract, account),
    l1.value(contract, 'acknowledged'),
    l1.value(contract, 'closeAge'),
  ]);
  if (item <= acknowledged || now > time + closeAge) return;
  const wait = showSeconds(Number(time + closeAge + 1n - now));
  throw new CliError(
    'refused',
    `The exit waits to be acknowledged; ${amounts.show(balance)} are settled.`,
    `Try again after the next settlement; if nobody answers, in ${wait}.`,
  );
}
