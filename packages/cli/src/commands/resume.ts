/**
 * `upfront resume`: settles what a crash or a lost answer left open, and performs what was announced.
 */
import type { Command } from 'commander';
import { act, createCommand } from '../command.ts';
import { CliError } from '../errors.ts';
import { rememberNonce } from '../nonces.ts';
import { withSession } from '../session.ts';

export function resumeCommand(): Command {
  return createCommand('resume', ['node', 'l1', 'genesis', 'account'], {
    summary: 'settle what is not known, and perform what was announced',
    more: 'Safe to repeat: nothing is done twice. Ends with exit code 4 while something is still not known, and with 3 if something was not performed in time.',
    examples: [
      ['resume', 'after a crash, a lost answer, or `pay --announce`'],
      [
        'resume --recover',
        'with a lost journal: takes in from the chain what carries the account’s signature',
      ],
    ],
  })
    .option('--recover', 'first take in what another machine of this account has signed')
    .action(
      act((call, flags: { readonly recover?: boolean }) =>
        withSession(call, { key: true, node: true }, async (session) => {
          const { client } = session;
          const recovered = flags.recover === true ? await client.recover() : undefined;
          if (recovered?.isExplained === false) {
            throw new CliError(
              'failed',
              'The network counts more as spent than this account has signed for.',
              'Do not sign anything more with this node; `upfront exit` leaves without it.',
            );
          }
          const resumed = await client.resume();
          const made = resumed.flatMap(({ outcomes }) =>
            outcomes.map((one) => (one.status === 'done' ? one.nonce : -1)),
          );
          const last = Math.max(-1, ...made);
          if (last >= 0) rememberNonce(session, last, ['fulfilled']);
          const fetches = resumed.map(({ sequence, status, first, annulled, outcomes }) => ({
            sequence,
            status,
            nonce: first,
            annulled,
            performed: outcomes.filter((one) => one.status === 'done').length,
          }));
          const unknown = fetches.filter(({ status }) => status === 'unknown').length;
          const lines = fetches.map(({ sequence, status, nonce, annulled, performed }) => {
            const where = nonce === undefined ? '' : `, nonce ${nonce}`;
            const now = performed > 0 ? `, ${performed} performed now` : '';
            const never =
              annulled.length > 0 ? `, annulled and never performed: nonce ${annulled.join(', ')}` : '';
            return `sequence ${sequence}${where}: ${status}${now}${never}`;
          });
          const isAnnulled = fetches.some(({ annulled }) => annulled.length > 0);
          call.out.result(
            {
              status: unknown > 0 ? 'unknown' : isAnnulled ? 'annulled' : 'done',
              recovered: recovered?.sequences,
              fetches,
            },
            lines.length === 0 ? 'nothing is open' : lines,
          );
          if (unknown > 0) process.exitCode = 4;
          else if (isAnnulled) process.exitCode = 3;
        }),
      ),
    );
}
