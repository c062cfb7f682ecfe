// What the tests of this folder stand on: a fresh chain with the contract, users and validators; settlements
// laid out by hand from docs/protocol.md, 9, and signed with viem, so that nothing is tested against itself;
// a cable to cut.

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { upfrontAbi } from '@upfront/contracts';
import {
  type Address,
  type Client,
  concat,
  createClient,
  encodeAbiParameters,
  encodePacked,
  type Hex,
  hexToBytes,
  http,
  keccak256,
  type LocalAccount,
  parseAbiParameters,
  parseSignature,
  serializeCompactSignature,
  signatureToCompactSignature,
  zeroAddress,
  zeroHash,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { readContract, waitForTransactionReceipt, writeContract } from 'viem/actions';
import { type Anvil, type AnvilOptions, DEV_KEYS, startAnvil } from './anvil.ts';
import { type Deployment, deployUpfront, validatorBond } from './deploy.ts';
import type { Settling } from './settle-call.ts';

/** wei in a unit of every test deployment. */
export const UNIT = 1_000_000_000n;
export const MIN_BOND = 1_000n;
const CLOSE_AGE = 3n * 86_400n;
const BOND_AGE = 7n * 86_400n;
const RECEIPT_POLL_MS = 50;

export interface TestChain {
  readonly anvil: Anvil;
  readonly client: Client;
  readonly deployment: Deployment;
  readonly contract: Address;
  /** Ascending by address; bonded. */
  readonly validators: readonly LocalAccount[];
  /** Funded, and nothing else. */
  readonly users: readonly LocalAccount[];
  /** Calls the contract and waits until it is mined. */
  call(account: LocalAccount, name: 'deposit', args: [Address, bigint]): Promise<Hex>;
  call(account: LocalAccount, name: 'exit', args: [bigint]): Promise<Hex>;
  call(account: LocalAccount, name: 'bond', args: [bigint, Hex]): Promise<Hex>;
  call(account: LocalAccount, name: 'unbond' | 'claim', args: [] | [Address]): Promise<Hex>;
  head(item: number): Promise<Hex>;
}

export async function startTestChain(options: AnvilOptions = {}, validatorCount = 1): Promise<TestChain> {
  const anvil = await startAnvil({ blockTime: 'automine', ...options });
  const client = createClient({
    transport: http(anvil.url, { retryCount: 0 }),
    pollingInterval: RECEIPT_POLL_MS,
  });
  const accounts = DEV_KEYS.map((key) => privateKeyToAccount(key));
  const validators = accounts.slice(0, validatorCount);
  validators.sort((a, b) => (a.address.toLowerCase() < b.address.toLowerCase() ? -1 : 1));
  const deployment = await deployUpfront({
    client,
    account: accounts[0]!,
    asset: zeroAddress,
    unit: UNIT,
    validators: validators.map(({ address }) => address),
    closeAge: CLOSE_AGE,
    bondAge: BOND_AGE,
    minBond: MIN_BOND,
  });
  const contract = deployment.address;
  for (const account of validators) await validatorBond({ client, account, contract });
  const at = { address: contract, abi: upfrontAbi } as const;
  const call = async (account: LocalAccount, functionName: string, args: unknown[]): Promise<Hex> => {
    const amount = functionName === 'deposit' ? args[1] : functionName === 'bond' ? args[0] : 0n;
    const value = (amount as bigint) * UNIT;
    // The overloads above are what callers see: here the name and its arguments belong together.
    const request = { ...at, functionName, args, account, value, chain: null } as never;
    const hash = await writeContract(client, request);
    await waitForTransactionReceipt(client, { hash, pollingInterval: RECEIPT_POLL_MS });
    return hash;
  };
  const head = (item: number): Promise<Hex> =>
    readContract(client, { ...at, functionName: 'heads', args: [BigInt(item)] });
  const users = accounts.slice(validatorCount);
  return { anvil, client, deployment, contract, validators, users, call, head };
}

export interface HandMade {
  readonly number: number;
  readonly inbox: number;
  /** heads[inbox]. */
  readonly head: Hex;
  readonly height?: number;
  readonly debits?: Hex;
  readonly credits?: Hex;
  readonly payouts?: Hex;
  readonly rotation?: Hex;
}

/** A settlement with a header that attests it, signed by all validators of the chain. */
export async function handMade(
  { contract, validators, anvil }: TestChain,
  { number, inbox, head, height = 100 + number, ...lists }: HandMade,
): Promise<Settling> {
  const { debits = '0x', credits = '0x', payouts = '0x', rotation = '0x' } = lists;
  const hash = keccak256(
    encodeAbiParameters(parseAbiParameters('uint64, uint64, bytes32, bytes32, bytes32, bytes32, bytes32'), [
      BigInt(number),
      BigInt(inbox),
      head,
      keccak256(debits),
      keccak256(credits),
      keccak256(payouts),
      keccak256(rotation),
    ]),
  );
  const message = {
    height: BigInt(height),
    parent: zeroHash,
    events: zeroHash,
    state: zeroHash,
    settlement: hash,
  };
  const signatures = await Promise.all(
    validators.map(async (account) => {
      const signature = await account.signTypedData({
        domain: domainOf(contract, anvil.chainId),
        types: {
          Header: [
            { name: 'height', type: 'uint64' },
            { name: 'parent', type: 'bytes32' },
            { name: 'events', type: 'bytes32' },
            { name: 'state', type: 'bytes32' },
            { name: 'settlement', type: 'bytes32' },
          ],
        },
        primaryType: 'Header',
        message,
      });
      return { validator: hexToBytes(account.address), signature: hexToBytes(compact(signature)) };
    }),
  );
  const zero = new Uint8Array(32);
  return {
    formed: {
      number,
      inbox,
      height,
      hash: hexToBytes(hash),
      debits: hexToBytes(debits),
      credits: hexToBytes(credits),
      payouts: hexToBytes(payouts),
      rotation: hexToBytes(rotation),
    },
    header: { height, parent: zero, events: zero, state: zero, settlement: hexToBytes(hash) },
    signatures,
  };
}

/** A line of `debits`: amount 8, sequence 8, limit 8, request 32, r 32, vs 32. */
export async function debitLine(
  { contract, anvil }: TestChain,
  account: LocalAccount,
  { amount, sequence, limit }: { amount: bigint; sequence: bigint; limit: bigint },
): Promise<Hex> {
  const request = { budget: limit, expires: 1n, intents: keccak256('0x01') };
  const signature = await account.signTypedData({
    domain: domainOf(contract, anvil.chainId),
    types: {
      Fetch: [
        { name: 'sequence', type: 'uint64' },
        { name: 'limit', type: 'uint64' },
        { name: 'request', type: 'Request' },
      ],
      Request: [
        { name: 'budget', type: 'uint64' },
        { name: 'expires', type: 'uint64' },
        { name: 'intents', type: 'bytes32' },
      ],
    },
    primaryType: 'Fetch',
    message: { sequence, limit, request },
  });
  const typeHash = keccak256(
    `0x${Buffer.from('Request(uint64 budget,uint64 expires,bytes32 intents)').toString('hex')}`,
  );
  const requestHash = keccak256(
    encodeAbiParameters(parseAbiParameters('bytes32, uint64, uint64, bytes32'), [
      typeHash,
      request.budget,
      request.expires,
      request.intents,
    ]),
  );
  const words = encodePacked(['uint64', 'uint64', 'uint64'], [amount, sequence, limit]);
  return concat([words, requestHash, compact(signature)]);
}

/** A line of `credits` or `payouts`: address 20, amount 8. */
export function creditLine(account: Address, amount: bigint): Hex {
  return encodePacked(['address', 'uint64'], [account, amount]);
}

/** A TCP cable between a client and a local port. */
export interface Cable {
  readonly url: string;
  /** Ends every connection, and takes none until it is mended. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  close(): Promise<void>;
}

export async function layCable(target: number): Promise<Cable> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      // A connection that is cut is what this is for.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => {
      server.listen(port, '127.0.0.1', () => resolve());
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const cut = (): Promise<void> =>
    new Promise((resolve) => {
      if (!server.listening) return resolve();
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { url: `http://127.0.0.1:${port}`, cut, mend: () => listen(port), close: cut };
}

/** Waits until `condition` gives something; throws with the name of what did not come. */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  mostMs = 20_000,
): Promise<T> {
  const end = Date.now() + mostMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`waited ${mostMs} ms in vain: ${what}`);
    await sleep(20);
  }
}

function domainOf(verifyingContract: Address, chainId: number) {
  return { name: 'Upfront', version: '1', chainId, verifyingContract } as const;
}

function compact(signature: Hex): Hex {
  return serializeCompactSignature(signatureToCompactSignature(parseSignature(signature)));
}
