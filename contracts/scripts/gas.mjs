#!/usr/bin/env node
// Measures gas with real transactions on anvil: each in a block of its own, so that storage is cold, and as the receipt
// says, so that calldata is included. Prints a table, or JSON with --json; fails if a figure is above its limit, and with
// --check if one is more than 0.5% off snapshots/gas.json, which --update writes.
//
// A debited account: (200 debits - empty) / 200. A credited one: (200 debits and 200 credits - 200 debits) / 200. All
// settlements are sent in the same state (evm_revert) with 4 signatures. The typed data is hashed by viem from the full
// types, so each settlement here also shows that a wallet's signature is the one that the contract checks.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import {
  concatHex,
  decodeErrorResult,
  encodeAbiParameters,
  encodeDeployData,
  encodeFunctionData,
  encodePacked,
  hashStruct,
  hashTypedData,
  keccak256,
  toHex,
  zeroHash,
} from 'viem';
import { privateKeyToAccount, sign } from 'viem/accounts';
import { foundry } from './foundry.mjs';

const ENTRIES = 200;
const SIGNERS = 4;
const UNIT = 1_000_000_000n;
const CLOSE_AGE = 3 * 86_400;

// Gas. The contract is built to stay within these; every figure is held by the snapshot besides.
const LIMITS = {
  'debited account': 11_100,
  'credited account': 5_900,
  'credited account, new': 22_900,
  'empty settlement': 70_000,
};
const TOLERANCE = 0.005;
const SNAPSHOT = new URL('../snapshots/gas.json', import.meta.url);

const types = {
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
  Header: [
    { name: 'height', type: 'uint64' },
    { name: 'parent', type: 'bytes32' },
    { name: 'events', type: 'bytes32' },
    { name: 'state', type: 'bytes32' },
    { name: 'settlement', type: 'bytes32' },
  ],
};

const artifact = (name) => {
  const { abi, bytecode } = JSON.parse(
    readFileSync(new URL(`../out/${name}.sol/${name}.json`, import.meta.url), 'utf8'),
  );
  return { abi, bytecode: bytecode.object };
};
const upfront = artifact('Upfront');
const token = artifact('MockToken');

const chain = await startAnvil();
try {
  const gas = await measure();
  report(gas);
} finally {
  chain.stop();
}

