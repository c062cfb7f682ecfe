/**
 * What a devnet prints when it is up: where everything is, and a session that can be pasted as it stands.
 */

import { listAccounts } from '../accounts.ts';
import { showSeconds } from '../durations.ts';
import { columns } from '../output.ts';
import { DEVNET_PASSWORD, type Devnet, FUNDED } from './start.ts';

const NEW_ACCOUNT = 'npx upfront account new carol --fund';

/** Lines of shell. Without comments, which not every shell takes when it is typed into. */
const SESSION: readonly string[] = [
  `export UPFRONT_PASSWORD=${DEVNET_PASSWORD}`,
  NEW_ACCOUNT,
  'npx upfront deposit 1 --account carol',
  'npx upfront pay bob 0.25 --account carol',
  'npx upfront receipt get last --out receipt.json',
  'npx upfront receipt verify receipt.json',
  'npx upfront hold bob 0.5 --window 1m --account carol',
  'npx upfront capture last 0.2 --account bob',
  'npx upfront post news "hello" --account carol',
  'npx upfront follow news --count 1',
  'npx upfront withdraw 0.1 --account carol --wait',
  'npx upfront claim --account carol',
  'npx upfront status',
];
/** What is left without an operator. */
const LEAVING: readonly string[] = [
  'npx upfront devnet stop-node',
  'npx upfront exit --account carol',
  'npx upfront devnet advance CLOSE_AGE',
  'npx upfront claim --account carol',
];

/** `closeAge` as it was given, or is by default. */
export function guide(devnet: Devnet, home: string, closeAge: string): string[] {
  const { network, nodeUrl, l1Url } = devnet;
  const { parameters } = network.genesis;
  // A second devnet in this folder: the key is there already, and has no ETH on the new chain.
  const isThere = listAccounts(home).some(({ name }) => name === 'carol');
  const session = SESSION.map((line) =>
    isThere && line === NEW_ACCOUNT ? 'npx upfront faucet carol' : line,
  );
  return [
    '',
    ...columns([
      ['page', devnet.hasPage ? nodeUrl : 'none: `npm start` builds it'],
      ['node', `${nodeUrl}/v1/status`],
      ['first layer', `${l1Url}  (anvil, chain ${network.genesis.chainId}, a block a second)`],
      ['contract', network.contract],
      ['genesis', devnet.genesisFile],
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
    'Try in another shell, in this folder; each says what it did:',
    '',
    ...session.map((line) => `  ${line}`),
    '',
    'And then leave, without the operator:',
    '',
    ...LEAVING.map((line) => `  ${line.replace('CLOSE_AGE', closeAge)}`),
    '',
    'Ctrl-C stops it. What happens:',
    '',
  ];
}
