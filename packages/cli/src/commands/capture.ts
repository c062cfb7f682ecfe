/**
 * `upfront capture`: the payee of a hold takes what it has earned.
 *
 * A nonce is all that people hand over. The node says whose hold it is, and before anything is signed the validators'
 * signatures and the payer's fetch must say the same.
 */
import {
  BadAnswerError,
  DisconnectedError,
  formatAmount,
  type Hold,
  L1Error,
  NodeError,
  TimeoutError,
  unwrap,
} from '@upfront/client';
import type { Command } from 'commander';
import { getAddress } from 'viem';
import { act, type Call, createCommand } from '../command.ts';
import { CliError, usageError } from '../errors.ts';
import { noSuchNonce, parseNonce, rememberNonce } from '../nonces.ts';
import { type Session, withSession } from '../session.ts';

export function captureCommand(): Command {
  return createCommand('capture', ['node', 'l1', 'genesis', 'account'], {
    summary: 'take what was earned of a hold, at most its maximum',
    more: 'Capture a hold once: whoever has two signed amounts chooses between them. The rest is the payer’s again at once. The hold is checked before anything is signed: exit code 6 if it is not what the node says.',
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
          const units = amounts.parseOrZero(amount);
          if (units === 0n)
            throw usageError('The amount is 0.', `\`upfront release ${text}\` gives a hold back.`);
          const hold = await findHold(session, parseNonce(session, text, 'hold'), units);
          const isChecked = await checkHold(call, session, hold);
          const { nonce, height } = unwrap(await client.capture({ ...hold, amount: units }));
          rememberNonce(session, nonce, ['fulfilled']);
          call.out.result(
            { status: 'done', nonce, payer: hold.payer, amount: amounts.plain(units), height, isChecked },
            `captured ${amounts.show(units)} from ${name(hold.payer)}: nonce ${nonce}, final in block ${height}`,
          );
        }),
      ),
    );
}

/**
 * Whether the validators have signed that this hold was dealt and its payer has signed what it is. False, with a warning,
 * if nobody could be asked.
 *
 * @throws BadReceiptError if it is another one than the node says
 */
export async function checkHold(
  { out }: Pick<Call, 'out'>,
  { client }: { readonly client: Pick<Session['client'], 'verifyHold'> },
  hold: Hold,
): Promise<boolean> {
  try {
    await client.verifyHold(hold);
    return true;
  } catch (error) {
    if (!SILENCE.some((kind) => error instanceof kind)) throw error;
    const why = (error as L1Error).shortMessage;
    out.warn(`the hold could not be checked: whose it is, and which, is the node’s word. ${why}`);
    return false;
  }
}

/** Nobody answered, or not to this. */
const SILENCE = [L1Error, NodeError, DisconnectedError, TimeoutError] as const;

/**
 * The open hold of this nonce by the node's word, which is for the account that signs. Throws CliError that says what
 * became of it.
 */
export async function findHold(
  { client, amounts, network, address }: Session,
  nonce: number,
  amount: bigint,
): Promise<Hold> {
  const { status, account, sequence, open } = await client.status({ nonce });
  if (status !== 'open' || open === undefined || account === undefined || sequence === undefined) {
    if (status === 'unknown') throw noSuchNonce(nonce);
    throw new CliError(
      'refused',
      `Nonce ${nonce} is ${status === 'open' ? 'not a fetch’s' : `${status} already`}.`,
      `\`upfront show nonce ${nonce}\` says how.`,
    );
  }
  const { kind, payee, max } = open.intent;
  if (kind !== 'hold')
    throw new CliError(
      'refused',
      `Nonce ${nonce} is a ${kind}, not a hold.`,
      '`upfront hold` says the nonce of the hold that it made.',
    );
  if (String(payee).toLowerCase() !== address?.toLowerCase()) {
    throw new CliError(
      'refused',
      `The hold is for ${payee}.`,
      'Only that account can capture or release it: name it by --account.',
    );
  }
  if (typeof max !== 'string' || !/^\d{1,19}$/.test(max)) throw new BadAnswerError('nonce', 'has no `max`');
  if (amount > BigInt(max)) {
    const most = formatAmount(BigInt(max), network.asset);
    throw new CliError(
      'refused',
      `The hold is for at most ${most} ${network.asset.symbol}, less than ${amounts.show(amount)}.`,
      'Capture less.',
    );
  }
  const fetch = await client.status({ account, sequence });
  if (fetch.status !== 'dealt')
    throw new BadAnswerError('fetch', `is ${fetch.status}, though its nonce is open`);
  const { height } = fetch;
  const { index, deadline } = open;
  return {
    nonce,
    payer: getAddress(account),
    sequence,
    index,
    payee: address!,
    max: BigInt(max),
    height,
    deadline,
  };
}
