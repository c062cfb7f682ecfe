/**
 * ETH on the first layer of a devnet, from a key that everybody knows.
 */
import { DEV_KEYS } from '@upfront/node';
import { type Address, type Client, formatEther } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { getBalance, sendTransaction, waitForTransactionReceipt } from 'viem/actions';
import { usageError } from '../errors.ts';
import { askL1, chainIdOf } from '../l1.ts';

export const FAUCET_ETHER = '10';

/** anvil's and hardhat's. */
const DEVNET_CHAIN_ID = 31337;
/** The first three of anvil's keys are the operator's, alice's and bob's. */
const FAUCET_KEY = DEV_KEYS[9];

/** Throws CliError if the chain is not one on which keys that everybody knows have money. */
export async function assertDevnet(client: Client): Promise<void> {
  const chainId = await chainIdOf(client);
  if (chainId === DEVNET_CHAIN_ID) return;
  throw usageError(
    `Chain ${chainId} is no devnet: nobody gives money away there.`,
    'Send ETH to the account from a wallet.',
  );
}

/** Gives an account ETH on a devnet. Throws CliError on any other chain. */
export async function giveEther(client: Client, to: Address, wei: bigint): Promise<void> {
  await assertDevnet(client);
  const account = privateKeyToAccount(FAUCET_KEY);
  await askL1('The faucet', async () => {
    const has = await getBalance(client, { address: account.address });
    if (has <= wei)
      throw usageError(
        `The faucet has ${formatEther(has)} ETH left.`,
        'Ask for less, or start a fresh devnet.',
      );
    const hash = await sendTransaction(client, { account, to, value: wei, chain: null });
    await waitForTransactionReceipt(client, { hash });
  });
}
