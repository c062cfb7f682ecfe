// An EVM node at its best: anvil takes pre-signed ETH transfers in JSON-RPC batches without mining, then makes one
// large block of them. In memory, nothing is durable. (Its auto-mining is far slower by a defect.)

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Hashes } from '@upfront/core';
import { bytesToHex, type Hex, keccak256, parseGwei, serializeTransaction } from 'viem';
import type { Curve } from '../packages/node/src/signatures/curve.ts';

const TRANSFERS = 4000;
const BATCH = 500;
const SENDERS = 10;
const CHAIN = 31337;

/** Transfers a second, from the first one sent to the block's receipts; a fresh node each time. */
export async function measureAnvil(curve: Curve, hashes: Hashes): Promise<number> {
  const keys = Array.from({ length: SENDERS }, (_, i) => hashes.sha256(Buffer.from(`upfront bench ${i}`)));
  const transfers = sign(curve, keys);
  const args = ['--port', '0', '--no-mining', '--order', 'fifo', '--gas-limit', '30000000000'];
  const node = spawn('anvil', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const url = await listening(node.stdout);
    node.stdout.resume();
    await call(url, funds(curve, keys));
    const start = performance.now();
    for (let at = 0; at < transfers.length; at += BATCH) {
      const part = transfers.slice(at, at + BATCH);
      await call(
        url,
        part.map((raw) => ({ method: 'eth_sendRawTransaction', params: [raw] })),
      );
    }
    await call(url, [{ method: 'evm_mine', params: [] }]);
    const [block] = await call(url, [{ method: 'eth_getBlockReceipts', params: ['latest'] }]);
    const seconds = (performance.now() - start) / 1000;
    const count = (block as unknown[]).length;
    if (count !== TRANSFERS) throw new Error(`anvil put ${count} of ${TRANSFERS} transfers into its block`);
    return TRANSFERS / seconds;
  } finally {
    node.kill();
    await once(node, 'exit');
  }
}

function funds(curve: Curve, keys: readonly Uint8Array[]): Call[] {
  return keys.map((key) => ({
    method: 'anvil_setBalance',
    params: [bytesToHex(curve.addressOf(key)), '0xd3c21bcecceda1000000'],
  }));
}

function sign(curve: Curve, keys: readonly Uint8Array[]): Hex[] {
  return Array.from({ length: TRANSFERS }, (_, i) => {
    const key = keys[i % SENDERS]!;
    const transaction = {
      type: 'eip1559',
      chainId: CHAIN,
      nonce: Math.floor(i / SENDERS),
      to: `0x${(0x1000 + i).toString(16).padStart(40, '0')}`,
      value: 1n,
      gas: 21_000n,
      maxFeePerGas: parseGwei('10'),
      maxPriorityFeePerGas: 0n,
    } as const;
    const digest = keccak256(serializeTransaction(transaction), 'bytes');
    const signature = curve.sign(digest, key);
    const yParity = signature[32]! >> 7;
    const s = signature.slice(32);
    s[0] = s[0]! & 0x7f;
    return serializeTransaction(transaction, {
      r: bytesToHex(signature.slice(0, 32)),
      s: bytesToHex(s),
      yParity,
    });
  });
}

interface Call {
  readonly method: string;
  readonly params: readonly unknown[];
}

async function call(url: string, calls: readonly Call[]): Promise<unknown[]> {
  const body = JSON.stringify(calls.map((one, id) => ({ jsonrpc: '2.0', id, ...one })));
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  const answers = (await response.json()) as { result?: unknown; error?: { message: string } }[];
  for (const { error } of answers) if (error) throw new Error(`anvil says: ${error.message}`);
  return answers.map(({ result }) => result);
}

async function listening(output: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for (;;) {
    const [chunk] = (await once(output, 'data')) as [Buffer];
    text += chunk;
    const place = /Listening on (\S+)/.exec(text)?.[1];
    if (place !== undefined) return `http://${place}`;
  }
}