async function measure() {
  const [funder] = await chain.rpc('eth_accounts');
  const signers = keys('validator', SIGNERS).sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  const payers = keys('payer', ENTRIES);
  const payees = keys('payee', ENTRIES).map((key) => key.address);
  const strangers = keys('stranger', ENTRIES).map((key) => key.address);
  for (const { address } of [...signers, ...payers])
    await chain.rpc('anvil_setBalance', [address, toHex(10n ** 20n)]);
  await chain.impersonate(...signers.map((key) => key.address), payers[0].address, payees[0]);
  await chain.rpc('anvil_setBalance', [payees[0], toHex(10n ** 20n)]);

  const eth = await network('0x0000000000000000000000000000000000000000', funder, signers);
  for (const payer of payers) await eth.call(funder, 'deposit', [payer.address, 10n ** 9n], 10n ** 9n * UNIT);
  for (const payee of payees) await eth.call(funder, 'deposit', [payee, 10n ** 9n], 10n ** 9n * UNIT);

  // Amounts, limits and sequences as of accounts that have been in use: a few bytes each, no two alike. A first
  // settlement takes the contract's own slots out of their first use.
  const debits = (round) =>
    payers.map((payer, i) => ({
      payer,
      amount: 1_000_000n + BigInt(i * 77_777),
      sequence: BigInt(300 + round * 100 + i),
      limit: 50_000_000n * BigInt(round) + BigInt(i * 99_999),
    }));
  const credits = (accounts) =>
    accounts.map((account, i) => ({ account, amount: 1_000_000n + BigInt(i * 55_555) }));
  await eth.settle({
    debits: debits(1),
    credits: credits(payees),
    payouts: [{ account: payees[0], amount: 1_000_000n }],
  });

  const empty = await eth.trial(() => eth.settle({}));
  const taken = await eth.trial(() => eth.settle({ debits: debits(2) }));
  const both = await eth.trial(() => eth.settle({ debits: debits(2), credits: credits(payees) }));
  const fresh = await eth.trial(() => eth.settle({ debits: debits(2), credits: credits(strangers) }));
  const paid = await eth.trial(() => eth.settle({ debits: debits(2), payouts: credits(payees) }));

  const gas = {
    'debited account': (taken - empty) / ENTRIES,
    'credited account': (both - taken) / ENTRIES,
    'credited account, new': (fresh - taken) / ENTRIES,
    'paid-out account': (paid - taken) / ENTRIES,
    'empty settlement': empty,
    '200 debits, 200 credits': both,
    'deposit, ETH': await eth.trial(() =>
      eth.call(funder, 'deposit', [payees[1], 1_000_000n], 1_000_000n * UNIT),
    ),
    'deposit, ETH, first': await eth.trial(() =>
      eth.call(funder, 'deposit', [strangers[1], 1_000_000n], 1_000_000n * UNIT),
    ),
    exit: await eth.trial(() => eth.call(payers[0].address, 'exit', [1_000n])),
    'claim, ETH': await eth.trial(() => eth.call(payees[0], 'claim', [payees[0]])),
    'claim after exit, ETH': await eth.trial(async () => {
      await eth.call(payers[0].address, 'exit', [1_000n]);
      await eth.settle({});
      return eth.call(payers[0].address, 'claim', [payers[0].address]);
    }),
    'claim that closes, ETH': await eth.trial(async () => {
      await eth.call(payers[0].address, 'exit', [1_000n]);
      await chain.rpc('evm_increaseTime', [CLOSE_AGE + 1]);
      return eth.call(payers[0].address, 'claim', [payers[0].address]);
    }),
    accuse: await eth.trial(() => eth.accuse(signers[0])),
  };

  const coin = await deploy(funder, token, ['Coin', 'COIN', 18]);
  const erc20 = await network(coin, funder, signers);
  const sendToken = (functionName, args) =>
    chain.send({ from: funder, to: coin, data: encodeFunctionData({ abi: token.abi, functionName, args }) });
  await sendToken('mint', [funder, 10n ** 30n]);
  await sendToken('approve', [erc20.address, 2n ** 256n - 1n]);
  await erc20.call(funder, 'deposit', [payers[0].address, 10n ** 9n]);
  await erc20.call(funder, 'deposit', [payees[0], 10n ** 9n]);
  gas['deposit, ERC-20'] = await erc20.trial(() => erc20.call(funder, 'deposit', [payees[0], 1_000_000n]));
  await erc20.settle({
    debits: debits(1).slice(0, 1),
    payouts: [{ account: payees[0], amount: 1_000_000n }],
  });
  await sendToken('mint', [payees[0], 1n]);
  gas['claim, ERC-20'] = await erc20.trial(() => erc20.call(payees[0], 'claim', [payees[0]]));
  return gas;
}

