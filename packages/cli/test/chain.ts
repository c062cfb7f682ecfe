/**
 * The first layer as the tests look at it, past the command line: with viem, in base units.
 */
import { upfrontAbi } from '@upfront/contracts';
import { type Address, createPublicClient, type Hex, http } from 'viem';

export interface Chain {
  /** wei. */
  ether(address: Address): Promise<bigint>;
  /** wei that transactions of an account have cost. */
  gasOf(transactions: readonly Hex[]): Promise<bigint>;
  /** Units. */
  account(
    address: Address,
  ): Promise<{ balance: bigint; debited: bigint; claimable: bigint; exiting: boolean }>;
  value(name: 'total' | 'pool' | 'number' | 'items' | 'acknowledged'): Promise<bigint>;
  isClosed(): Promise<boolean>;
}

export function lookAt(url: string, contract: Address): Chain {
  const client = createPublicClient({ transport: http(url) });
  const at = { address: contract, abi: upfrontAbi } as const;
  return {
    ether: (address) => client.getBalance({ address }),
    async gasOf(transactions) {
      const receipts = await Promise.all(transactions.map((hash) => client.getTransactionReceipt({ hash })));
      return receipts.reduce((sum, { gasUsed, effectiveGasPrice }) => sum + gasUsed * effectiveGasPrice, 0n);
    },
    async account(address) {
      const [balance, debited, claimable, , exiting] = await client.readContract({
        ...at,
        functionName: 'accounts',
        args: [address],
      });
      return { balance, debited, claimable, exiting };
    },
    value: async (name) => BigInt(await client.readContract({ ...at, functionName: name })),
    isClosed: () => client.readContract({ ...at, functionName: 'closed' }),
  };
}
