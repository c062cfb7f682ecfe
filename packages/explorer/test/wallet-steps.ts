/**
 * What a person does in the wallet, as steps of tests: by labels and names, as a screen reader sees the page.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { createTestClient, formatEther, http, parseEther, publicActions } from 'viem';
import { findingsOf } from './axe.ts';
import type { TestDevnet } from './devnet.ts';

export const PASSWORD = 'correct horse';

/** Steps that build on each other: after the first that fails, the others are not tried. */
export function createStory(): (name: string, step: () => Promise<void>) => void {
  let broken: string | undefined;
  return (name, step) => {
    it(name, async (t) => {
      if (broken !== undefined) return t.skip(`after “${broken}” failed`);
      broken = name;
      await step();
      broken = undefined;
    });
  };
}

/** Fills fields by their labels. */
export async function fill(page: Page | Locator, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, value] of Object.entries(fields))
    await page.getByLabel(label, { exact: true }).fill(value);
}

export async function press(page: Page, button: string): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).click();
}

/** Goes to a part of the wallet as a person does: by its tab. */
export async function goTo(page: Page, tab: string): Promise<void> {
  await page
    .getByRole('navigation', { name: 'What to do' })
    .getByRole('link', { name: tab, exact: true })
    .click();
}

/** Waits until the page says so in a task's state. */
export async function told(page: Page, text: string | RegExp): Promise<void> {
  await page.locator('.told').filter({ hasText: text }).first().waitFor({ timeout: 90_000 });
}

/** Makes an account and returns its address. */
export async function makeAccount(page: Page, name: string): Promise<`0x${string}`> {
  const form = page.getByRole('region', { name: 'Make an account in this browser' });
  await fill(form, { 'Name (optional)': name, 'New password': PASSWORD, 'The password again': PASSWORD });
  await press(page, 'Make the account');
  const address = await ownAddress(page);
  // The form is gone; who goes on by keyboard begins at the content.
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
  return address;
}

/** Opens the account that this browser keeps. */
export async function openAccount(page: Page): Promise<void> {
  await page.getByRole('region', { name: 'Open an account' }).getByLabel('Password').fill(PASSWORD);
  await press(page, 'Open');
  await ownAddress(page);
}

export async function ownAddress(page: Page): Promise<`0x${string}`> {
  const link = page.getByRole('region', { name: 'Balance' }).locator('a.hex').first();
  await link.waitFor({ timeout: 90_000 });
  return (await link.getAttribute('title')) as `0x${string}`;
}

/** Waits until the balance reads so; `kept`: or so, if a settlement has kept its entry fee of a credit. */
export async function balanceIs(page: Page, ether: string, kept = ether): Promise<void> {
  const either = [ether, kept].map((one) => one.replace('.', '\\.')).join('|');
  const balance = page.getByTestId('balance').filter({ hasText: new RegExp(`^(${either})\\sETH$`) });
  await balance.waitFor({ timeout: 90_000 });
}

export async function deposit(page: Page, ether: string): Promise<void> {
  await goTo(page, 'Deposit');
  await fill(page, { Amount: ether });
  await press(page, 'Deposit');
  await told(page, `Deposited ${ether}`);
}

export async function pay(page: Page, to: string, ether: string, reference = ''): Promise<void> {
  await goTo(page, 'Pay');
  await fill(page, { To: to, Amount: ether, 'Reference (optional)': reference });
  await press(page, 'Pay');
}

/** The first layer, with what only a test chain can do. */
export function firstLayer({ l1Url }: TestDevnet) {
  const client = createTestClient({ mode: 'anvil', transport: http(l1Url) }).extend(publicActions);
  return {
    give: (address: `0x${string}`, ether: string) => client.setBalance({ address, value: parseEther(ether) }),
    ether: async (address: `0x${string}`) => formatEther(await client.getBalance({ address })),
    /** Transactions of the account, with those that wait for a block. */
    sent: (address: `0x${string}`) => client.getTransactionCount({ address, blockTag: 'pending' }),
    async goOn(seconds: number) {
      await client.increaseTime({ seconds });
      await client.mine({ blocks: 1 });
    },
  };
}

/** On a narrow screen nothing is wider than it, no number or unit is split, and every field shows its whole value. */
export async function assertWholeWhenNarrow(page: Page): Promise<void> {
  const before = page.viewportSize()!;
  await page.setViewportSize({ width: 360, height: 740 });
  const cut = await page.evaluate(() => {
    const parts = [...document.querySelectorAll('.amount > span')];
    const fields = [...document.querySelectorAll<HTMLElement>('input:not([type="checkbox"]), textarea')];
    const isCut = (one: HTMLElement): boolean =>
      one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight;
    return {
      split: parts.filter((one) => one.getClientRects().length > 1).map((one) => one.textContent),
      fields: fields.filter(isCut).map((one) => (one as HTMLInputElement).value),
      width: document.documentElement.scrollWidth,
    };
  });
  await page.setViewportSize(before);
  assert.deepEqual(cut, { split: [], fields: [], width: 360 });
}

/** No serious or critical finding of axe-core, in light and in dark. */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await findingsOf(page), [], `${what}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: null });
}
