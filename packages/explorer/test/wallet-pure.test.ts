/**
 * The wallet's parts that need no browser: keystores, links, references, wallets' announcements, history, what is pending.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encode } from 'uqr';
import { type EIP1193Provider, getAddress } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { keepAccount, readAccounts, removeAccount } from '../src/wallet/accounts.ts';
import { explain, explainOutcome, WalletFault } from '../src/wallet/fault.ts';
import { csvField, historyToCsv, payoutRow, rowOf } from '../src/wallet/history.ts';
import { formatHold, parseHold } from '../src/wallet/hold-link.ts';
import { discoverWallets, type InjectedWallet, useChain } from '../src/wallet/injected.ts';
import {
  createKey,
  decryptKey,
  encryptKey,
  keystoreFromJson,
  parseKeystore,
} from '../src/wallet/keystore.ts';
import { readNotes, writeNotes } from '../src/wallet/notes.ts';
import { newReference, parseReference, showReference } from '../src/wallet/reference.ts';
import { formatRequest, parseRequest, qrPath } from '../src/wallet/request.ts';

const LIGHT = 2 ** 4;
const NETWORK = { chainId: 31_337, contract: '0x5FbDB2315678afecb367f032d93F642f64180aa3' };
const PAGE = 'http://127.0.0.1:8640/wallet';
const BOB = getAddress('0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc');
const ETH = { decimals: 18, unit: 10n ** 9n };

describe('keystores', () => {
  it('come back as the same key, and only under the password', () => {
    const stored = createKey('correct horse', LIGHT);
    const again = parseKeystore(JSON.stringify(stored));
    const key = decryptKey(again, 'correct horse');
    assert.equal(privateKeyToAccount(key).address.slice(2).toLowerCase(), stored.address);
    assert.throws(() => decryptKey(again, 'correct house'), /does not open/);
    assert.ok(!JSON.stringify(stored).includes(key.slice(2)));
  });

  it('open the examples of the definition: scrypt and pbkdf2', () => {
    // Web3 Secret Storage Definition: password `testpassword`; the address is that of the key it states.
    const address = privateKeyToAccount(`0x${DEFINITION.key}`).address.slice(2).toLowerCase();
    for (const crypto of [DEFINITION.pbkdf2, DEFINITION.scrypt]) {
      const stored = keystoreFromJson({ version: 3, id: DEFINITION.id, address, crypto });
      assert.ok(stored !== undefined);
      assert.equal(decryptKey(stored, 'testpassword'), `0x${DEFINITION.key}`);
    }
  });

  it('refuse a key that is not the address’s, and parameters that would take the machine', () => {
    const stored = encryptKey(`0x${'11'.repeat(32)}`, 'password', LIGHT);
    assert.throws(
      () => decryptKey({ ...stored, address: '22'.repeat(20) }, 'password'),
      /not the one of the address/,
    );
    const kdfparams = { ...stored.crypto.kdfparams };
    for (const change of [{ n: 2 ** 30 }, { n: 1000 }, { p: 17 }, { dklen: 16 }, { salt: '' }, { r: 0 }]) {
      const crypto = { ...stored.crypto, kdfparams: { ...kdfparams, ...change } };
      assert.equal(keystoreFromJson({ ...stored, crypto }), undefined, JSON.stringify(change));
    }
    for (const text of [
      '',
      '{',
      'null',
      '[]',
      '"x"',
      JSON.stringify({ ...stored, version: 4 }),
      ' '.repeat(20_000),
    ]) {
      assert.throws(() => parseKeystore(text), WalletFault);
    }
  });
});

describe('kept accounts', () => {
  it('are kept encrypted, replaced and removed, and damage is passed over', () => {
    const store = memoryStore();
    const stored = createKey('password', LIGHT);
    const kept = keepAccount(store, '  Purse ', stored);
    keepAccount(store, 'Purse 2', stored);
    assert.deepEqual(
      readAccounts(store).map(({ name, address }) => [name, address]),
      [['Purse 2', kept.address]],
    );
    store.setItem(
      'upfront.accounts',
      JSON.stringify([{ name: 1 }, 7, null, { name: 'a', stored }, { name: 'b', stored: {} }]),
    );
    assert.equal(readAccounts(store).length, 1);
    removeAccount(store, kept.address);
    assert.deepEqual(readAccounts(store), []);
    store.setItem('upfront.accounts', '{');
    assert.deepEqual(readAccounts(store), []);
  });
});

describe('links', () => {
  const request = { to: BOB, amount: 250_000_000n, reference: 'R-7K2M9QXA' };

  it('of requests say what they said', () => {
    const link = formatRequest(PAGE, NETWORK, request);
    assert.ok(link.startsWith(`${PAGE}#do=pay&`));
    assert.deepEqual(parseRequest(link, NETWORK), request);
    const open = { to: BOB, amount: undefined, reference: '' };
    assert.deepEqual(parseRequest(formatRequest(PAGE, NETWORK, open), NETWORK), open);
  });

  it('are refused if anything in them is not so', () => {
    const good = formatRequest(PAGE, NETWORK, request);
    const cases: readonly (readonly [string, RegExp])[] = [
      [good.replace('chain=31337', 'chain=1'), /another network/],
      [good.replace('180aa3', '180aa4'), /malformed/],
      [good.replace('amount=250000000', 'amount=0'), /amount/],
      [good.replace('amount=250000000', 'amount=1e9'), /amount/],
      [good.replace('amount=250000000', 'amount=-1'), /amount/],
      [good.replace('amount=250000000', 'amount=9223372036854775808'), /amount/],
      [good.replace('amount=250000000', 'amount=0.5'), /amount/],
      [`${good}&to=${BOB}`, /twice/],
      [`${good}&callback=x`, /means nothing/],
      [good.replace(BOB, BOB.replace('C', 'c')), /to is missing or malformed/],
      [good.replace(BOB, `0x${'00'.repeat(20)}`), /to is missing or malformed/],
      [good.replace(/reference=[^&]*/, `reference=${'x'.repeat(33)}`), /reference/],
      [PAGE, /chain/],
      [`${good}&${'x'.repeat(3000)}`, /too long/],
    ];
    for (const [link, fault] of cases) assert.throws(() => parseRequest(link, NETWORK), fault, link);
  });

  it('of holds say what they said', () => {
    const hold = {
      nonce: 17,
      payer: BOB,
      sequence: 3n,
      index: 0,
      payee: getAddress(NETWORK.contract),
      max: 5n,
      height: 9,
      deadline: 1234,
    };
    assert.deepEqual(parseHold(formatHold(PAGE, NETWORK, hold), NETWORK), hold);
    assert.throws(() => parseHold(formatRequest(PAGE, NETWORK, request), NETWORK), WalletFault);
  });

  it('stand in a QR code, module by module', () => {
    const text = formatRequest(PAGE, NETWORK, request);
    const { size, path } = qrPath(text);
    const dark = new Set([...path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)].map(([, x, y]) => `${x},${y}`));
    const { data } = encode(text, { ecc: 'M', border: 4 });
    assert.equal(data.length, size);
    for (const [y, row] of data.entries())
      for (const [x, isDark] of row.entries()) assert.equal(dark.has(`${x},${y}`), isDark);
  });
});

