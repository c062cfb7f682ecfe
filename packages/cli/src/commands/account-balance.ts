/**
 * `upfront account balance`: what an account has in the network, in the contract, and beside both.
 */
import type { L1Account } from '@upfront/client';
import { STANDING_ONE } from '@upfront/core';
import type { Command } from 'commander';
import { formatEther, formatUnits, zeroAddress } from 'viem';
import { resolveAddress } from '../accounts.ts';
import type { Amounts } from '../amounts.ts';
import { act, type Call, createCommand } from '../command.ts';
import type { Asset } from '../genesis-file.ts';
import { createL1Client, readWallet } from '../l1.ts';
import { columns } from '../output.ts';
import { addressOf, type Session, withSession } from '../session.ts';

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
        withSession(call, { node: true }, (session) => showBalance(call, session, given)),
      ),
    );
}

async function showBalance({ out, settings }: Call, session: Session, given?: string): Promise<void> {
  const { client, amounts, network } = session;
  const { asset } = network;
  const { plain, show } = amounts;
  const address = given === undefined ? addressOf(session) : resolveAddress(settings.home, given);
  const view = await client.balance({ address });
  const l1Url = settings.l1Url;
  const wallet = l1Url === undefined ? undefined : await readWallet(createL1Client(l1Url), asset, address);
  const standing = view.standing / STANDING_ONE;
  const rows: (readonly [string, string])[] = [
    [
      '  in the network',
      `${show(view.balance)}, of which free ${show(view.free)}, reserved ${show(view.reserved)}`,
    ],
    ['  standing', `${standing}, allowance ${view.allowance} nonces, open ${view.openNonces}`],
  ];
  if (view.payoutOwed > 0n) rows.push(['  to be paid out', show(view.payoutOwed)]);
  if (view.exiting) rows.push(['  leaving', 'an exit waits to be acknowledged']);
  if (view.l1 !== undefined) {
    rows.push([
      '  in the contract',
      `settled ${show(view.l1.balance)}, claimable ${show(view.l1.claimable)}`,
    ]);
  }
  if (wallet !== undefined) rows.push(['  wallet', walletWords(wallet, asset)]);
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
    l1: view.l1 && l1ToJson(view.l1, plain),
    wallet: wallet && { eth: formatEther(wallet.ether), asset: formatUnits(wallet.asset, asset.decimals) },
  };
  out.result(json, [`${session.name(address)}  ${address}`, ...columns(rows)]);
}

function l1ToJson({ balance, claimable, debited, exiting }: L1Account, plain: Amounts['plain']): object {
  return {
    balance: plain(balance),
    claimable: plain(claimable),
    debited: plain(debited),
    isExiting: exiting,
  };
}

function walletWords(wallet: { ether: bigint; asset: bigint }, { address, symbol, decimals }: Asset): string {
  const ether = `${formatEther(wallet.ether)} ETH`;
  return address === zeroAddress ? ether : `${ether}, ${formatUnits(wallet.asset, decimals)} ${symbol}`;
}
