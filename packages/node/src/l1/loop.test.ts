// The repeated step under a clock that stands still: pauses, wake-ups, the end.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { backoff, type Clock, startLoop, systemClock } from './loop.ts';

/** A clock that stands still until it is told to go on. */
function stoppedClock() {
  const pauses: number[] = [];
  let goOn: () => void = () => undefined;
  const clock: Clock = {
    now: () => 0,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        pauses.push(ms);
        goOn = resolve;
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve());
      }),
  };
  return { clock, pauses, goOn: () => goOn() };
}

const turns = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

describe('startLoop', () => {
  it('pauses as long as each step says, and ends when one says so', async () => {
    const { clock, pauses, goOn } = stoppedClock();
    const answers = [5, 7, undefined, 9];
    let steps = 0;
    const loop = startLoop(clock, async () => answers[steps++]);
    for (let i = 0; i < 5; i++) {
      await turns();
      goOn();
    }
    assert.deepEqual(pauses, [5, 7]);
    assert.equal(steps, 3);
    await loop.close();
  });

  it('is woken from a pause, and by what came during a step', async () => {
    const { clock, pauses } = stoppedClock();
    let steps = 0;
    const loop = startLoop(clock, async () => {
      steps += 1;
      if (steps === 2) loop.wake();
      return 1000;
    });
    await turns();
    assert.deepEqual([steps, pauses.length], [1, 1]);
    loop.wake();
    loop.wake();
    await turns();
    assert.deepEqual([steps, pauses.length], [3, 2]);
    await loop.close();
    assert.equal(steps, 3);
  });

  it('closes only when the present step is done', async () => {
    let finish: () => void = () => undefined;
    let isDone = false;
    const loop = startLoop(systemClock, async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      isDone = true;
      return 60_000;
    });
    const closed = loop.close();
    await turns();
    assert.equal(isDone, false);
    finish();
    await closed;
    assert.equal(isDone, true);
  });
});

describe('backoff', () => {
  it('doubles up to its limit', () => {
    const pauses = [0, 1, 2, 3, 4, 5000].map((failures) => backoff(failures, 100, 1000));
    assert.deepEqual(pauses, [100, 200, 400, 800, 1000, 1000]);
  });
});
