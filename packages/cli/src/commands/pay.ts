/**
 * `upfront pay`: announce, perform, final.
 */
import { unwrap } from '@upfront/client';
import type { Command } from 'commander';
import { resolveAddress } from '../accounts.ts';
import { act, createCommand } from '../command.ts';
import { parseReference } from '../csv.ts';
import { rememberNonce } from '../nonces.ts';
import { withSession } from '../session.ts';

interface Flags {
  readonly reference?: string;
  readonly announce?: boolean;
}

export function payCommand(): Command {
  return createCommand('pay', ['node', 'l1', 'genesis', 'account'], {
    summary: 'pay somebody: reserved first, then performed, then final',
    examples: [
      ['pay bob 0.25', 'bob is an account of this machine'],
      ['pay 0x… 12 --reference invoice-17', 'the payee sees the reference'],
      ['pay bob 0.25 --announce', 'only reserves; `upfront resume` performs it in time, or it is annulled'],
    ],
  })
    .argument('<to>', 'address, or name of an account of this machine')
    .argument('<amount>', 'in the asset, as 0.25')
    .option('--reference <text>', 'at most 32 bytes, or 0x and 64 hex digits')
    .option('--announce', 'announce only, and leave it open')
    .action(
      act((call, flags: Flags, to: string, amount: string) =>
        withSession(call, { key: true, node: true }, async (session) => {
          const { client, amounts, name } = session;
          const payee = resolveAddress(call.settings.home, to);
          const units = amounts.parse(amount);
          const reference = parseReference(flags.reference ?? '');
          const said = { status: 'done', to: payee, amount: amounts.plain(units) };
          if (flags.announce === true) {
            const activity = { kind: 'transfer', to: payee, amount: units, reference } as const;
            const { first, height, sequence } = unwrap(await client.fetchNonces({ activities: [activity] }));
            rememberNonce(session, first, ['dealt']);
            call.out.result(
              { ...said, status: 'open', nonce: first, height, sequence },
              `announced: nonce ${first}. \`upfront resume\` pays ${name(payee)} ${amounts.show(units)}; without it the nonce is annulled.`,
            );
            return;
          }
          const { nonce, height, sequence } = unwrap(
            await client.pay({ to: payee, amount: units, reference }),
          );
          rememberNonce(session, nonce, ['dealt', 'fulfilled']);
          call.out.result(
            { ...said, nonce, height, sequence },
            `paid ${name(payee)} ${amounts.show(units)}: nonce ${nonce}, final in block ${height}`,
          );
        }),
      ),
    );
}
