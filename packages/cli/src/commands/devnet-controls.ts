/**
 * What one does to a running devnet from another shell: `stop-node` takes the operator away, `advance` moves time on.
 */
import type { Command } from 'commander';
import { getBlock } from 'viem/actions';
import { act, createCommand } from '../command.ts';
import { assertDevnet } from '../devnet/faucet.ts';
import { orderNodeToStop } from '../devnet/running.ts';
import { parseSeconds } from '../durations.ts';
import { askL1, createL1Client, l1UrlOf } from '../l1.ts';

export function stopNodeCommand(): Command {
  return createCommand('stop-node', [], {
    summary: 'take the operator of the running devnet away for good; the first layer stays',
    more: 'To see what is left without it: `upfront exit`, then `upfront devnet advance 3d`, then `upfront claim`. A new start of the devnet has a node again.',
    examples: [['devnet stop-node', 'in another shell, in the folder of the devnet']],
  }).action(
    act(async ({ out, settings }) => {
      await orderNodeToStop(settings);
      out.result(
        { status: 'done', nodeUrl: settings.nodeUrl },
        `the operator is gone for good: nothing answers at ${settings.nodeUrl}`,
      );
    }),
  );
}

export function advanceCommand(): Command {
  return createCommand('advance', ['l1'], {
    summary: 'move the clock of the devnet’s first layer on',
    more: 'Only its own clock: what the network waits for on the first layer, such as the close age of an exit, is over sooner.',
    examples: [['devnet advance 3d', 'past the close age']],
  })
    .argument('<duration>', 'as 30s, 10m, 2h or 3d')
    .action(
      act(async ({ out, settings }, _flags, duration: string) => {
        const seconds = parseSeconds(duration, 'The duration');
        const client = createL1Client(l1UrlOf(settings));
        await assertDevnet(client);
        const time = await askL1('Moving the clock', async () => {
          // A second more: what is due behind a duration is due then.
          await client.request<Method>({ method: 'evm_increaseTime', params: [seconds + 1] });
          await client.request<Method>({ method: 'anvil_mine', params: ['0x1'] });
          const { timestamp } = await getBlock(client);
          return new Date(1000 * Number(timestamp)).toISOString();
        });
        out.result({ status: 'done', seconds, time }, `it is ${time} on the first layer`);
      }),
    );
}

/** anvil's own, which viem has no types of for a plain client. */
interface Method {
  Method: 'evm_increaseTime' | 'anvil_mine';
  Parameters: readonly [number | string];
  ReturnType: unknown;
}
