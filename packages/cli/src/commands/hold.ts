/**
 * `upfront hold`: money that is locked for a payee, which takes what it has earned.
 */
import { unwrap } from '@upfront/client';
import type { Parameters } from '@upfront/core';
import type { Command } from 'commander';
import { resolveAddress } from '../accounts.ts';
import { act, createCommand } from '../command.ts';
import { parseSeconds, showSeconds } from '../durations.ts';
import { usageError } from '../errors.ts';
import { rememberNonce } from '../nonces.ts';
import { withSession } from '../session.ts';

export function holdCommand(): Command {
  return createCommand('hold', ['node', 'l1', 'genesis', 'account'], {
    summary: 'lock money for somebody, who captures at most that within a window',
    more: 'Tell the payee the nonce. What it does not capture is yours again, at the latest when the window is over.',
    examples: [
      ['hold bob 0.5', 'for a minute, on most networks'],
      ['hold bob 0.5 --window 10m', 'for ten'],
    ],
  })
    .argument('<payee>', 'address, or name of an account of this machine')
    .argument('<max>', 'the most that the payee can capture, as 0.25')
    .option('--window <duration>', 'how long the payee has (default: as long as a transfer may take)')
    .action(
      act((call, flags: { readonly window?: string }, to: string, amount: string) =>
        withSession(call, { key: true, node: true }, async (session) => {
          const { client, amounts, name, network } = session;
          const payee = resolveAddress(call.settings.home, to);
          const max = amounts.parse(amount);
          const window = windowOf(flags.window, network.genesis.parameters);
          const { hold } = unwrap(await client.hold({ payee, max, window }));
          const { nonce, payer, sequence, index, deadline, height } = hold;
          rememberNonce(session, nonce, ['dealt', 'hold']);
          call.out.result(
            {
              status: 'done',
              nonce,
              payer,
              payee,
              max: amounts.plain(max),
              window,
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

/** s. Throws CliError if the network allows no such window. */
function windowOf(
  text: string | undefined,
  { windowTransfer, windowHoldLeast: least, windowHoldMost: most }: Parameters,
): number {
  if (text === undefined) return Math.min(Math.max(Math.round(windowTransfer / 1000), least), most);
  const window = parseSeconds(text, '--window');
  if (window >= least && window <= most) return window;
  const range = `${showSeconds(least)} to ${showSeconds(most)}`;
  throw usageError(
    `The window is ${showSeconds(window)}; this network allows ${range}.`,
    `Write it as --window ${Math.min(Math.max(window, least), most)}s.`,
  );
}
