/**
 * The wallet with an injected one: announced by EIP-6963, on another chain at first, asked by EIP-1193, and what it is
 * shown is compared with what the network records.
 */
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { DEV_KEYS } from '@upfront/node';
import { createWalletClient, type Hex, http, publicActions, type TypedDataDefinition } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { skipWithoutChromium, startBrowser, type TestBrowser, type TestPage } from './browser.ts';
import { startTestDevnet, type TestDevnet } from './devnet.ts';
import { balanceIs, createStory, deposit, goTo, ownAddress, pay, press, told } from './wallet-steps.ts';

const ACCOUNT = privateKeyToAccount(DEV_KEYS[3]);
const BOB = privateKeyToAccount(DEV_KEYS[2]).address;
const CHAIN = 31_337;

describe('an injected wallet', { skip: skipWithoutChromium(), timeout: 300_000 }, () => {
  const step = createStory();
  let devnet: TestDevnet;
  let browser: TestBrowser;
  let one: TestPage;
  let wallet: TestWallet;

  before(async () => {
    devnet = await startTestDevnet();
    browser = await startBrowser();
    one = await browser.open(`${devnet.url}/wallet`);
    wallet = createWallet(devnet);
    await one.context.exposeFunction('testWallet', wallet.request);
    await one.context.addInitScript(injectWallet);
    await one.page.reload();
  });
  after(async () => {
    await browser?.close();
    await devnet?.close();
  });

  step('is found, declined, connected, and brought to the chain', async () => {
    const { page } = one;
    wallet.declines = 'eth_requestAccounts';
    await press(page, 'Test Wallet');
    await told(page, 'You declined it in the wallet.');
    wallet.declines = undefined;
    await press(page, 'Test Wallet');
    assert.equal(await ownAddress(page), ACCOUNT.address);
    assert.equal(wallet.chain, CHAIN);
    assert.ok(wallet.asked.includes('wallet_switchEthereumChain'));
  });

  step('deposits and pays; the wallet shows every field of what it signs', async () => {
    const { page } = one;
    await deposit(page, '1');
    await balanceIs(page, '1');
    await pay(page, BOB, '0.25');
    await told(page, 'Paid 0.25');
    await balanceIs(page, '0.74999999');
    assert.equal(wallet.shown.length, 1);
    const { domain, types, primaryType, message } = wallet.shown[0]!;
    assert.deepEqual(domain, {
      name: 'Upfront',
      version: '1',
      chainId: CHAIN,
      verifyingContract: devnet.contract.toLowerCase(),
    });
    assert.equal(primaryType, 'Fetch');
    assert.deepEqual(Object.keys(types).sort(), ['EIP712Domain', 'Fetch', 'Request']);
    const { sequence, limit, request } = message as unknown as Message;
    assert.deepEqual([sequence, limit, request.budget], ['0', '250000010', '250000010']);
    assert.match(request.intents, /^0x[0-9a-f]{64}$/);
    const record = (await (await fetch(`${devnet.url}/v1/fetches/${ACCOUNT.address}/0`)).json()) as Record<
      string,
      string
    >;
    assert.deepEqual([record['status'], record['limit'], record['budget']], ['dealt', limit, request.budget]);
  });

  step('can be declined: nothing is sent, and the page says so', async () => {
    const { page } = one;
    wallet.declines = 'eth_signTypedData_v4';
    await pay(page, BOB, '0.1');
    await told(page, 'You declined it in the wallet.');
    wallet.declines = undefined;
    await page.getByText('Nothing waits.').waitFor();
    assert.equal((await devnet.client(3).balance()).balance, 749_999_990n);
  });

  step('is still there after a reload, without being asked', async () => {
    const { page } = one;
    const before = wallet.asked.filter((method) => method === 'eth_requestAccounts').length;
    await page.reload();
    assert.equal(await ownAddress(page), ACCOUNT.address);
    await balanceIs(page, '0.74999999');
    assert.equal(wallet.asked.filter((method) => method === 'eth_requestAccounts').length, before);
  });

  step('that changes its account is let go', async () => {
    const { page } = one;
    await goTo(page, 'History');
    await page.evaluate(() =>
      (globalThis as unknown as { emitTest(name: string, value: unknown): void }).emitTest(
        'accountsChanged',
        [],
      ),
    );
    await page.getByText('The wallet switched to another account.').waitFor();
    await page.getByRole('heading', { name: 'Use a wallet of yours' }).waitFor();
  });

  step('said nothing wrong on the way', () => one.close());
});

