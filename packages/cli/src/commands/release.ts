/**
 * `upfront release`: the payee of a hold gives it back at once.
 */
import { unwrap } from '@upfront/client';
import type { Command } from 'commander';
import { act, createCommand } from '../command.ts';
import { parseNonce, rememberNonce } from '../nonces.ts';
import { withSession } from '../session.ts';
import { checkHold, findHold } from './capture.ts';

export function releaseCommand(): Command {
  return createCommand('release', ['node', 'l1', 'genesis', 'account'], {
    summary: 'give a hold back to its payer at once',
    examples: [['release 17 --account bob', 'of the hold with nonce 17']],
  })
    .argument('<nonce>', 'of the hold, or `last`')
    .action(
      act((call, _flags, text: string) =>
        withSession(call, { key: true, node: true }, async (session) => {
          const hold = await findHold(session, parseNonce(session, text, 'hold'), 0n);
          const isChecked = await checkHold(call, session, hold);
          const { nonce, height } = unwrap(await session.client.release(hold));
          rememberNonce(session, nonce, ['fulfilled']);
          call.out.result(
            { status: 'done', nonce, payer: hold.payer, height, isChecked },
            `released: nonce ${nonce}, in block ${height}; the money is ${session.name(hold.payer)}’s again`,
          );
        }),
      ),
    );
}
