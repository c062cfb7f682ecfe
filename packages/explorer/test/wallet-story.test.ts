/**
 * The wallet's whole story in a real browser against a real network: two people, from making an account to the claim.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe } from 'node:test';
import { DEV_KEYS } from '@upfront/node';
import jsQR from 'jsqr';
import type { Locator } from 'playwright-core';
import { privateKeyToAccount } from 'viem/accounts';
import { encryptKey } from '../src/wallet/keystore.ts';
import { qrPath } from '../src/wallet/request.ts';
import { skipWithoutChromium, startBrowser, type TestBrowser, type TestPage } from './browser.ts';
import { ETHER, startTestDevnet, type TestDevnet, until } from './devnet.ts';
import {
  assertAccessible,
  assertWholeWhenNarrow,
  balanceIs,
  createStory,
  deposit,
  fill,
  firstLayer,
  goTo,
  makeAccount,
  openAccount,
  ownAddress,
  PASSWORD,
  pay,
  press,
  told,
} from './wallet-steps.ts';

const BOB = privateKeyToAccount(DEV_KEYS[2]);
/** Units. */
const ENTRY_FEE = 25_000n;

describe('the wallet, from an account to the claim', {
  skip: skipWithoutChromium(),
  timeout: 300_000,
}, () => {
  const step = createStory();
  let devnet: TestDevnet;
  let browser: TestBrowser;
  let alice: TestPage;
  let bob: TestPage;
  let address: `0x${string}`;

  before(async () => {
    devnet = await startTestDevnet();
    browser = await startBrowser();
    alice = await browser.open(`${devnet.url}/wallet`);
    bob = await browser.open(`${devnet.url}/wallet`);
  });
  after(async () => {
    await browser?.close();
    await devnet?.close();
  });

  step('makes an account here, and keeps no key in the clear', async () => {
    const { page } = alice;
    await assertAccessible(page, 'before an account');
    address = await makeAccount(page, 'Alice');
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }));
    assert.match(kept, /aes-128-ctr/);
    assert.ok(kept.includes(address.slice(2).toLowerCase()));
    assert.doesNotMatch(kept, /privateKey/);
  });

  step('deposits', async () => {
    await firstLayer(devnet).give(address, '5');
    await deposit(alice.page, '2');
    await balanceIs(alice.page, '2');
  });

  step('pays, and what was signed can be read field by field', async () => {
    const { page } = alice;
    await pay(page, BOB.address, '0.25', 'for bread');
    await told(page, 'Paid 0.25');
    await balanceIs(page, '1.74999999');
    const signed = page.locator('details.signing');
    await signed.locator('summary').click();
    for (const field of ['sequence', 'limit', 'budget', 'expires', 'intents', 'verifyingContract'])
      await signed.getByText(field, { exact: true }).waitFor();
    // A settlement may have kept its entry fee of it.
    const { balance } = await devnet.client(2).balance();
    assert.ok([ETHER / 4n, ETHER / 4n - ENTRY_FEE].includes(balance), String(balance));
    await assertWholeWhenNarrow(page);
    await assertAccessible(page, 'after a payment');
    await goTo(page, 'Hold');
    await page.getByRole('button', { name: 'Hold', exact: true }).waitFor();
    assert.equal(await signed.count(), 0, 'nothing was signed for the other forms');
    await goTo(page, 'Pay');
  });

  step('refuses what cannot be, before anything is signed', async () => {
    const { page } = alice;
    await pay(page, BOB.address, '0.0000000001');
    await told(page, /Amount: .* finer than a unit/);
    await pay(page, BOB.address.replace('C', 'c'), '0.1');
    await told(page, 'To: this is no address');
    await pay(page, BOB.address, '7');
    await told(page, /the network refused it \(insufficient-funds\)/);
  });

  step('brings an account from a keystore', async () => {
    const { page } = bob;
    const file = JSON.stringify(encryptKey(DEV_KEYS[2], PASSWORD, 2 ** 4));
    await page.getByText('Bring an account from a keystore').click();
    await page
      .getByLabel('Keystore file')
      .setInputFiles({ name: 'bob.json', mimeType: 'application/json', buffer: Buffer.from(file) });
    await fill(page, { 'Its password': 'wrong password' });
    await press(page, 'Import');
    await told(page, 'The password does not open this account.');
    await fill(page, { 'Its password': PASSWORD });
    await press(page, 'Import');
    assert.equal(await ownAddress(page), BOB.address);
    await balanceIs(page, '0.25', '0.249975');
  });

  step('asks for a payment by a link and a QR code, and sees it paid', async () => {
    await goTo(bob.page, 'Request');
    await fill(bob.page, { 'Amount (optional)': '0.1' });
    await press(bob.page, 'Make the link');
    const link = await bob.page.getByRole('textbox', { name: 'The link', exact: true }).inputValue();
    const drawn = await bob.page.locator('svg.qr path').getAttribute('d');
    assert.equal(drawn, qrPath(link).path);
    assert.equal(await scan(bob.page.locator('svg.qr')), link);
    await assertAccessible(bob.page, 'a request');

    // The same document: only what is behind # and the path change, so the account stays open.
    await alice.page.evaluate((url) => {
      const anchor = Object.assign(document.createElement('a'), { href: url, textContent: 'the link' });
      document.querySelector('main')!.append(anchor);
      anchor.click();
      anchor.remove();
    }, link);
    await alice.page.getByText('A link asks you for this payment').waitFor();
    // It is kept while something else has to be done first.
    await goTo(alice.page, 'Deposit');
    await alice.page.getByText(/A link asks you for a payment of 0\.1\sETH to 0x3C44….?93BC/).waitFor();
    await alice.page.reload();
    await alice.page.getByText('It is kept here until you pay or dismiss it: open or make').waitFor();
    await openAccount(alice.page);
    await alice.page.getByRole('link', { name: 'Go to the payment' }).click();
    await press(alice.page, 'Pay');
    await told(alice.page, 'Paid 0.1');
    await goTo(alice.page, 'Deposit');
    await alice.page.getByRole('button', { name: 'Deposit' }).waitFor();
    assert.equal(await alice.page.getByText('A link asks you').count(), 0);
    await bob.page.getByRole('status').filter({ hasText: 'Paid:' }).waitFor();
  });

  step('holds; the payee checks, captures a part, and the rest is free', async () => {
    await goTo(alice.page, 'Hold');
    await fill(alice.page, { Payee: BOB.address, 'At most': '0.5' });
    await press(alice.page, 'Hold');
    await told(alice.page, 'locked for the payee');
    await alice.page.getByText('Waits for the payee to capture or release it.').waitFor();
    const handed = alice.page.getByRole('textbox', { name: 'The link', exact: true });
    const link = await handed.inputValue();
    // It is there again after another tab, and after another visit.
    await goTo(alice.page, 'Pay');
    await alice.page.reload();
    await openAccount(alice.page);
    await alice.page.getByRole('link', { name: 'Its link, for the payee' }).click();
    assert.equal(await handed.inputValue(), link);

    await goTo(bob.page, 'Capture');
    await fill(bob.page, { 'The link that the payer gave you': link });
    await press(bob.page, 'Check it');
    await told(bob.page, 'The money is locked for you.');
    await fill(bob.page, { Earned: '0.6' });
    await press(bob.page, 'Capture');
    await told(bob.page, /Earned: it is not above 0/);
    await fill(bob.page, { Earned: '0.2' });
    await press(bob.page, 'Capture');
    await told(bob.page, 'Captured 0.2');
    await balanceIs(alice.page, '1.44999997');
    await alice.page.getByText('Nothing waits.').waitFor();
    await alice.page
      .getByText(/The payee captured 0\.2\sETH in block [\d,]+; the other 0\.3\sETH are/)
      .waitFor();
    assert.equal(await handed.count(), 0);
    await assertAccessible(alice.page, 'a hold that has ended');
  });

  step('holds again, and the payee releases it', async () => {
    await fill(alice.page, { Payee: BOB.address, 'At most': '0.5' });
    await press(alice.page, 'Hold');
    await told(alice.page, 'locked for the payee');
    const link = await alice.page.getByRole('textbox', { name: 'The link', exact: true }).inputValue();
    await fill(bob.page, { 'The link that the payer gave you': link });
    await press(bob.page, 'Check it');
    await bob.page.getByText('up to 0.5').first().waitFor();
    await press(bob.page, 'Release it');
    await told(bob.page, 'Released.');
    await alice.page.getByText('Nothing waits.').waitFor();
    await alice.page.getByText(/The payee released it in block/).waitFor();
    await alice.page.getByText('locked for the payee').waitFor({ state: 'detached' });
  });

  step('withdraws; a settlement brings it to the first layer; the claim pays it', async () => {
    const { page } = alice;
    await goTo(page, 'Take out');
    await fill(page, { Amount: '1' });
    await press(page, 'Withdraw');
    await told(page, 'Withdrawn 1');
    await page.getByText('0.999975 ETH to claim').waitFor({ timeout: 90_000 });
    await page.getByText('Withdrawal of 1 ETH').waitFor({ state: 'detached' });
    const ether = firstLayer(devnet);
    const before = Number(await ether.ether(address));
    await press(page, 'Claim');
    await told(page, 'Claimed 0.999975');
    const gained = Number(await ether.ether(address)) - before;
    assert.ok(gained > 0.999 && gained < 1, String(gained));
    await assertAccessible(page, 'taking out');
  });

  step('shows its history, and exports it as CSV that adds up', async () => {
    const { page } = alice;
    await goTo(page, 'History');
    await page.getByRole('cell', { name: 'withdrawn to the first layer' }).waitFor();
    await page.getByRole('cell', { name: 'for bread' }).waitFor();
    await page.getByRole('cell', { name: 'claimed on the first layer: 0.999975 ETH' }).waitFor();
    const lines = await csvThatAddsUp(page, address);
    const [claim] = lines.filter((line) => line.includes(',claimed on the first layer,'));
    assert.equal(claim?.split(',')[6], '0.999975');
    assert.ok(lines.some((line) => /settlement \d+ brought a withdrawal to the first layer/.test(line)));
    await assertAccessible(page, 'history');
    // Of whoever received more than it paid settlements keep an entry fee each.
    await goTo(bob.page, 'History');
    await bob.page
      .getByRole('cell', { name: /entry fee of settlement/ })
      .first()
      .waitFor();
    const fees = (await csvThatAddsUp(bob.page, BOB.address)).filter((line) => /,entry fee of/.test(line));
    for (const line of fees) assert.equal(line.split(',')[5], '-0.000025');
  });

  /** The lines of the file, once its changes add up to the balance: a settlement may come in between. */
  const csvThatAddsUp = (page: TestPage['page'], of: `0x${string}`): Promise<string[]> =>
    until('a file that adds up', async () => {
      const [saved] = await Promise.all([page.waitForEvent('download'), press(page, 'Export as CSV')]);
      const csv = await readFile(await saved.path(), 'utf8');
      const [head, ...lines] = csv.trimEnd().split('\r\n');
      assert.equal(head, 'time,block,nonce,what,other,change,claimed,asset,reference');
      for (const line of lines) assert.match(line, /^\d{4}-\d\d-\d\dT/);
      const sum = lines.reduce((total, line) => total + unitsOf(line.split(',')[5]!), 0n);
      return sum === (await devnet.client(2).balance({ address: of })).balance ? lines : undefined;
    });

  step('said nothing wrong on the way', async () => {
    await alice.close();
    await bob.close();
  });
});

/** What another program reads off the picture of a code. */
async function scan(code: Locator): Promise<string | undefined> {
  const picture = await code.screenshot();
  const { data, width, height } = await code.page().evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
    context.drawImage(bitmap, 0, 0);
    const image = context.getImageData(0, 0, bitmap.width, bitmap.height);
    return { data: [...image.data], width: image.width, height: image.height };
  }, picture.toString('base64'));
  return jsQR.default(Uint8ClampedArray.from(data), width, height)?.data;
}

/** Units of a decimal amount of ETH, exactly. */
function unitsOf(text: string): bigint {
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)!;
  const units = BigInt(whole! + fraction.padEnd(9, '0'));
  return sign === '-' ? -units : units;
}
