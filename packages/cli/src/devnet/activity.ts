/**
 * What happens on a devnet, line by line as it happens: events of the network, and claims on the first layer.
 */

import { createClient, type Followed } from '@upfront/client';
import { upfrontAbi } from '@upfront/contracts';
import { BaseError } from 'viem';
import { getBlockNumber, getContractEvents } from 'viem/actions';
import { createNames } from '../accounts.ts';
import { createAmounts } from '../amounts.ts';
import { createL1Client } from '../l1.ts';
import type { Output } from '../output.ts';
import { describeEvent, eventToJson, type Words } from '../words.ts';
import type { Devnet } from './start.ts';

const LOOK_MS = 1000;

/** Ends with the signals; what happened before the start is not told again. */
export async function showActivity(
  devnet: Devnet,
  home: string,
  out: Output,
  signals: { readonly events: AbortSignal; readonly claims: AbortSignal },
): Promise<void> {
  const words: Words = { amounts: createAmounts(devnet.network.asset), name: createNames(home) };
  await Promise.all([
    showEvents(devnet, words, out, signals.events),
    showClaims(devnet, words, out, signals.claims),
  ]);
}

async function showEvents(devnet: Devnet, words: Words, out: Output, signal: AbortSignal): Promise<void> {
  const client = createClient({ node: devnet.nodeUrl });
  try {
    for await (const followed of client.follow({ from: 'now', signal })) showEvent(followed, words, out);
  } finally {
    await client.close();
  }
}

function showEvent({ cursor, event, data }: Followed, words: Words, out: Output): void {
  // People have read it as posted already.
  if (event.type === 'delivered' && event.fulfilled && !out.isJson) return;
  const text = `${clock()}  block ${String(cursor.height).padEnd(5)} ${describeEvent(event, data, words)}`;
  out.result({ ...cursor, event: eventToJson(event, words.amounts) }, text);
}

async function showClaims(devnet: Devnet, words: Words, out: Output, signal: AbortSignal): Promise<void> {
  const client = createL1Client(devnet.l1Url);
  const contract = { address: devnet.network.contract, abi: upfrontAbi } as const;
  const show = (name: string, fields: object, text: string): void =>
    out.result({ l1: name, ...fields }, `${clock()}  L1 ${' '.repeat(8)} ${text}`);
  let next = (await getBlockNumber(client)) + 1n;
  while (!signal.aborted) {
    await pause(signal);
    try {
      const newest = await getBlockNumber(client, { cacheTime: 0 });
      if (signal.aborted || newest < next) continue;
      const range = { fromBlock: next, toBlock: newest, strict: true } as const;
      for (const { eventName, args } of await getContractEvents(client, { ...contract, ...range })) {
        if (eventName === 'Claimed') {
          const amount = words.amounts.plain(args.amount);
          const text = `${words.name(args.account)} was paid ${words.amounts.show(args.amount)}`;
          show('claimed', { account: args.account, amount }, text);
        } else if (eventName === 'Closed') {
          show('closed', {}, 'the contract has closed: everybody claims the settled balance');
        }
      }
      next = newest + 1n;
    } catch (error) {
      // A chain that is being stopped does not answer; one that died is told of by its end.
      if (!(error instanceof BaseError)) throw error;
    }
  }
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, LOOK_MS);
    signal.addEventListener('abort', done);
  });
}
