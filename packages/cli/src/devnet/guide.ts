/**
 * What a devnet prints when it is up: where everything is, and a session that can be pasted as it stands.
 */

import { listAccounts } from '../accounts.ts';
import { showSeconds } from '../durations.ts';
import { columns } from '../output.ts';
import { DEVNET_PASSWORD, type Devnet, FUNDED } from './start.ts';

const NEW_ACCOUNT = 'npx upfront account new carol --fund';

/** Lines of shell, each with what it does. */
export const SESSION: readonly (readonly [line: string, does: string])[] = [
  [`export UPFRONT_PASSWORD=${DEVNET_PASSWORD}`, 'of the keystores of this devnet; without it you are asked'],
  [NEW_ACCOUNT, 'a key of your own, with ETH on the first layer'],
  ['npx upfront deposit 1 --account carol', 'waits until the network has it'],
  ['npx upfront pay bob 0.25 --account carol', 'reserved, performed, final; prints its nonce'],
  ['npx upfront receipt get last --out receipt.json', 'the proof of it'],
  ['npx upfront receipt verify receipt.json', 'offline: asks nobody'],
  ['npx upfront hold bob 0.5 --window 1m --account carol', 'locked for bob; prints its nonce'],
  ['npx upfront capture last 0.2 --account bob', 'bob takes less than the maximum'],
  ['npx upfront post news "hello" --account carol', 'its place is fixed before anybody can read it'],
  ['npx upfront follow news --count 1', 'the topic from its beginning'],
  ['npx upfront withdraw 0.1 --account carol --wait', 'waits for the settlement on the first layer'],
  ['npx upfront claim --account carol', 'paid out by the contract'],
  ['npx upfront status', 'the network and the first layer'],
];

export function guide(devnet: Devnet, home: string): string[] {
  const { network, nodeUrl, l1Url } = devnet;
  const { parameters } = network.genesis;
  // A second devnet in this folder: the key is there already, and has no ETH on the new chain.
  const isThere = listAccounts(home).some(({ name }) => name === 'carol');
  const session = SESSION.map(([line, does]) =>
    isThere && line === NEW_ACCOUNT
      ? (['npx upfront faucet carol', 'ETH on the first layer'] as const)
      : ([line, does] as const),
  );
  const width = Math.max(...session.map(([line]) => line.length));
  return [
    '',
    ...columns([
      ['page', devnet.hasPage ? nodeUrl : 'none: `npm start` builds it'],
      ['node', `${nodeUrl}/v1/status`],
      ['first layer', `${l1Url}  (anvil, chain ${network.genesis.chainId}, a block a second)`],
      ['contract', network.contract],
      ['settlements', `every ${showSeconds(parameters.interval / 1000)}`],
      [
        'windows',
        `transfer ${showSeconds(parameters.windowTransfer / 1000)}, post ${showSeconds(parameters.windowPost / 1000)}`,
      ],
      [
        'accounts',
        `${FUNDED.map(([name]) => name).join(', ')}: 10,000 ETH each on the first layer, password \`${DEVNET_PASSWORD}\``,
      ],
      ['keys', `${home}/keys  (known to everybody: for this machine only)`],
    ]),
    '',
    'Try in another shell, in this folder:',
    '',
    ...session.map(([line, does]) => `  ${line.padEnd(width)}  # ${does}`),
    '',
    'Ctrl-C stops it. What happens:',
    '',
  ];
}