/** A contract with bonded validators; its methods resolve to the gas that a transaction used. */
async function network(asset, funder, signers) {
  const addresses = signers.map((key) => key.address);
  const address = await deploy(funder, upfront, [
    asset,
    UNIT,
    addresses,
    BigInt(CLOSE_AGE),
    BigInt(7 * 86_400),
    1n,
  ]);
  const domain = {
    name: 'Upfront',
    version: '1',
    chainId: Number(await chain.rpc('eth_chainId')),
    verifyingContract: address,
  };
  const read = async (functionName, args = []) => {
    const data = encodeFunctionData({ abi: upfront.abi, functionName, args });
    return BigInt(await chain.rpc('eth_call', [{ to: address, data }, 'latest']));
  };
  const call = (from, functionName, args, value = 0n) =>
    chain.send({
      from,
      to: address,
      value: toHex(value),
      data: encodeFunctionData({ abi: upfront.abi, functionName, args }),
    });
  const signHeader = (key, message) =>
    compact(key, hashTypedData({ domain, types, primaryType: 'Header', message }));

  const isEther = BigInt(asset) === 0n;
  if (!isEther) {
    for (const from of addresses) {
      for (const [functionName, args] of [
        ['mint', [from, 10n ** 20n]],
        ['approve', [address, 10n ** 20n]],
      ]) {
        await chain.send({
          from,
          to: asset,
          data: encodeFunctionData({ abi: token.abi, functionName, args }),
        });
      }
    }
  }
  for (const from of addresses) await call(from, 'bond', [1_000n, zeroHash], isEther ? 1_000n * UNIT : 0n);

  return {
    address,
    call,
    async settle({ debits = [], credits = [], payouts = [] }) {
      const packed = await Promise.all(
        debits.map(async ({ payer, amount, sequence, limit }) => {
          const request = {
            budget: amount,
            expires: 1_800_000_000_000n,
            intents: keccak256(toHex(sequence)),
          };
          const digest = hashTypedData({
            domain,
            types,
            primaryType: 'Fetch',
            message: { sequence, limit, request },
          });
          return concatHex([
            encodePacked(['uint64', 'uint64', 'uint64'], [amount, sequence, limit]),
            hashStruct({ data: request, types, primaryType: 'Request' }),
            await compact(payer, digest),
          ]);
        }),
      );
      const entry = ({ account, amount }) => encodePacked(['address', 'uint64'], [account, amount]);
      const lists = [packed, credits.map(entry), payouts.map(entry), []].map((list) =>
        concatHex(['0x', ...list]),
      );
      const inbox = await read('items');
      const settlement = keccak256(
        encodeAbiParameters(
          ['uint64', 'uint64', 'bytes32', 'bytes32', 'bytes32', 'bytes32', 'bytes32'].map((type) => ({
            type,
          })),
          [
            (await read('number')) + 1n,
            inbox,
            toHex(await read('heads', [inbox]), { size: 32 }),
            ...lists.map((list) => keccak256(list)),
          ],
        ),
      );
      const header = {
        height: 123_456n,
        parent: keccak256('0x01'),
        events: keccak256('0x02'),
        state: keccak256('0x03'),
        settlement,
      };
      const signatures = concatHex(await Promise.all(signers.map((key) => signHeader(key, header))));
      return call(funder, 'settle', [header, inbox, ...lists, signatures]);
    },
    async accuse(key) {
      const header = {
        height: 7n,
        parent: keccak256('0x01'),
        events: keccak256('0x02'),
        state: keccak256('0x03'),
        settlement: zeroHash,
      };
      const other = { ...header, parent: keccak256('0x04') };
      const halves = (signature) => [`0x${signature.slice(2, 66)}`, `0x${signature.slice(66)}`];
      const [one, two] = [await signHeader(key, header), await signHeader(key, other)];
      return call(funder, 'accuse', [header, ...halves(one), other, ...halves(two)]);
    },
    /** Runs and takes everything back. */
    async trial(run) {
      const snapshot = await chain.rpc('evm_snapshot');
      const used = await run();
      await chain.rpc('evm_revert', [snapshot]);
      return used;
    },
  };
}

async function deploy(from, { abi, bytecode }, args) {
  const receipt = await chain.mine({ from, data: encodeDeployData({ abi, bytecode, args }) });
  return receipt.contractAddress;
}

function keys(label, count) {
  return Array.from({ length: count }, (_, i) => {
    const privateKey = keccak256(toHex(`${label} ${i}`));
    return { privateKey, address: privateKeyToAccount(privateKey).address };
  });
}

