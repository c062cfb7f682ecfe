/**
 * `upfront account balance`: what an account has in the network, in the contract, and beside both.
 */
import {
  BaseError,
  DisconnectedError,
  type L1Account,
  type NodeAccount,
  NoNodeError,
  TimeoutError,
} from '@upfront/client';
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
    more: 'If the node does not answer, what the first layer has is shown: it is what `upfront exit` takes out.',
    examples: [
      ['account balance', 'of the account in use'],
      ['account balance bob --json', 'as JSON'],
    ],
  })
    .argument('[account]', 'name or address')
    .action(
      act((call, _flags, given?: string) =>
        withSession(call, {}, (session) => showBalance(call, session, given)),
      ),
    );
}

/** What is settled needs no node: an account must be able to see it when its operator is gone. */
async function showBalance({ out, settings }: Call, session: Session, given?: string): Promise<void> {
  const { client, amounts, network } = session;
  const { asset } = network;
  const address = given === undefined ? addressOf(session) : resolveAddress(settings.home, given);
  const { l1Url } = settings;
  const view = await askNode(client.node.account(address), l1Url);
  const l1 = l1Url === undefined ? undefined : await client.balanceOnL1({ address });
  const wallet = l1Url === undefined ? undefined : await readWallet(createL1Client(l1Url), asset, address);
  if (view instanceof BaseError) {
    out.warn(`${view.shortMessage} Only what the first layer has is shown; \`upfront exit\` needs no node.`);
  }
  const rows = [
    ...(view instanceof BaseError ? [] : networkRows(view, amounts)),
    ...(l1 === undefined
      ? []
      : [
          [
            '  in the contract',
            `settled ${amounts.show(l1.balance)}, claimable ${amounts.show(l1.claimable)}`,
          ] as const,
        ]),
    ...(isLeaving(view, l1)
      ? [['  leaving', '`upfront claim` pays, or says what it waits for'] as const]
      : []),
    ...(wallet === undefined ? [] : [['  wallet', walletWords(wallet, asset)] as const]),
  ];
  const json = {
    address,
    asset: asset.symbol,
    isNodeReachable: !(view instanceof BaseError),
    ...(view instanceof BaseError ? {} : networkToJson(view, amounts)),
    l1: l1 && l1ToJson(l1, amounts.plain),
    wallet: wallet && { eth: formatEther(wallet.ether), asset: formatUnits(wallet.asset, asset.decimals) },
  };
  out.result(json, [`${session.name(address)}  ${address}`, ...columns(rows)]);
}

/** In a contract that has closed an exit is never acknowledged; without a balance nothing is left to wait for. */
function isLeaving(view: NodeAccount | BaseError, l1: L1Account | undefined): boolean {
  if (l1 !== undefined) return l1.exiting && l1.balance > 0n;
  return !(view instanceof BaseError) && view.exiting;
}

/** The answer, or why there is none. Throws what was thrown if there is no first layer to show instead. */
async function askNode<T>(answer: Promise<T>, l1Url: string | undefined): Promise<T | BaseError> {
  try {
    return await answer;
  } catch (error) {
    const isSilent = SILENCE.some((kind) => error instanceof kind);
    if (isSilent && l1Url !== undefined) return error as BaseError;
    throw error;
  }
}

const SILENCE = [DisconnectedError, TimeoutError, NoNodeError] as const;

function networkRows(view: NodeAccount, { show }: Amounts): (readonly [string, string])[] {
  const money = `${show(view.balance)}, of which free ${show(view.free)}, reserved ${show(view.reserved)}`;
  const standing = `${view.standing / STANDING_ONE} of 1, allowance ${view.allowance} nonces, open ${view.openNonces}`;
  return [
    ['  in the network', money],
    ['  standing', standing],
    ...(view.payoutOwed > 0n ? [['  to be paid out', show(view.payoutOwed)] as const] : []),
  ];
}

function networkToJson(view: NodeAccount, { plain }: Amounts): object {
  return {
    balance: plain(view.balance),
    free: plain(view.free),
    reserved: plain(view.reserved),
    payoutOwed: plain(view.payoutOwed),
    unsettled: plain(view.unsettled),
    standing: view.standing / STANDING_ONE,
    allowance: view.allowance,
    openNonces: view.openNonces,
    isExiting: view.exiting,
    height: view.height,
  };
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