describe('references', () => {
  it('are texts of 32 bytes at most, or 32 bytes', () => {
    assert.equal(parseReference('  '), undefined);
    assert.equal(parseReference('ü'), `0xc3bc${'00'.repeat(30)}`);
    assert.equal(showReference(parseReference('Invoice 7')!), 'Invoice 7');
    assert.equal(showReference(`0x${'00'.repeat(32)}`), '');
    assert.equal(showReference(`0x${'ff'.repeat(32)}`), `0x${'ff'.repeat(32)}`);
    assert.throws(() => parseReference('ü'.repeat(17)), /34 bytes/);
    const some = Array.from({ length: 100 }, newReference);
    assert.equal(new Set(some).size, 100);
    for (const one of some) assert.equal(showReference(parseReference(one)!), one);
  });
});

describe('injected wallets', () => {
  it('are found once each, and what is no wallet is passed over', () => {
    const page = new EventTarget();
    const found: InjectedWallet[] = [];
    const provider = { request: async () => [] };
    const info = {
      uuid: 'u1',
      name: 'Test\u0000 Wallet',
      icon: 'data:image/svg+xml,<svg/>',
      rdns: 'org.test',
    };
    const announce = (detail: unknown): unknown =>
      page.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
    page.addEventListener('eip6963:requestProvider', () => {
      for (const detail of [
        undefined,
        {},
        { info },
        { info: { ...info, uuid: 7 }, provider },
        { info, provider },
        { info, provider },
      ])
        announce(detail);
    });
    const stop = discoverWallets(page, (wallet) => found.push(wallet));
    announce({ info: { ...info, uuid: 'u2', icon: 'https://example.org/spy.png' }, provider });
    stop();
    announce({ info: { ...info, uuid: 'u3' }, provider });
    assert.deepEqual(
      found.map(({ uuid, name, icon }) => [uuid, name, icon]),
      [
        ['u1', 'Test Wallet', info.icon],
        ['u2', 'Test Wallet', ''],
      ],
    );
  });

  it('are brought to the chain, added where it is unknown, and refused where they stay', async () => {
    const asked: string[] = [];
    const walletOn = (start: number, knows: boolean, obeys = true): InjectedWallet => {
      let chain = start;
      let isKnown = knows;
      const request = async ({ method }: { method: string }): Promise<unknown> => {
        asked.push(method);
        if (method === 'eth_chainId') return `0x${chain.toString(16)}`;
        if (method === 'wallet_addEthereumChain') isKnown = true;
        else if (!isKnown) throw Object.assign(new Error('unknown chain'), { code: 4902 });
        else if (obeys) chain = 31_337;
        return null;
      };
      return {
        uuid: 'u',
        name: 'W',
        icon: '',
        rdns: 'r',
        provider: { request } as unknown as EIP1193Provider,
      };
    };
    await useChain(walletOn(1, false), { chainId: 31_337, rpcUrl: 'http://127.0.0.1:8545' });
    assert.deepEqual(asked, [
      'eth_chainId',
      'wallet_switchEthereumChain',
      'wallet_addEthereumChain',
      'wallet_switchEthereumChain',
      'eth_chainId',
    ]);
    await assert.rejects(
      useChain(walletOn(1, false), { chainId: 31_337, rpcUrl: undefined }),
      /did not switch/,
    );
    await assert.rejects(
      useChain(walletOn(1, true, false), { chainId: 31_337, rpcUrl: undefined }),
      /it is on chain 1/,
    );
  });
});

