/** Every page in a real Chromium against a real network: what it shows, that it can be used, and that nothing breaks. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { formatAmount } from '@upfront/client';
import { findingsOf } from './axe.ts';
import { skipWithoutChromium, startBrowser, type TestBrowser, type TestPage } from './browser.ts';
import { type Story, startStory, TOPIC_NAME } from './story.ts';

const OPERATOR = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
const FORMAT = { decimals: 18, unit: 10n ** 9n };

// biome-ignore lint/suspicious/noExplicitAny: what the API says, compared with what the page shows
type Json = Record<string, any>;

describe('the pages', { skip: skipWithoutChromium() }, () => {
  let story: Story;
  let browser: TestBrowser;
  before(async () => {
    [story, browser] = await Promise.all([startStory(), startBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await story?.devnet.close();
  });

  const open = (path: string, options = {}): Promise<TestPage> =>
    browser.open(story.devnet.url + path, options);
  const ask = async (path: string): Promise<Json> =>
    (await (await fetch(story.devnet.url + path)).json()) as Json;
  /** Opens a page, waits for its words, and closes it: an error in its console fails. */
  const shows = async (path: string, ...words: (string | RegExp)[]): Promise<void> => {
    const opened = await open(path);
    for (const word of words) await opened.page.getByText(word).first().waitFor();
    await opened.close();
  };

  test('live: the strip, its figures, what happens', async () => {
    const { page, close } = await open('/');
    await page.getByText('one operator').waitFor();
    await page.getByText(/fulfilled, \d+ annulled, [1-9]\d* open/).waitFor();
    await page.getByRole('link', { name: 'settlement 1', exact: true }).first().waitFor();
    // What is paid now is seen at once.
    const dealt = Number((await ask('/v1/status'))['nonces']);
    await story.bob.pay({ to: story.alice.address!, amount: 123_456_789n });
    await page.getByText('0.123456789').first().waitFor();
    // By keyboard: the newest nonce is told, and Enter opens it.
    await page.getByRole('group', { name: /newest nonces/ }).focus();
    await page.keyboard.press('ArrowLeft');
    await page.locator('.strip [aria-live]', { hasText: `nonce ${dealt}: transfer, fulfilled` }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Show as a table' }).click();
    await page.getByRole('row', { name: new RegExp(`^${dealt} transfer fulfilled`) }).waitFor();
    await page.getByRole('button', { name: 'Show as a picture' }).click();
    await page.getByRole('group', { name: /newest nonces/ }).focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: `Nonce ${dealt}` }).waitFor();
    await close();
  });

  test('live: what is told of a nonce stays at its cell while the rows move', async () => {
    const { page, close } = await open('/', { viewport: { width: 360, height: 300 } });
    const strip = page.getByRole('group', { name: /newest nonces/ });
    await page.getByText(/fulfilled, \d+ annulled, [1-9]\d* open/).waitFor();
    const { width, x } = (await strip.boundingBox())!;
    const pitch = width / 16;
    const tip = page.locator('.tip');
    const told = async (): Promise<number> =>
      Number(/nonce ([\d,]+)/.exec((await tip.textContent())!)![1]!.replaceAll(',', ''));
    /** More than two rows. */
    const scroll = async (): Promise<void> => {
      const payments = Array.from({ length: 40 }, () => ({ to: story.alice.address!, amount: 1n }));
      await story.bob.payMany({ payments });
      const { nonces } = (await ask('/v1/status')) as { nonces: string };
      await page.locator('canvas').waitFor();
      await page.getByText(`${Number(nonces).toLocaleString('en')} dealt so far`).waitFor();
      await isStill(page);
    };
    await scroll();
    // By keyboard: the nonce is kept, wherever its cell goes.
    await strip.focus();
    await page.keyboard.press('ArrowLeft');
    await tip.waitFor();
    const chosen = await told();
    await scroll();
    assert.equal(await told(), chosen);
    const box = (await tip.boundingBox())!;
    const isRight = (chosen % 16) * pitch > width / 2;
    const cellX = isRight ? box.x + box.width - pitch / 2 : box.x + pitch / 2;
    assert.ok(Math.abs(cellX - (x + ((chosen % 16) + 0.5) * pitch)) < 2, `${cellX}`);
    await page.mouse.click(cellX, box.y - 6 - pitch / 2);
    await page.getByRole('heading', { name: `Nonce ${chosen.toLocaleString('en')}`, exact: true }).waitFor();
    // Until it has left the strip: then nothing is told.
    await page.goBack();
    await page.getByText(/[1-9]\d* fulfilled, \d+ annulled/).waitFor();
    await page.waitForFunction(() => document.activeElement?.id === 'main');
    await strip.focus();
    await page.keyboard.press('Home');
    await tip.waitFor();
    await scroll();
    await tip.waitFor({ state: 'detached' });
    // By pointer: what is told is what a click opens.
    const place = (await strip.boundingBox())!;
    await page.mouse.move(place.x + 3.5 * pitch, place.y + 3.5 * pitch);
    const before = await told();
    await scroll();
    const under = await told();
    assert.ok(under > before, `${under} after ${before}`);
    await page.mouse.click(place.x + 3.5 * pitch, place.y + 3.5 * pitch);
    await page.getByRole('heading', { name: `Nonce ${under.toLocaleString('en')}`, exact: true }).waitFor();
    await close();
  });

  test('a nonce: fulfilled, open, annulled, of the first layer, and not dealt yet', async () => {
    await shows(`/nonce/${story.paid}`, 'fulfilled', 'a transfer, sealed', '0.25 ETH', 'Verify it here');
    await shows(`/nonce/${story.held}`, 'a hold of up to', '0.1 ETH', /of 10.min/);
    await shows(`/nonce/${story.annulled}`, 'annulled', 'a transfer, sealed', /its window was over/);
    await shows('/nonce/0', /an item is dealt and fulfilled at once/, /bonded/);
    await shows('/nonce/123456789', /was not dealt yet/);
    const { page, close, expectErrors } = await open('/');
    expectErrors(/400 \(Bad Request\)/);
    await page.goto(`${story.devnet.url}/nonce/x`);
    await page.getByText('could not be shown').waitFor();
    await close();
  });

  test('an account: amounts apart, privilege, open nonces, standing as the node has it', async () => {
    const address = story.alice.address!.toLowerCase();
    const { page, close } = await open(`/account/${address}`);
    const account = await ask(`/v1/accounts/${address}`);
    const amount = (units: string | bigint): string => `${formatAmount(BigInt(units), FORMAT)}\u00a0ETH`;
    await page.locator('.figure', { hasText: amount(account['balance']) }).waitFor();
    for (const [name, units] of [
      ['free', account['free']],
      ['reserved', account['reserved']],
      ['settled on L1', BigInt(account['balance']) + BigInt(account['unsettled'])],
    ]) {
      await fact(page, name, amount(units)).waitFor();
    }
    await fact(page, 'allowance', `${account['allowance']}\u00a0places`).waitFor();
    await page.getByRole('row', { name: new RegExp(`^${story.held} a hold`) }).waitFor();
    // The plot's last point comes from the events alone; the node counts otherwise.
    const standing = `${((100 * account['standing']) / 65_536).toFixed(2)}\u00a0%`;
    await fact(page, 'standing', standing).waitFor();
    await page.locator('figcaption', { hasText: `to ${standing} now` }).waitFor();
    await page.locator('.plot canvas').waitFor();
    await close();
    await shows(`/account/0x${'12'.repeat(20)}`, /It never appeared/);
    await shows('/account/0x12', /An account is an address/);
  });

  test('a topic, a block, a settlement, a validator', async () => {
    await shows(
      `/topic/${story.topic}`,
      'The order stands before anybody can read it.',
      'And it is delivered',
    );
    await shows(`/topic/0x${'00'.repeat(32)}`, 'Nothing here under that name');
    const nonce = await ask(`/v1/nonces/${story.paid}`);
    await shows(`/block/${nonce['height']}`, '0.25 ETH', /1 of 1/, 'transferred');
    await shows('/block/99999999', /There is no block 99,999,999 yet/);
    const settlements = (await ask('/v1/settlements'))['settlements'] as Json[];
    const { number } =
      settlements.find(({ status, debits }) => status === 'settled' && debits > 0) ?? settlements.at(-1)!;
    const settlement = await ask(`/v1/settlements/${number}`);
    assert.match(settlement['transaction'], /^0x[0-9a-f]{64}$/);
    const gas = Number(settlement['gasUsed']).toLocaleString('en');
    await shows(
      `/settlement/${number}`,
      gas,
      /gas/,
      settlement['debits'].length > 0 ? /0x7099….?79c8|0x3c44….?93bc/ : 'Nothing is taken',
    );
    await shows(`/validator/${OPERATOR}`, 'in the set', '1 ETH', /It signed \d+ of the newest/);
    await shows(`/validator/0x${'12'.repeat(20)}`, 'not in the set', '0 ETH');
  });

  test('search finds each of them', async () => {
    const { page, close } = await open('/');
    const search = async (text: string): Promise<void> => {
      await page.keyboard.press('/');
      await page.getByRole('searchbox').fill(text);
      await page.keyboard.press('Enter');
    };
    const isAt = (path: string | RegExp): Promise<void> =>
      page.waitForURL(typeof path === 'string' ? `**${path}` : path);
    await page.getByText('one operator').waitFor();
    await search('1');
    for (const name of ['nonce 1', 'block 1', 'settlement 1']) {
      await page.getByRole('main').getByRole('link', { name, exact: true }).waitFor();
    }
    await page.getByRole('link', { name: 'block 1', exact: true }).click();
    await page.getByRole('heading', { name: 'Block 1' }).waitFor();
    await search('settlement 1');
    await isAt('/settlement/1');
    await search(story.alice.address!);
    await isAt(`/account/${story.alice.address!.toLowerCase()}`);
    await search(OPERATOR);
    await page.getByRole('link', { name: /^validator/ }).click();
    await isAt(`/validator/${OPERATOR}`);
    await search(TOPIC_NAME);
    await isAt(`/topic/${story.topic}?name=${TOPIC_NAME}`);
    await page.getByText('The order stands').waitFor();
    await search(story.topic);
    await isAt(`/topic/${story.topic}`);
    const [newest] = (await ask('/v1/blocks?limit=1'))['blocks'] as Json[];
    await search(newest!['digest']);
    await isAt(`/block/${newest!['height']}`);
    await search(`0x${'12'.repeat(32)}`);
    await page.getByRole('region', { name: 'Nothing here under that name' }).waitFor();
    await page.getByRole('link', { name: 'a topic' }).click();
    await page.getByRole('link', { name: 'See what else it could be' }).click();
    await page.getByText('a transaction of the first layer').waitFor();
    await close();
  });

  test('a receipt is verified against the contract, and a tampered one is not', async () => {
    const { page, close } = await open(`/nonce/${story.paid}`);
    await page.getByRole('link', { name: 'Verify it here' }).click();
    const box = page.getByRole('textbox', { name: 'Receipt' });
    await page.waitForFunction(() => document.querySelector('textarea')?.value.includes('"event"'));
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText('The receipt holds.').waitFor();
    await page.getByText(/1.validator of 1 on the first layer/).waitFor();
    const receipt = await ask(`/v1/nonces/${story.paid}/receipt`);
    const tampered: [unknown, RegExp][] = [
      [
        { ...receipt, event: receipt['event'].replace(/^0x03(.{16})(.{40})/, `0x03$1${'ab'.repeat(20)}`) },
        /event is not in its header/,
      ],
      [{ ...receipt, header: { ...receipt['header'], height: '1' } }, /signature/],
      [{ ...receipt, signatures: [] }, /2\/3/],
      ['{', /no JSON/],
      [{ hello: 1 }, /malformed/],
    ];
    for (const [one, why] of tampered) {
      await box.fill(typeof one === 'string' ? one : JSON.stringify(one));
      await page.getByRole('button', { name: 'Verify' }).click();
      const said = await page.getByText('The receipt does not hold').innerText();
      assert.match(said, why);
    }
    await close();
  });

  test('a node that stops is said to be away, and found again', async (t) => {
    const opened = await open('/');
    opened.expectErrors(
      /ERR_CONNECTION_REFUSED|WebSocket|Failed to fetch|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/,
    );
    const { page, close } = opened;
    await page.getByText('one operator').waitFor();
    t.after(() => story.devnet.startNode());
    await story.devnet.stopNode();
    await page.getByText('The node is away.').waitFor();
    await page.getByRole('link', { name: 'Verify' }).click();
    await page.getByRole('link', { name: 'Live', exact: true }).click();
    await story.devnet.startNode();
    await page.getByText('The node is away.').waitFor({ state: 'detached' });
    await page.getByText(/fulfilled, \d+ annulled, \d+ open/).waitFor();
    await story.bob.pay({ to: story.alice.address!, amount: 987_654_321n });
    await page.getByText('0.987654321').first().waitFor();
    await close();
  });

  test('nothing serious for axe on any page, in light and dark, at 360 px', async () => {
    const address = story.alice.address!;
    const paths = [
      ...[
        '/',
        `/nonce/${story.paid}`,
        `/nonce/${story.held}`,
        `/account/${address}`,
        `/topic/${story.topic}`,
      ],
      ...['/block/8', '/settlement/1', `/validator/${OPERATOR}`, '/verify', '/search?q=1'],
    ];
    const schemes = ['light', 'dark'] as const;
    for (const colorScheme of schemes) {
      const { page, close } = await open('/', { viewport: { width: 360, height: 740 }, colorScheme });
      for (const path of paths) {
        await page.goto(story.devnet.url + path);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.waitForFunction(() => document.querySelector('.loading') === null);
        assert.deepEqual(await findingsOf(page), [], `${path}, ${colorScheme}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= 360, `${path} is ${wide} px wide`);
      }
      await close();
    }
  });

  test('the skip link, the theme, and a page that is not there', async () => {
    const { page, close, expectErrors } = await open('/', { colorScheme: 'light' });
    await page.getByText('one operator').waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the content');
    const paper = (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await paper();
    await page.getByRole('button', { name: 'Switch to dark' }).click();
    const dark = await paper();
    assert.notEqual(dark, light);
    await page.reload();
    assert.equal(await paper(), dark);
    expectErrors(/404 \(Not Found\)/);
    for (const path of ['/elsewhere', '/nonce/1/2']) {
      const answer = await page.goto(story.devnet.url + path);
      assert.equal(answer?.status(), 404);
      await page.getByRole('heading', { name: 'Not found' }).waitFor();
    }
    await page.getByRole('link', { name: 'See the network live' }).click();
    await page.getByText('one operator').waitFor();
    await close();
  });
});

/** Two frames after which no row is where it was not before: what moves has come to rest. */
async function isStill(page: TestPage['page']): Promise<void> {
  await page.evaluate(async () => {
    const picture = (): string => document.querySelector('canvas')!.toDataURL();
    const frame = (): Promise<number> => new Promise(requestAnimationFrame);
    for (let last = '', now = picture(); now !== last; ) {
      last = now;
      for (let i = 0; i < 3; i++) await frame();
      now = picture();
    }
  });
}

function fact(page: TestPage['page'], name: string | bigint, value: string) {
  const row = page
    .locator('.facts > div')
    .filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) });
  return row.locator('dd', { hasText: value });
}
