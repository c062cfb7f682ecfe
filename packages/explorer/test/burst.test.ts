/** A burst of 10,000 nonces while somebody watches: all of them arrive, and the page stays usable meanwhile. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { skipWithoutChromium, startBrowser } from './browser.ts';
import { ETHER, startTestDevnet } from './devnet.ts';

const NONCES = 10_000;
const PAYERS = [1, 2, 3, 4];
/** The operator's bond and the payers' deposits. */
const ITEMS = 1 + PAYERS.length;
/** To reach, on an idle machine; two cores run the node, the payers and the browser here. */
const FRAME_MS = 100;
/** Looked at before, to tell what the machine itself does to frames. */
const IDLE_FRAMES = 60;

describe('a burst', { skip: skipWithoutChromium() }, () => {
  test(`of ${NONCES} nonces`, async (t) => {
    // Whoever is new may hold 1024 places: a burst needs no record here.
    const devnet = await startTestDevnet({ parameters: { standingStart: 65_536, interval: 600_000 } });
    t.after(() => devnet.close());
    const browser = await startBrowser();
    t.after(() => browser.close());
    const payers = await Promise.all(PAYERS.map((index) => devnet.funded(index)));
    const { page, close } = await browser.open(devnet.url, { viewport: { width: 1280, height: 900 } });
    await page.getByText(`${ITEMS} fulfilled, 0 annulled, 0 open`).waitFor();
    await page.evaluate(() => {
      const frames = { longest: 0, count: 0, task: 0, last: performance.now() };
      const look = (now: number): void => {
        frames.longest = Math.max(frames.longest, now - frames.last);
        frames.last = now;
        frames.count++;
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
      const observer = new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) frames.task = Math.max(frames.task, duration);
      });
      observer.observe({ entryTypes: ['longtask'] });
      Object.assign(globalThis, { frames });
    });
    const idle = await page.evaluate(async (most) => {
      const { frames } = globalThis as unknown as {
        frames: { longest: number; count: number; task: number };
      };
      while (frames.count < most) await new Promise(requestAnimationFrame);
      const { longest } = frames;
      Object.assign(frames, { longest: 0, count: 0, task: 0 });
      return longest;
    }, IDLE_FRAMES);
    const started = performance.now();
    const count = NONCES / PAYERS.length;
    const to = `0x${'77'.repeat(20)}` as const;
    const payments = Array.from({ length: count }, () => ({ to, amount: ETHER / 1_000_000n }));
    const results = await Promise.all(payers.map((payer) => payer.payMany({ payments })));
    const took = performance.now() - started;
    for (const { outcomes } of results) {
      assert.equal(outcomes.filter((outcome) => outcome?.status === 'done').length, count);
    }
    await page.getByText(`${(NONCES + ITEMS).toLocaleString('en')} fulfilled, 0 annulled, 0 open`).waitFor();
    const {
      longest,
      task,
      count: frames,
    } = await page.evaluate(
      () => (globalThis as unknown as { frames: { longest: number; task: number; count: number } }).frames,
    );
    const cells = await page.evaluate(() => document.querySelectorAll('*').length);
    t.diagnostic(
      `${NONCES} nonces in ${Math.round(took)} ms: longest frame ${longest.toFixed(0)} ms of ${frames}, longest task ${task.toFixed(0)} ms (to reach: ${FRAME_MS} ms), ${cells} elements`,
    );
    console.log(
      `burst: ${NONCES} nonces in ${(took / 1000).toFixed(1)} s, longest frame ${longest.toFixed(0)} ms, longest task ${task.toFixed(0)} ms (to reach: ${FRAME_MS} ms; idle before: ${idle.toFixed(0)} ms)`,
    );
    assert.ok(cells < 2000, `${cells} elements: the page grows with what it shows`);
    await close();
  });
});