describe('history', () => {
  it('tells each event by what it changed', () => {
    const own = NETWORK.contract;
    const row = (event: Record<string, string | number | boolean> & { type: string }) => {
      const { what, change, other } = rowOf('7.1', event, own, 10n)!;
      return [what, change, other];
    };
    const low = own.toLowerCase();
    assert.deepEqual(row({ type: 'dealt', account: low, first: '4', count: 3 }), [
      '3 nonces announced',
      -30n,
      '',
    ]);
    assert.deepEqual(row({ type: 'transferred', from: low, to: BOB, amount: '5', reference: '0x00' }), [
      'paid',
      -5n,
      BOB,
    ]);
    assert.deepEqual(row({ type: 'transferred', from: BOB, to: low, amount: '5', reference: '0x00' }), [
      'received',
      5n,
      BOB,
    ]);
    assert.deepEqual(row({ type: 'transferred', from: low, to: low, amount: '5', reference: '0x00' }), [
      'paid to itself',
      0n,
      low,
    ]);
    assert.deepEqual(row({ type: 'captured', payer: BOB, payee: low, amount: '5' }), ['captured', 5n, BOB]);
    assert.deepEqual(row({ type: 'captured', payer: low, payee: BOB, amount: '0' }), [
      'hold released',
      0n,
      BOB,
    ]);
    assert.deepEqual(row({ type: 'withdrawn', account: low, amount: '5' }), [
      'withdrawn to the first layer',
      -5n,
      '',
    ]);
    assert.deepEqual(row({ type: 'item', kind: 1, account: low, amount: '5' }), ['deposit', 5n, '']);
    assert.deepEqual(row({ type: 'item', kind: 2, account: low, amount: '5' }), ['exit asked for', 0n, '']);
    assert.equal(rowOf('7.1', { type: 'cut' }, own, 10n), undefined);
    assert.equal(rowOf('7.1', { type: 'transferred', from: BOB, to: BOB, amount: '5' }, own, 10n), undefined);
  });

  it('is a CSV of RFC 4180 with exact amounts, and holds no formula', () => {
    const evil = rowOf(
      '7.1',
      {
        type: 'transferred',
        nonce: '9',
        from: BOB,
        to: NETWORK.contract,
        amount: '1',
        reference: parseReference('=1+1,"x"')!,
      },
      NETWORK.contract,
      10n,
    )!;
    const csv = historyToCsv([{ ...evil, time: 0 }], ETH, 'ETH');
    assert.equal(
      csv,
      'time,block,nonce,what,other,change,claimed,asset,reference\r\n' +
        `1970-01-01T00:00:00.000Z,7,9,received,${BOB},0.000000001,,ETH,"'=1+1,""x"""\r\n`,
    );
    for (const text of ['=1', '+1+1', '-1+cmd|x', '@a', '\t=1', '\r=1', ' =1'])
      assert.match(csvField(text), /^"?'/);
    for (const text of ['-0.5', '-12', '0.25', 'a=b', '']) assert.equal(csvField(text), text);
  });
});

describe('what settlements list', () => {
  it('is a row each, and a credit has kept the entry fee', () => {
    const lists = {
      number: 4,
      height: 70,
      credits: new Map([[BOB.toLowerCase(), 900n]]),
      payouts: new Map([[BOB.toLowerCase(), 50n]]),
    };
    const rows = payoutRow(lists, BOB, 25n);
    assert.deepEqual(
      rows.map(({ what, change, height }) => [what, change, height]),
      [
        ['settlement 4 brought a withdrawal to the first layer', 0n, 70],
        ['entry fee of settlement 4', -25n, 70],
      ],
    );
    assert.deepEqual(payoutRow(lists, `0x${'12'.repeat(20)}`, 25n), []);
  });
});

describe('notes', () => {
  it('are read as they were written, each network’s its own, and bounded', () => {
    const store = memoryStore();
    const waiting = Array.from({ length: 60 }, (_, i) => ({
      what: 'deposit' as const,
      amount: BigInt(i),
      since: i,
      hash: '0x',
      item: undefined,
    }));
    writeNotes(store, 'a', { waiting, holds: [], given: [], asked: [] });
    const { waiting: read } = readNotes(store, 'a');
    assert.equal(read.length, 50);
    assert.deepEqual([read[0]?.amount, read.at(-1)?.amount], [10n, 59n]);
    assert.deepEqual(readNotes(store, 'b').waiting, []);
    store.setItem('upfront.notes.a', '{"waiting":7');
    assert.deepEqual(readNotes(store, 'a').waiting, []);
  });
});

describe('failures', () => {
  it('say what happened and what to do', () => {
    const declined = explain(Object.assign(new Error('x'), { cause: { code: 4001 } }));
    assert.match(declined.title, /declined/);
    assert.match(explain(new WalletFault('No.', 'Do this.')).hint, /Do this/);
    assert.equal(explainOutcome({ status: 'done' }), undefined);
    const refused = explainOutcome({
      status: 'refused',
      code: 12,
      name: 'insufficient-funds',
      on: 'fetch',
      sequence: 1n,
      hint: 'Deposit.',
    })!;
    assert.match(refused.title, /Nothing was reserved.*insufficient-funds/);
  });
});

function memoryStore(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  const map = new Map<string, string>();
  return {
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
    removeItem: (key) => void map.delete(key),
  };
}

const DEFINITION = {
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  key: '7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d',
  pbkdf2: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
    ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
    kdf: 'pbkdf2',
    kdfparams: {
      c: 262_144,
      dklen: 32,
      prf: 'hmac-sha256',
      salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
    },
    mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
  },
  scrypt: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
    ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
    kdf: 'scrypt',
    kdfparams: {
      dklen: 32,
      n: 262_144,
      r: 1,
      p: 8,
      salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
    },
    mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
  },
};
