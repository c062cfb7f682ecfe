/**
 * A real Chromium for tests: found on this machine, driven over its own protocol, strict about what a page says.
 *
 * Invariant: a console error, an uncaught exception or a refused resource of any page fails the test that opened it.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';

const SCRIPT = fileURLToPath(new URL('../../../scripts/chromium.mjs', import.meta.url));
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Asked once: the set-up's own search, without installing anything. */
const found = spawnSync(process.execPath, [SCRIPT, '--find'], { encoding: 'utf8' });

/** Why the tests of a browser do not run, for `skip`; false: they do. With CI=true a missing browser is a failure. */
export function skipWithoutChromium(): string | false {
  return found.status === 0 || process.env['CI'] === 'true' ? false : found.stderr.trim();
}

export interface TestBrowser {
  /** A page with a profile of its own. */
  open(url: string, options?: BrowserContextOptions): Promise<TestPage>;
  close(): Promise<void>;
}

export interface TestPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What was wrong so far; a test that expects some takes them out by a pattern. */
  errors(): readonly string[];
  /** Errors that match are expected from here on: a node that a test stops, say. */
  expectErrors(pattern: RegExp): void;
  /** Throws if there was an error that nobody expected; closes the page. */
  close(): Promise<void>;
}

export async function startBrowser(): Promise<TestBrowser> {
  if (found.status !== 0) throw new Error(found.stderr.trim());
  const browser: Browser = await chromium.launch({ executablePath: found.stdout.trim(), args: FLAGS });
  return {
    open: (url, options) => openPage(browser, url, options),
    close: () => browser.close(),
  };
}

async function openPage(browser: Browser, url: string, options?: BrowserContextOptions): Promise<TestPage> {
  const context = await browser.newContext(options ?? {});
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const errors: string[] = [];
  const expected: RegExp[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => errors.push(`uncaught: ${error.stack ?? error.message}`));
  const unexpected = (): string[] => errors.filter((line) => !expected.some((pattern) => pattern.test(line)));
  await page.goto(url);
  return {
    page,
    context,
    errors: unexpected,
    expectErrors: (pattern) => expected.push(pattern),
    async close() {
      await context.close();
      const wrong = unexpected();
      if (wrong.length > 0) throw new Error(`the page said:\n${wrong.join('\n')}`);
    },
  };
}