interface Message {
  readonly sequence: string;
  readonly limit: string;
  readonly request: { readonly budget: string; readonly expires: string; readonly intents: string };
}

interface TestWallet {
  chain: number;
  /** A method that its owner declines. */
  declines: string | undefined;
  readonly asked: string[];
  /** The typed data that it was asked to sign, as it came. */
  readonly shown: TypedDataDefinition[];
  request(json: string): Promise<string>;
}

/** A wallet as an extension has it: the key outside the page, requests over a bridge, errors with codes. */
function createWallet(devnet: TestDevnet): TestWallet {
  const client = createWalletClient({ account: ACCOUNT, transport: http(devnet.l1Url) }).extend(
    publicActions,
  );
  const wallet: TestWallet = { chain: 1, declines: undefined, asked: [], shown: [], request: async () => '' };
  const answer = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    switch (method) {
      case 'eth_accounts':
      case 'eth_requestAccounts':
        return [ACCOUNT.address];
      case 'eth_chainId':
        return `0x${wallet.chain.toString(16)}`;
      case 'wallet_switchEthereumChain':
        wallet.chain = Number((params[0] as { chainId: string }).chainId);
        return null;
      case 'eth_signTypedData_v4': {
        const data = JSON.parse(params[1] as string) as TypedDataDefinition;
        wallet.shown.push(data);
        return await ACCOUNT.signTypedData(data);
      }
      case 'eth_sendTransaction': {
        const { to, data, value } = params[0] as { to: Hex; data: Hex; value?: Hex };
        return await client.sendTransaction({ to, data, value: BigInt(value ?? 0), chain: null });
      }
      default:
        return await client.request({ method, params } as never);
    }
  };
  wallet.request = async (json) => {
    const { method, params = [] } = JSON.parse(json) as { method: string; params?: unknown[] };
    wallet.asked.push(method);
    if (method === wallet.declines)
      return JSON.stringify({ error: { code: 4001, message: 'User rejected the request.' } });
    try {
      return JSON.stringify({ result: (await answer(method, params)) ?? null });
    } catch (error) {
      const { code = -32_603, message, data } = error as { code?: number; message: string; data?: unknown };
      return JSON.stringify({ error: { code, message, data } });
    }
  };
  return wallet;
}

/** Runs in the page, before its own scripts. */
function injectWallet(): void {
  const page = globalThis as unknown as {
    testWallet(json: string): Promise<string>;
    emitTest(name: string, value: unknown): void;
  };
  const listeners = new Map<string, Set<(value: unknown) => void>>();
  page.emitTest = (name, value) => {
    for (const listener of listeners.get(name) ?? []) listener(value);
  };
  const provider = {
    async request(call: object): Promise<unknown> {
      const { result, error } = JSON.parse(await page.testWallet(JSON.stringify(call))) as {
        result?: unknown;
        error?: { message: string };
      };
      if (error !== undefined) throw Object.assign(new Error(error.message), error);
      return result;
    },
    on(name: string, listener: (value: unknown) => void) {
      listeners.set(name, (listeners.get(name) ?? new Set()).add(listener));
    },
    removeListener(name: string, listener: (value: unknown) => void) {
      listeners.get(name)?.delete(listener);
    },
  };
  const icon =
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><rect width='8' height='8' fill='teal'/></svg>";
  const info = {
    uuid: '350670db-19fa-4704-a166-e52e178b59d2',
    name: 'Test Wallet',
    icon,
    rdns: 'org.example.test',
  };
  const announce = (): void => {
    dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }));
  };
  addEventListener('eip6963:requestProvider', announce);
  announce();
}
