/**
 * `upfront hold`: money that is locked for a payee, which takes what it has earned.
 */
import { unwrap } from '@upfront/client';
import type { Command } from 'commander';
import { resolveAddress } from '../accounts.ts';
import { act, createCommand } from '../command.ts';
import { parseSeconds, showSeconds } from '../durations.ts';
import { rememberNonce } from '../nonces.ts';
import { withSession } from '../session.ts';

export function holdCommand(): Command {
  return createCommand('hold', ['node', 'l1', 'genesis', 'account'], {
    summary: 'lock money for somebody, who captures at most that within a window',
    more: 'Tell the payee the nonce. What it does not capture is yours again, at the latest when the window is over.',
    examples: [
      ['hold bob 0.5', 'for a minute'],
      ['hold bob 0.5 --window 10m', 'for ten'],
    ],
  })
    .argument('<payee>', 'address, or name of an account of this machine')
    .argument('<max>', 'the most that the payee can capture, as 0.25')
    .option('--window <duration>', 'how long the payee has', '60s')
    .action(
      act((call, flags: { readonly window: string }, to: string, amount: string) =>
        withSession(call, { key: true, node: true }, async (session) => {
          const { client, amounts, name } = session;
          const payee = resolveAddress(call.settings.home, to);
          const max = amounts.parse(amount);
          const window = parseSeconds(flags.window, '--window');
          const { hold } = unwrap(await client.hold({ payee, max, window }));
          const { nonce, payer, sequence, index, deadline, height } = hold;
          rememberNonce(session, nonce);
          call.out.result(
            {
              status: 'done',
              nonce,
              payer,
              payee,
              max: amounts.plain(max),
              sequence,
              index,
              deadline,
              height,
            },
            `held ${amounts.show(max)} for ${name(payee)}: nonce ${nonce}, in block ${height}; ${showSeconds(window)} to capture it`,
          );
        }),
      ),
    );
}
