/**
 * `upfront validate`: follows the chain, re-executes every block, and puts on record that it is as the node says.
 */
import type { Command } from 'commander';
import { act, createCommand } from '../command.ts';
import { parseCount, parseSeconds } from '../durations.ts';
import { untilInterrupted } from '../interrupt.ts';
import { withSession } from '../session.ts';

interface Flags {
  readonly until?: string;
  readonly record: boolean;
  readonly interval: string;
  readonly every: string;
}

export function validateCommand(): Command {
  return createCommand('validate', ['node', 'l1', 'genesis', 'account'], {
    summary: 're-execute every block and compare; put on record that it is right',
    more: 'Nothing of the node is believed but the bytes of blocks. The first block that is not what the rules say ends it with exit code 6.',
    examples: [
      ['validate --no-record', 'only checks; needs no account'],
      ['validate --interval 10m', 'puts a validation on record every ten minutes'],
      ['validate --until 1000 --no-record', 'ends at a height'],
    ],
  })
    .option('--no-record', 'put nothing on record')
    .option('--interval <duration>', 'time between validations on record', '60s')
    .option('--until <height>', 'end at this height')
    .option('--every <n>', 'print every nth block', '1')
    .action(
      act((call, flags: Flags) =>
        withSession(call, { key: flags.record, node: true }, async ({ client }) => {
          const until = flags.until === undefined ? undefined : parseCount(flags.until, '--until');
          const every = Math.max(1, parseCount(flags.every, '--every'));
          const interval = 1000 * parseSeconds(flags.interval, '--interval');
          const interrupt = untilInterrupted();
          const stream = client.validate({ record: flags.record, interval, until, signal: interrupt.signal });
          for await (const { height, digest, signers, recorded } of stream) {
            if (height % every !== 0 && recorded === undefined && height !== until) continue;
            const onRecord = recorded?.status === 'done' ? recorded.nonce : undefined;
            const failure = recorded?.status === 'refused' ? `not on record: ${recorded.name}` : '';
            const note = onRecord === undefined ? failure : `on record as nonce ${onRecord}`;
            call.out.result(
              {
                height,
                digest,
                signers,
                nonce: onRecord,
                code: recorded?.status === 'refused' ? recorded.code : undefined,
              },
              `block ${height}: the same header here, signed by ${signers}${note === '' ? '' : `; ${note}`}`,
            );
          }
          interrupt.release();
        }),
      ),
    );
}
