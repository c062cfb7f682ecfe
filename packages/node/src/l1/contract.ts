// What is read of the contract `Upfront` on the first layer, in this node's own types. Every read names its
// block, so that what belongs together is read together. Numbers of blocks, items and settlements are below
// 2^53.

import { upfrontAbi } from '@upfront/contracts';
import type { Item } from '@upfront/core';
import { type Address, type Client, type Hex, hexToBytes, parseEventLogs } from 'viem';
import { getBlock, getChainId, getCode, getLogs, readContract } from 'viem/actions';

/** Which block counts as final: 'finalized' on Ethereum, another one on chains without it. */
export type L1Tag = 'finalized' | 'safe' | 'latest';

export interface L1Block {
  readonly number: number;
  readonly hash: Hex;
  /** ms. */
  readonly time: number;
}

/** The contract's state as of one block. */
export interface ContractState {
  readonly items: number;
  /** Number of the last settlement. */
  readonly settled: number;
  /** How many validators there are. */
  readonly validators: number;
  readonly closed: boolean;
}

interface Place {
  readonly block: number;
  readonly transaction: Hex;
}

export type ContractEvent = Place &
  (
    | { readonly name: 'Item'; readonly number: number; readonly item: Item }
    | { readonly name: 'Settled'; readonly number: number; readonly height: number; readonly inbox: number }
    | { readonly name: 'Rotated'; readonly validator: Uint8Array; readonly isIn: boolean }
    | { readonly name: 'Accused'; readonly validator: Uint8Array }
    | { readonly name: 'Closed' }
  );

export interface ContractReader {
  chainId(): Promise<number>;
  hasCode(): Promise<boolean>;
  block(at: L1Tag | number): Promise<L1Block>;
  state(block: number): Promise<ContractState>;
  head(item: number, block: number): Promise<Uint8Array>;
  /** In the order of the chain, from block `from` to block `to`, both included. */
  events(from: number, to: number): Promise<ContractEvent[]>;
  /** The event of one settlement, if it is in these blocks. */
  settled(number: number, from: number, to: number): Promise<ContractEvent | undefined>;
}

const WATCHED = upfrontAbi.filter(
  (entry) =>
    entry.type === 'event' && ['Item', 'Settled', 'Rotated', 'Accused', 'Closed'].includes(entry.name),
) as Extract<(typeof upfrontAbi)[number], { type: 'event' }>[];
const SETTLED = WATCHED.filter((entry) => entry.name === 'Settled');

export function createContractReader(client: Client, address: Address): ContractReader {
  const contract = { address, abi: upfrontAbi } as const;
  return {
    chainId: () => getChainId(client),
    hasCode: async () => {
      const code = await getCode(client, { address });
      return code !== undefined && code !== '0x';
    },
    block: async (at) => {
      const block = await getBlock(
        client,
        typeof at === 'number' ? { blockNumber: BigInt(at) } : { blockTag: at },
      );
      // Typed as the pending block's, too: that one has neither number nor hash, and is never asked for.
      return { number: Number(block.number!), hash: block.hash!, time: Number(block.timestamp) * 1000 };
    },
    state: async (block) => {
      const at = { ...contract, blockNumber: BigInt(block) };
      const [items, settled, validators, closed] = await Promise.all([
        readContract(client, { ...at, functionName: 'items' }),
        readContract(client, { ...at, functionName: 'number' }),
        readContract(client, { ...at, functionName: 'validators' }),
        readContract(client, { ...at, functionName: 'closed' }),
      ]);
      return { items: Number(items), settled: Number(settled), validators, closed };
    },
    head: async (item, block) => {
      const blockNumber = BigInt(block);
      const args = [BigInt(item)] as const;
      return hexToBytes(
        await readContract(client, { ...contract, functionName: 'heads', args, blockNumber }),
      );
    },
    events: async (from, to) => {
      const range = { fromBlock: BigInt(from), toBlock: BigInt(to) };
      return decode(await getLogs(client, { address, events: WATCHED, ...range }));
    },
    settled: async (number, from, to) => {
      const range = { fromBlock: BigInt(from), toBlock: BigInt(to) };
      const logs = await getLogs(client, { address, events: SETTLED, ...range });
      return decode(logs).find((event) => event.name === 'Settled' && event.number === number);
    },
  };
}

function decode(logs: Parameters<typeof parseEventLogs>[0]['logs']): ContractEvent[] {
  const events: ContractEvent[] = [];
  for (const log of parseEventLogs({ abi: upfrontAbi, logs, strict: true })) {
    const place = { block: Number(log.blockNumber!), transaction: log.transactionHash! };
    if (log.eventName === 'Item') {
      const { number, kind, account, amount, data } = log.args;
      const item = { kind, account: hexToBytes(account), amount, data: hexToBytes(data) };
      events.push({ ...place, name: 'Item', number: Number(number), item });
    } else if (log.eventName === 'Settled') {
      const { number, height, inbox } = log.args;
      const counts = { number: Number(number), height: Number(height), inbox: Number(inbox) };
      events.push({ ...place, name: 'Settled', ...counts });
    } else if (log.eventName === 'Rotated') {
      const { validator, isIn } = log.args;
      events.push({ ...place, name: 'Rotated', validator: hexToBytes(validator), isIn });
    } else if (log.eventName === 'Accused') {
      events.push({ ...place, name: 'Accused', validator: hexToBytes(log.args.validator) });
    } else if (log.eventName === 'Closed') {
      events.push({ ...place, name: 'Closed' });
    }
  }
  return events;
}
