/**
 * `upfront faucet`: ETH on the first layer of a devnet, for transactions and deposits.
 */
import type { Command } from 'commander';
import { parseEther } from 'viem';
import { chosenAddress, resolveAddress } from '../accounts.ts';
import { act, createCommand } from '../command.ts';
import { FAUCET_ETHER, giveEther } from '../devnet/faucet.ts';
import { usageError } from '../errors.ts';
import { createL1Client, l1UrlOf } from '../l1.ts';
import { addressOf } from '../session.ts';

export function faucetCommand(): Command {
  return createCommand('faucet', ['l1', 'account'], {
    summary: 'get ETH on the first layer of a devnet',
    examples: [
      ['faucet', `${FAUCET_ETHER} ETH for the account in use`],
      ['faucet bob 2.5', 'more or less for somebody else'],
    ],
  })
    .argument('[account]', 'name or address')
    .argument('[ether]', 'how much ETH', FAUCET_ETHER)
    .action(
      act(async ({ out, settings }, _flags, given: string | undefined, ether: string) => {
        const address =
          given === undefined
            ? addressOf({ address: chosenAddress(settings) })
            : resolveAddress(settings.home, given);
        if (!/^\d{1,6}(\.\d{1,18})?$/.test(ether))
          throw usageError(`\`${ether}\` is no amount of ETH.`, 'Write it as 2.5');
        await giveEther(createL1Client(l1UrlOf(settings)), address, parseEther(ether));
        out.result({ status: 'done', address, ether }, `${address} got ${ether} ETH on the first layer`);
      }),
    );
}
