/**
 * `upfront status`: the network, and how it stands with the first layer.
 */
import type { Command } from 'commander';
import { getAddress } from 'viem';
import { act, createCommand } from '../command.ts';
import { columns } from '../output.ts';
import { type Session, withSession } from '../session.ts';

export function statusCommand(): Command {
  return createCommand('status', ['node', 'l1', 'genesis'], {
    summary: 'the network, and how it stands with the first layer',
    examples: [['status --json', 'as JSON']],
  }).action(
    act((call) =>
      withSession(call, { node: true }, async ({ client, network, amounts }) => {
        const status = await client.status();
        const { l1, height, clock, nonces, openNonces, lagging, engine } = status;
        const validators = status.validators.map((one) => getAddress(one));
        const contract = call.settings.l1Url === undefined ? undefined : await readContract(client);
        const contractWords =
          contract &&
          `${network.contract}, settlement ${contract.number}, items ${contract.acknowledged} of ${contract.items} acknowledged`;
        const { asset, ...facts } = { ...status, asset: network.asset };
        call.out.result(
          { ...facts, contract: network.contract, validators, asset, l1: { ...l1, contract } },
          columns([
            ['node', `${call.settings.nodeUrl}  (${engine}, ${status.version})`],
            ['network', `${network.hash}, chain ${network.genesis.chainId}`],
            ['block', `${height}, clock ${clock} ms${lagging ? ', LAGGING: no fetch is dealt' : ''}`],
            ['nonces', `${nonces} dealt, ${openNonces} open`],
            ['settlements', `${l1.formed} formed, ${l1.settled} on the first layer`],
            ['items', `${l1.imported} imported, ${l1.acknowledged} acknowledged`],
            ['validators', validators.join(', ')],
            ['smallest amount', amounts.show(1n)],
            ...(contractWords === undefined
              ? []
              : [['contract', `${contractWords}${contract?.closed ? ', CLOSED' : ''}`] as const]),
          ]),
        );
      }),
    ),
  );
}

async function readContract(client: Session['client']) {
  const { l1, contract } = await client.contract('status');
  const [number, items, acknowledged, closed] = await Promise.all([
    l1.value(contract, 'number'),
    l1.value(contract, 'items'),
    l1.value(contract, 'acknowledged'),
    l1.value(contract, 'closed'),
  ]);
  return {
    address: getAddress(contract),
    number: Number(number),
    items: Number(items),
    acknowledged: Number(acknowledged),
    closed,
  };
}
