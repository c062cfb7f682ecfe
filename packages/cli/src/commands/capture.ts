/**
 * `upfront capture`: the payee of a hold takes what it has earned.
 */
import { type CaptureParameters, formatAmount, unwrap } from '@upfront/client';
import type { Command } from 'commander';
import { act, createCommand } from '../command.ts';
import { CliError } from '../errors.ts';
import { parseNonce } from '../nonces.ts';
import { type Session, withSession } from '../session.ts';

export function captureCommand(): Command {
  return createCommand('capture', ['node', 'l1', 'genesis', 'account'], {
    summary: 'take what was earned of a hold, at most its maximum',
    more: 'Capture a hold once: whoever has two signed amounts chooses between them. The rest is the payer’s again at once.',
    examples: [
      ['capture 17 0.2 --account bob', 'of the hold with nonce 17'],
      ['capture last 0.2 --account bob', 'of the newest one that was made on this machine'],
    ],
  })
    .argument('<nonce>', 'of the hold, or `last`')
    .argument('<amount>', 'in the asset, as 0.25')
    .action(
      act((call, _flags, text: string, amount: string) =>
        withSession(call, { key: true, node: true }, async (session) => {
          const { client, amounts, name } = session;
          const units = amounts.parse(amount);
          const hold = await findHold(session, parseNonce(session, text), units);
          const { nonce, height } = unwrap(await client.capture({ ...hold, amount: units }));
          call.out.result(
            { status: 'done', nonce, payer: hold.payer, amount: amounts.plain(units), height },
            `captured ${amounts.show(units)} from ${name(hold.payer)}: nonce ${nonce}, final in block ${height}`,
          );
        }),
      ),
    );
}

export type FoundHold = Omit<CaptureParameters, 'amount'>;

/** The open hold of this nonce, which is for the account that signs. Throws CliError that says what became of it. */
export async function findHold(
  { client, amounts, network, address }: Session,
  nonce: number,
  amount: bigint,
): Promise<FoundHold> {
  const { status, account, sequence, open } = await client.status({ nonce });
  if (status !== 'open' || open === undefined || account === undefined || sequence === undefined) {
    const hint =
      status === 'unknown'
        ? 'No nonce of this number was dealt.'
        : `\`upfront show nonce ${nonce}\` says how.`;
    throw new CliError('refused', `Nonce ${nonce} is ${status === 'open' ? 'not a fetch’s' : status}.`, hint);
  }
  const { kind, payee, max } = open.intent;
  if (kind !== 'hold') throw new CliError('refused', `Nonce ${nonce} is a ${kind}, not a hold.`);
  if (String(payee).toLowerCase() !== address?.toLowerCase()) {
    throw new CliError(
      'refused',
      `The hold is for ${payee}.`,
      'Only that account can capture or release it: name it by --account.',
    );
  }
  if (typeof max === 'string' && amount > BigInt(max)) {
    const most = formatAmount(BigInt(max), network.asset);
    throw new CliError(
      'refused',
      `The hold is for at most ${most} ${network.asset.symbol}, less than ${amounts.show(amount)}.`,
      'Capture less.',
    );
  }
  return { nonce, payer: account, sequence, index: open.index };
}