async function compact({ privateKey }, hash) {
  const { r, s, yParity } = await sign({ hash, privateKey });
  return concatHex([r, toHex(BigInt(s) | (BigInt(yParity) << 255n), { size: 32 })]);
}

async function startAnvil() {
  const args = [
    '--port',
    '0',
    '--no-mining',
    '--gas-limit',
    '60000000',
    '--base-fee',
    '0',
    '--gas-price',
    '0',
  ];
  const child = spawn(foundry('anvil'), args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const stop = () => child.kill('SIGTERM');
  process.once('exit', stop);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  const port = await new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (bytes) => {
      text += bytes;
      const listening = /Listening on 127\.0\.0\.1:(\d+)/.exec(text);
      if (listening) resolve(listening[1]);
    });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`anvil ended with ${code}`)));
  });

  const rpc = async (method, params = []) => {
    const response = await fetch(`http://127.0.0.1:${port}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const { result, error } = await response.json();
    if (error) throw new Error(`${method}: ${error.message} ${reason(error.data)}`);
    return result;
  };
  // The block is made by request: mining by itself may lag behind an evm_revert, and then forgets a transaction.
  const mine = async (transaction) => {
    const hash = await rpc('eth_sendTransaction', [{ gas: toHex(30_000_000), ...transaction }]);
    for (let tries = 0; tries < 100; ++tries) {
      await rpc('evm_mine');
      const receipt = await rpc('eth_getTransactionReceipt', [hash]);
      if (receipt !== null) return receipt;
    }
    throw new Error(`transaction ${hash} was not mined`);
  };
  return {
    rpc,
    mine,
    stop,
    impersonate: (...accounts) =>
      Promise.all(accounts.map((account) => rpc('anvil_impersonateAccount', [account]))),
    async send(transaction) {
      const receipt = await mine(transaction);
      if (receipt.status !== '0x1') {
        await rpc('eth_call', [transaction, 'latest']);
        throw new Error(`transaction ${receipt.transactionHash} reverted`);
      }
      return Number(receipt.gasUsed);
    },
  };
}

function reason(data) {
  if (typeof data !== 'string' || data === '0x') return '';
  const { errorName, args } = decodeErrorResult({ abi: upfront.abi, data });
  return `${errorName}(${(args ?? []).join(', ')})`;
}

function report(measured) {
  const gas = Object.fromEntries(Object.entries(measured).map(([name, used]) => [name, Math.round(used)]));
  const faults = Object.entries(LIMITS)
    .filter(([name, limit]) => gas[name] > limit)
    .map(([name, limit]) => `${name}: ${gas[name]} is above the limit of ${limit}`);
  if (process.argv.includes('--check')) {
    const snapshot = JSON.parse(readFileSync(SNAPSHOT, 'utf8'));
    for (const name of new Set([...Object.keys(snapshot), ...Object.keys(gas)])) {
      const off = Math.abs(gas[name] - snapshot[name]) / snapshot[name];
      if (!(off <= TOLERANCE))
        faults.push(`${name}: ${gas[name]}, but snapshots/gas.json has ${snapshot[name]}`);
    }
  }
  if (process.argv.includes('--update')) writeFileSync(SNAPSHOT, `${JSON.stringify(gas, null, 2)}\n`);

  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ gas, limits: LIMITS })}\n`);
  } else {
    const row = (cells) =>
      `${cells[0].padEnd(28)}${cells
        .slice(1)
        .map((cell) => cell.padStart(12))
        .join('')}\n`;
    const figure = (value) => (value === undefined ? '' : value.toLocaleString('en-GB'));
    process.stdout.write(row(['gas', 'used', 'limit']));
    for (const [name, used] of Object.entries(gas))
      process.stdout.write(row([name, figure(used), figure(LIMITS[name])]));
  }
  if (faults.length > 0) {
    process.stderr.write(`${faults.join('\n')}\n`);
    process.exitCode = 1;
  }
}
