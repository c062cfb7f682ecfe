/**
 * `upfront account balance`: what an account has in the network, in the contract, and beside both.
 */
import { STANDING_ONE } from '@upfront/core';
import type { Command } from 'commander';
import { formatEther, formatUnits, zeroAddress } from 'viem';
import { resolveAddress } from '../accounts.ts';
import { act, createCommand } from '../command.ts';
import { createL1Client, readWallet } from '../l1.ts';
import { columns } from '../output.ts';
import { addressOf, withSession } from '../session.ts';

export function balanceCommand(): Command {
  return createCommand('balance', ['node', 'l1', 'genesis', 'account'], {
    summary: 'what an account has in the network and on the first layer',
    examples: [
      ['account balance', 'of the account in use'],
      ['account balance bob --json', 'as JSON'],
    ],
  })
    .argument('[account]', 'name or address')
    .action(
      act((call, _flags, given?: string) =>
        withSession(call, { node: true }, async (session) => {
          const { out, settings } = call;
          const { client, amounts, network } = session;
          const address = given === undefined ? addressOf(session) : resolveAddress(settings.home, given);
          const view = await client.balance({ address });
          const { asset } = network;
          const wallet =
            settings.l1Url === undefined
              ? undefined
              : await readWallet(createL1Client(settings.l1Url), asset, address);
          const inAsset = wallet && formatUnits(wallet.asset, asset.decimals);
          const standing = view.standing / STANDING_ONE;
          const { plain, show } = amounts;
          const l1 = view.l1 && {
            balance: plain(view.l1.balance),
            claimable: plain(view.l1.claimable),
            debited: plain(view.l1.debited),
            isExiting: view.l1.exiting,
          };
          const json = {
            address,
            asset: asset.symbol,
            balance: plain(view.balance),
            free: plain(view.free),
            reserved: plain(view.reserved),
            payoutOwed: plain(view.payoutOwed),
            unsettled: plain(view.unsettled),
            standing,
            allowance: view.allowance,
            openNonces: view.openNonces,
            isExiting: view.exiting,
            height: view.height,
            l1,
            wallet: wallet && { eth: formatEther(wallet.ether), asset: inAsset },
          };
          const isToken = asset.address !== zeroAddress;
          out.result(json, [
            `${session.name(address)}  ${address}`,
            ...columns([
              [
                '  in the network',
                `${show(view.balance)}, of which free ${show(view.free)}, reserved ${show(view.reserved)}`,
              ],
              ['  standing', `${standing}, allowance ${view.allowance} nonces, open ${view.openNonces}`],
              ...(view.payoutOwed > 0n ? [['  to be paid out', show(view.payoutOwed)] as const] : []),
              ...(view.l1
                ? [
                    [
                      '  in the contract',
                      `settled ${show(view.l1.balance)}, claimable ${show(view.l1.claimable)}`,
                    ] as const,
                  ]
                : []),
              ...(wallet
                ? [
                    [
                      '  wallet',
                      `${formatEther(wallet.ether)} ETH${isToken ? `, ${inAsset} ${asset.symbol}` : ''}`,
                    ] as const,
                  ]
                : []),
              ...(view.exiting ? [['  leaving', 'an exit waits to be acknowledged'] as const] : []),
            ]),
          ]);
        }),
      ),
    );
}
