/**
 * The wallet when things go wrong: the page is closed in the middle of a payment, the node goes and comes back, the
 * operator is gone for good.
 */
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { DEV_KEYS } from '@upfront/node';
import { privateKeyToAccount } from 'viem/accounts';
import { skipWithoutChromium, startBrowser, type TestBrowser, type TestPage } from './browser.ts';
import { ETHER, startTestDevnet, type TestDevnet, until } from './devnet.ts';
import {
  balanceIs,
  createStory,
  deposit,
  fill,
  firstLayer,
  goTo,
  makeAccount,
  openAccount,
  pay,
  press,
  told,
} from './wallet-steps.ts';

const BOB = privateKeyToAccount(DEV_KEYS[2]).address;
/** Units. */
const ENTRY_FEE = 25_000n;
const CLOSE_AGE_S = 3 * 86_400;
/** docs/protocol.md, 3: the first byte of a fulfilment. */
const FULFIL = 2;
/** docs/api.md: type and id, before the messages of a submit frame. */
const FRAME_HEAD = 5;

describe('the wallet in trouble', { skip: skipWithoutChromium(), timeout: 300_000 }, () => {
  const step = createStory();
  let devnet: TestDevnet;
  let browser: TestBrowser;
  let alice: TestPage;
  let address: `0x${string}`;
  /** From now on no fulfilment of the page gets to the node, or each does; a reload mends it. */
  const cut = (isCut: boolean): Promise<void> =>
    alice.page.evaluate((value) => void Object.assign(globalThis, { isCut: value }), isCut);
  const dialogs: string[] = [];

  before(async () => {
    devnet = await startTestDevnet({ closeAge: BigInt(CLOSE_AGE_S) });
    browser = await startBrowser();
    alice = await browser.open(`${devnet.url}/wallet`);
    const { page } = alice;
    await alice.context.addInitScript(loseFulfilments, [FRAME_HEAD, FULFIL] as const);
    await page.reload();
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.type());
      void dialog.accept();
    });
    address = await makeAccount(page, 'Alice');
    await firstLayer(devnet).give(address, '5');
    await deposit(page, '2');
  });
  after(async () => {
    await browser?.close();
    await devnet?.close();
  });

  step(
    'warns before it is closed in the middle of a payment, and finishes it when it is opened again',
    async () => {
      const { page } = alice;
      await cut(true);
      await pay(page, BOB, '0.25');
      await told(page, /Announced as nonce \d+/);
      await page.getByText('waits for this page to perform it').waitFor();
      await page.getByText(/left; then it is annulled/).waitFor();
      const bob = devnet.client(2);
      assert.equal((await bob.balance()).balance, 0n);

      assert.deepEqual(dialogs, []);
      await page.reload();
      assert.deepEqual(dialogs, ['beforeunload']);
      await openAccount(page);
      await page.getByText('Taken up again from an earlier visit:').waitFor();
      await page.getByText(/^Payment of 0\.25\sETH to 0x3C44….?93BC \(nonce \d+\): finished$/i).waitFor();
      await page.getByRole('region', { name: 'Under way' }).getByRole('button', { name: 'Dismiss' }).click();
      await page.getByText('Taken up again').waitFor({ state: 'detached' });
      await balanceIs(page, '1.74999999');
      // Once, and not twice; a settlement may have kept its entry fee of it.
      assert.ok([ETHER / 4n, ETHER / 4n - ENTRY_FEE].includes((await bob.balance()).balance));
      await page.getByText('Nothing waits.').waitFor();

      // Nothing is open: nobody is asked, and nothing is done twice.
      await page.reload();
      assert.deepEqual(dialogs, ['beforeunload']);
      await openAccount(page);
      await balanceIs(page, '1.74999999');
    },
  );

  step('says what a payment waits for while the node is away, and finishes it when it is back', async () => {
    const { page, expectErrors } = alice;
    expectErrors(/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|WebSocket|ERR_EMPTY_RESPONSE/);
    await cut(true);
    await pay(page, BOB, '0.1');
    await told(page, /Announced as nonce \d+/);
    await devnet.stopNode();
    await cut(false);
    await page.getByText('The node is away.').first().waitFor();
    await page.getByText('The network’s clock stands while the node is away').waitFor();
    await devnet.startNode();
    await balanceIs(page, '1.64999998');
    await page.getByText('Nothing waits.').waitFor();
    await page.locator('.told.busy').waitFor({ state: 'detached' });
    // What this visit began is told where it was begun, and what is known is not called unknown.
    assert.equal(await page.getByText('Taken up again').count(), 0);
    assert.equal(await page.locator('.told.unknown').count(), 0);
  });

  step('finds a deposit again that it was closed upon', async () => {
    const { page } = alice;
    await goTo(page, 'Deposit');
    await fill(page, { Amount: '0.5' });
    const { sent } = firstLayer(devnet);
    const before = await sent(address);
    await press(page, 'Deposit');
    await page.getByText('On its way; waits for a block of the first layer.').waitFor();
    await until('its transaction', async () => ((await sent(address)) > before ? true : undefined));
    await page.reload();
    await openAccount(page);
    await balanceIs(page, '2.14999998');
    await page.getByText('Nothing waits.').waitFor();
  });

  step('leaves without the operator: exit, the close age, claim, all on the first layer', async () => {
    const { page } = alice;
    const ether = firstLayer(devnet);
    await goTo(page, 'Take out');
    await page
      .getByTestId('settled')
      .filter({ hasText: /^2\.14999998\s/ })
      .waitFor({ timeout: 90_000 });
    await devnet.stopNode();
    await page.getByText('The node is away.').first().waitFor();
    // The browser has the page itself: whoever comes back later leaves all the same.
    await page.reload();
    await openAccount(page);
    await page.getByText('The node is away.').first().waitFor();
    await goTo(page, 'Take out');
    await page.getByText('not known: the node is away, and settles nothing meanwhile').waitFor();
    await fill(page, { Amount: '0.00000001' });
    await press(page, 'Withdraw');
    await told(page, 'a withdrawal is at least');

    const exit = page.getByRole('region', { name: 'Exit' });
    await exit.getByText(/gas, 0\.\d+/).waitFor();
    await page.getByLabel('I want to leave with the settled balance.').check();
    await exit.getByRole('button', { name: 'Exit' }).click();
    await told(page, 'The exit is on the first layer.');
    await page.getByText('Waits for a settlement to acknowledge it').waitFor();
    await page.getByText(/Claimable in any case from \d{4}-/).waitFor();
    assert.equal(await page.getByText('a withdrawal is at least').count(), 0, 'an old failure is not told');
    // Before its time a claim would pay nothing: the button waits, and says until when.
    const claim = page.getByRole('region', { name: 'Claim' });
    await claim
      .getByText(/can be claimed once a settlement has acknowledged the exit, or from \d{4}-/)
      .waitFor();
    assert.equal(await claim.getByRole('button', { name: 'Claim' }).isDisabled(), true);

    await ether.goOn(CLOSE_AGE_S + 2);
    await page.getByText('Nobody acknowledged it in time').waitFor();
    const had = Number(await ether.ether(address));
    await press(page, 'Claim');
    await told(page, 'Claimed 2.14999998');
    await page.getByText('The contract has closed: everybody claims').waitFor();
    await page.getByText('nothing of this account is left in it').waitFor();
    await page.getByText(/^Exit with/).waitFor({ state: 'detached' });
    const gained = Number(await ether.ether(address)) - had;
    assert.ok(gained > 2.149 && gained < 2.15, String(gained));
  });

  step('said nothing wrong on the way', () => alice.close());
});

/** Runs in the page, before its own scripts: a line that loses every fulfilment while `isCut` says so. */
function loseFulfilments([at, fulfil]: readonly [number, number]): void {
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (data) {
    const isLost = (globalThis as { isCut?: boolean }).isCut && data instanceof Uint8Array;
    if (!(isLost && data[0] === 1 && data[at] === fulfil)) send.call(this, data);
  };
}
