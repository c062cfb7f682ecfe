/**
 * What the live page shows, kept up by the stream: the strip, the rates, the newest events.
 *
 * Invariant: an event costs no allocation that stays; the page is told at most once a frame that something changed.
 */
import { decodeEvent, type Event } from '@upfront/core';
import { ApiError, api } from '../api.ts';
import { status } from '../network.ts';
import { followStream } from '../stream.ts';
import { STATE, StripModel } from './model.ts';
import { Rates } from './rates.ts';

/** Nonces of the past that are shown when the page is opened: as many as the largest strip has. */
const PAST = 3072;
/** Events kept for the list in words. */
const NEWEST = 24;
/** ms: what is open longer is asked for its kind, so often at most, and so many at once. */
const LEARN_AFTER_MS = 200;
const LEARN_EVERY_MS = 400;
const LEARN_ROWS = 500;

export interface Feed {
  readonly strip: StripModel;
  readonly rates: Rates;
  /** Newest last. */
  readonly newest: readonly { readonly height: number; readonly event: Event }[];
  /** The network's clock as far as is known, ms. */
  clock(now: number): number;
  readonly isOpen: () => boolean;
  stop(): void;
}

/** Follows from a little before now on. */
export function startFeed(onChange: () => void): Feed {
  const strip = new StripModel();
  const rates = new Rates();
  const newest: { height: number; event: Event }[] = [];
  const clock = { value: 0, at: 0 };
  const controller = new AbortController();
  let isOpen = false;
  let isLive = false;
  let stopStream = (): void => undefined;

  const onEvent = (bytes: Uint8Array, height: number, now: number): void => {
    const event = decodeEvent(bytes);
    if (event === undefined) return;
    const resolved = apply(strip, event, now);
    if (event.type === 'dealt' && event.clock > clock.value) [clock.value, clock.at] = [event.clock, now];
    if (isLive && resolved !== undefined) {
      rates.add(Math.floor(now / 1000), 1);
      if (resolved >= 0) rates.latency(resolved);
    }
    newest.push({ height, event });
    if (newest.length > NEWEST) newest.shift();
    onChange();
  };
  void startingHeight(controller.signal).then((height) => {
    if (height === undefined || controller.signal.aborted) return;
    stopStream = followStream({
      from: { height, index: 0 },
      onEvent,
      onCaughtUp: () => {
        isLive = true;
        onChange();
      },
      onState: (open) => {
        isOpen = open;
        // What comes after an outage was not seen as it happened.
        if (!open) isLive = false;
        onChange();
      },
    });
  });
  void learn(strip, onChange, controller.signal);
  return {
    strip,
    rates,
    newest,
    clock(now) {
      const known = Number(status.value?.clock ?? 0);
      if (known > clock.value) [clock.value, clock.at] = [known, now];
      // It runs with blocks only: one a second while anything is open.
      return clock.value + Math.min(1500, now - clock.at);
    },
    isOpen: () => isOpen,
    stop() {
      controller.abort();
      stopStream();
    },
  };
}

/** ms that a nonce was open if this event fulfilled one, -1 if that was not seen; undefined of any other event. */
function apply(strip: StripModel, event: Event, now: number): number | undefined {
  switch (event.type) {
    case 'dealt':
      strip.dealt(event.first, event.count, event.account, event.clock, now);
      return undefined;
    case 'item':
      strip.item(event.nonce, event.account, now);
      return undefined;
    case 'transferred':
      return strip.resolved(event.nonce, STATE.fulfilled, 'transfer', now) ?? -1;
    case 'captured':
      strip.resolved(event.nonce, STATE.fulfilled, 'hold', now);
      return -1;
    case 'withdrawn':
      return strip.resolved(event.nonce, STATE.fulfilled, 'withdraw', now) ?? -1;
    case 'posted':
      return strip.resolved(event.nonce, STATE.fulfilled, 'post', now) ?? -1;
    case 'validated':
      return strip.resolved(event.nonce, STATE.fulfilled, 'validate', now) ?? -1;
    case 'annulled':
      for (let i = 0; i < 256; i++) {
        const isIn = (event.bitmap[i >> 3]! & (0x80 >> (i & 7))) !== 0;
        if (isIn) strip.resolved(event.first + i, STATE.annulled, 'unknown', now);
      }
      return undefined;
    default:
      return undefined;
  }
}

/** Where the nonces of the last while were dealt; asked until the node answers. */
async function startingHeight(signal: AbortSignal): Promise<number | undefined> {
  while (!signal.aborted) {
    let newest: number | undefined;
    try {
      const { nonces, height } = await api.status(signal);
      newest = Number(height);
      const first = Math.max(0, Number(nonces) - PAST);
      const { dealtHeight, open, height: itsHeight } = await api.nonce(first, signal);
      return Number(open?.dealtHeight ?? dealtHeight ?? itsHeight ?? height);
    } catch (error) {
      if (!(error instanceof ApiError)) return undefined;
      // A node that began with a snapshot has no history before it: then from now on.
      if (!error.isAway && newest !== undefined) return newest;
      await pause(1000);
    }
  }
  return undefined;
}

/** Asks the node what the open nonces are: their announcement in the stream carries a hash only. */
async function learn(strip: StripModel, onChange: () => void, signal: AbortSignal): Promise<void> {
  let from = 0;
  while (!signal.aborted) {
    await pause(LEARN_EVERY_MS);
    const first = strip.firstUnknown(from, performance.now() - LEARN_AFTER_MS);
    if (first === undefined || signal.aborted) {
      from = 0;
      continue;
    }
    try {
      const { nonces } = await api.openNonces({ from: first, limit: LEARN_ROWS }, signal);
      for (const { nonce, intent, deadline } of nonces)
        strip.learn(Number(nonce), intent.kind, Number(deadline));
      // What is not among them was resolved meanwhile: the stream says how.
      from = nonces.length === LEARN_ROWS ? Number(nonces.at(-1)!.nonce) + 1 : first + 1;
      if (nonces.length > 0) onChange();
    } catch (error) {
      if (!(error instanceof ApiError)) return;
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
