/**
 * Pictures of every page, light and dark, at three widths: `npm run screenshots -w @upfront/explorer`.
 *
 * They go to packages/explorer/screenshots, which is not committed; `--docs` renews those that documents show.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { startBrowser, type TestBrowser } from './browser.ts';
import { type Story, startStory, transfer } from './story.ts';
import { deposit, fill, firstLayer, goTo, makeAccount, pay, press, told } from './wallet-steps.ts';

const FOLDER = join(import.meta.dirname, '..', 'screenshots');
const DOCS = join(import.meta.dirname, '..', '..', '..', 'docs', 'images');
const SIZES = { phone: [360, 740], desk: [1280, 900], wall: [3840, 2160] } as const;

const { values } = parseArgs({ options: { docs: { type: 'boolean' }, only: { type: 'string' } } });
const only = values.only?.split(',');
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
mkdirSync(DOCS, { recursive: true });
const story = await startStory();
const browser = await startBrowser();
const stop = keepBusy(story);
try {
  if (values.docs) await pictureDocs(browser, story);
  else await pictureAll(browser, story);
} finally {
  await stop();
  await browser.close();
  await story.devnet.close();
}

async function pictureAll(browser: TestBrowser, story: Story): Promise<void> {
  for (const [name, path, act] of pagesOf(story)) {
    if (only !== undefined && !only.includes(name)) continue;
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const [size, [width, height]] of Object.entries(SIZES)) {
        if (size === 'wall' && name !== 'live') continue;
        const file = join(FOLDER, `${name}-${size}-${colorScheme}.png`);
        await picture(browser, {
          url: story.devnet.url + path,
          width,
          height,
          colorScheme,
          file,
          act,
          fullPage: true,
        });
      }
    }
  }
}

async function pictureDocs(browser: TestBrowser, story: Story): Promise<void> {
  const payments = Array.from({ length: 640 }, () => ({ to: story.alice.address!, amount: 1000n }));
  await story.bob.payMany({ payments, batch: 40 });
  const common = { width: 1280, height: 860, act: undefined, fullPage: false } as const;
  const { url } = story.devnet;
  const live = { ...common, url, colorScheme: 'dark', file: join(DOCS, 'explorer-live.png') } as const;
  await picture(browser, live);
  // A while of payments, and of some that are withheld.
  await sleep(12_000);
  const account = `${url}/account/${story.bob.address}`;
  await picture(browser, {
    ...live,
    url: account,
    colorScheme: 'light',
    file: join(DOCS, 'explorer-account.png'),
  });
  const act = (page: Page): Promise<void> => useWallet(page, story);
  const wallet = { ...common, height: 860, act, url: `${url}/wallet`, colorScheme: 'light' } as const;
  await picture(browser, { ...wallet, file: join(DOCS, 'wallet.png') });
}

/** A new account of this browser with a deposit, a hold that is open and a payment. */
async function useWallet(page: Page, { devnet, bob }: Story): Promise<void> {
  const address = await makeAccount(page, 'Alice');
  await firstLayer(devnet).give(address, '5');
  await deposit(page, '2');
  await goTo(page, 'Hold');
  await fill(page, { Payee: bob.address!, 'At most': '0.5', 'Time for the payee': '600' });
  await press(page, 'Hold');
  await told(page, 'locked for the payee');
  await pay(page, bob.address!, '0.25', 'for bread');
  await told(page, 'Paid 0.25');
}

async function lookBack(page: Page): Promise<void> {
  await goTo(page, 'History');
  await page.getByRole('region', { name: 'History' }).getByText('for bread').waitFor();
}

type Act = ((page: Page) => Promise<void>) | undefined;

/** Every page, and what is done on it before the picture is taken. */
function pagesOf(story: Story): [name: string, path: string, act: Act][] {
  const { alice, devnet } = story;
  const paste = async (page: Page): Promise<void> => {
    const receipt = await (await fetch(`${devnet.url}/v1/nonces/${story.paid}/receipt`)).text();
    await page.getByRole('textbox', { name: 'Receipt' }).fill(receipt);
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText('The receipt holds').waitFor();
  };
  return [
    ['live', '/', undefined],
    ['account', `/account/${alice.address}`, undefined],
    ['nonce', `/nonce/${story.paid}`, undefined],
    ['nonce-open', `/nonce/${story.held}`, undefined],
    ['nonce-annulled', `/nonce/${story.annulled}`, undefined],
    ['topic', `/topic/${story.topic}`, undefined],
    ['block', '/block/12', undefined],
    ['settlement', '/settlement/2', undefined],
    ['validator', '/validator/0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266', undefined],
    ['verify', '/verify', paste],
    ['search', '/search?q=12', undefined],
    ['gate', '/wallet', undefined],
    ['wallet', '/wallet', (page) => useWallet(page, story)],
    ['wallet-hold', '/wallet', (page) => useWallet(page, story).then(() => goTo(page, 'Hold'))],
    ['wallet-history', '/wallet', (page) => useWallet(page, story).then(() => lookBack(page))],
    ['play', '/play', undefined],
    ['missing', '/nonce/99999999', undefined],
    ['hash', `/search?q=0x${'12'.repeat(32)}`, undefined],
    ['elsewhere', '/elsewhere', undefined],
  ];
}

async function picture(
  browser: TestBrowser,
  plan: {
    url: string;
    width: number;
    height: number;
    colorScheme: 'light' | 'dark';
    file: string;
    act: Act;
    fullPage: boolean;
  },
): Promise<void> {
  const { url, width, height, colorScheme, file, act, fullPage } = plan;
  const opened = await browser.open(url, { viewport: { width, height }, colorScheme });
  await opened.page.locator('main h1').waitFor();
  await opened.page.waitForFunction(() => document.querySelector('.loading') === null);
  // What runs by itself is given a moment: a picture is no test.
  await sleep(1500);
  await act?.(opened.page);
  await opened.page.screenshot({ path: file, fullPage });
  for (const line of opened.errors()) console.log(`${file}: ${line}`);
  opened.expectErrors(/./);
  await opened.close();
  console.log(file);
}

/** A few payments a second, and now and then something that is never performed. */
function keepBusy({ alice, bob, topic }: Story): () => Promise<void> {
  let isOver = false;
  const work = async (): Promise<void> => {
    for (let round = 0; !isOver; round++) {
      await bob.payMany({
        payments: Array.from({ length: 9 }, () => ({ to: alice.address!, amount: 1000n })),
      });
      if (round % 3 === 0) {
        await bob.fetchNonces({ activities: [transfer(alice.address!, 1n), transfer(alice.address!, 2n)] });
      }
      if (round % 4 === 1) await alice.hold({ payee: bob.address!, max: 1_000_000n, window: 20 });
      if (round % 5 === 2) await alice.post({ topic, data: `round ${round}` });
      await sleep(350);
    }
  };
  const done = work();
  return async () => {
    isOver = true;
    await done;
  };
}
