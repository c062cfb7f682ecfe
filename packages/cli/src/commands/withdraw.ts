/**
 * `upfront withdraw`: money out the usual way; the next settlement makes it claimable.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { unwrap } from '@upfront/client';
import type { Command } from 'commander';
import { act, type Call, createCommand } from '../command.ts';
import { usageError } from '../errors.ts';
import { rememberNonce } from '../nonces.ts';
import { type Session, withSession } from '../session.ts';

const LOOK_MS = 500;

export function withdrawCommand(): Command {
  return createCommand('withdraw', ['node', 'l1', 'genesis', 'account'], {
    summary: 'take money out: claimable after the next settlement',
    more: 'The settlement keeps its entry fee. Whatever the operators do, `upfront exit` takes everything out.',
    examples: [
      ['withdraw 0.1', 'then `upfront claim` after the next settlement'],
      ['withdraw 0.1 --wait', 'ends when it can be claimed'],
    ],
  })
    .argument('<amount>', 'in the asset, as 0.25')
    .option('--wait', 'wait until it can be claimed')
    .action(
      act((call, flags: { readonly wait?: boolean }, amount: string) =>
        withSession(call, { key: true, node: true, l1: flags.wait === true }, async (session) => {
          const { client, amounts } = session;
          const units = amounts.parse(amount);
          const { dust } = session.network.genesis.parameters;
          if (units < dust) {
            throw usageError(
              `The least withdrawal is ${amounts.show(dust)}.`,
              'Withdraw more, or take everything out by `upfront exit`.',
            );
          }
          const before = flags.wait === true ? await claimable(session) : 0n;
          const { nonce, height, sequence } = unwrap(await client.withdraw({ amount: units }));
          rememberNonce(session, nonce, ['dealt', 'fulfilled']);
          const said = { status: 'done', amount: amounts.plain(units), nonce, height, sequence };
          const text = `withdrawn ${amounts.show(units)}: nonce ${nonce}, final in block ${height}`;
          if (flags.wait !== true) {
            call.out.result(said, text);
            call.out.note('Next: `upfront claim`, after the next settlement.');
            return;
          }
          call.out.note(`${text}; waiting for the settlement on the first layer …`);
          const now = await waitForMore(call, session, before);
          call.out.result({ ...said, claimable: amounts.plain(now) }, [
            text,
            `claimable on the first layer: ${amounts.show(now)}`,
          ]);
        }),
      ),
    );
}

async function waitForMore(call: Call, session: Session, before: bigint): Promise<bigint> {
  for (let looks = 1; ; looks += 1) {
    const now = await claimable(session);
    if (now > before) return now;
    if (looks % 60 === 0) call.out.note('Still waiting; `upfront status` says what the first layer has.');
    await sleep(LOOK_MS);
  }
}

async function claimable({ client }: Session): Promise<bigint> {
  return (await client.balanceOnL1()).claimable;
}
