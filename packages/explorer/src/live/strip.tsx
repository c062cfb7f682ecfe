/**
 * The strip of nonces: a canvas that paints at most once a frame, walked by pointer or arrow keys, and told in words.
 *
 * Invariant: while nothing changes, nothing is painted.
 */

import { type Signal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { theme } from '../components/theme.tsx';
import { grouped, shortHex, showDuration } from '../format.ts';
import { parameter } from '../network.ts';
import type { Feed } from './feed.ts';
import { type Cell, STATE, type StripModel } from './model.ts';
import { layoutOf, Painter } from './painter.ts';
import { KIND_NAMES } from './shapes.ts';

/** ms between two looks at the age of what is open. */
const AGE_MS = 200;
const DEFAULT_WINDOW_MS = 60_000;
/** Between a cell and what is said of it. */
const TIP_GAP_PX = 6;

/** Which nonce is told of: the one that the keys chose, wherever it goes, or the one that is under the pointer. */
interface Mark {
  readonly nonce: number;
  /** Of the pointer, CSS px; undefined: by the keys. */
  readonly point: { readonly x: number; readonly y: number } | undefined;
}

/** How the page asks for a new picture. */
export interface Paint {
  request: () => void;
}

export function Strip({ feed, paint }: { feed: Feed; paint: Paint }) {
  const { route } = useLocation();
  const canvas = useRef<HTMLCanvasElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const painter = useRef<Painter>(undefined);
  const mark = useSignal<Mark | undefined>(undefined);
  usePainting(feed, paint, { canvas, painter, mark, tip });

  const show = (next: Mark | undefined): void => {
    const isThere = next !== undefined && feed.strip.cell(next.nonce) !== undefined;
    if (!isThere && mark.value === undefined) return;
    mark.value = isThere ? next : undefined;
    paint.request();
  };
  const under = ({ offsetX: x, offsetY: y }: MouseEvent): Mark | undefined => {
    const nonce = painter.current?.nonceAt(x, y);
    return nonce === undefined ? undefined : { nonce, point: { x, y } };
  };
  const onKey = (event: KeyboardEvent): void => {
    const own = painter.current;
    if (own === undefined) return;
    const marked = mark.value?.nonce;
    if (event.key === 'Enter' && marked !== undefined) route(`/nonce/${marked}`);
    else if (event.key === 'Escape') show(undefined);
    else {
      const nonce = walked(event.key, marked, own, feed.strip.end);
      if (nonce === undefined) return;
      show({ nonce, point: undefined });
    }
    event.preventDefault();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: no element is a strip that arrow keys walk
    <div
      class="strip"
      role="group"
      aria-label="The newest nonces. Arrow keys walk them, Home and End go to the oldest and the newest, Enter opens one, Escape leaves."
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys walk it
      tabIndex={0}
      onKeyDown={onKey}
      onBlur={() => show(undefined)}
    >
      <canvas
        ref={canvas}
        role="img"
        aria-label="The newest nonces as shapes; the same is there as a table."
        onPointerMove={(event) => show(under(event))}
        onPointerLeave={() => show(undefined)}
        onClick={(event) => {
          const found = under(event);
          if (found !== undefined && feed.strip.cell(found.nonce) !== undefined)
            route(`/nonce/${found.nonce}`);
        }}
      />
      {mark.value && <Tip nonce={mark.value.nonce} feed={feed} element={tip} painter={painter.current!} />}
    </div>
  );
}

/** Where a key leads from the marked nonce, within what is visible; undefined: nowhere. */
function walked(
  key: string,
  marked: number | undefined,
  { first, layout }: Painter,
  end: number,
): number | undefined {
  const { perRow } = layout;
  const from = marked ?? end;
  const places: Readonly<Record<string, number>> = {
    ArrowLeft: from - 1,
    ArrowRight: from + 1,
    ArrowUp: from - perRow,
    ArrowDown: from + perRow,
    Home: first,
    End: end - 1,
  };
  const place = places[key];
  return place === undefined ? undefined : Math.min(end - 1, Math.max(first, place));
}

/** Paints when something changed, on the next frame; and while something is open, as it ages. */
function usePainting(
  feed: Feed,
  paint: Paint,
  parts: {
    canvas: RefObject<HTMLCanvasElement | null>;
    painter: { current: Painter | undefined };
    mark: Signal<Mark | undefined>;
    tip: RefObject<HTMLDivElement | null>;
  },
): void {
  const { canvas, painter, mark, tip } = parts;
  // Before the first key can come: a strip that can be walked has its painter.
  useLayoutEffect(() => {
    const element = canvas.current!;
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const measure = () => layoutOf(element.parentElement!.clientWidth, innerHeight);
    const own = new Painter(element, measure(), isStill);
    painter.current = own;
    let frame = 0;
    const draw = (): void => {
      frame = 0;
      const now = performance.now();
      const windowMs = parameter('windowTransfer') ?? DEFAULT_WINDOW_MS;
      const marked = mark.peek();
      const isMoving = own.draw(feed.strip, feed.clock(now), windowMs, now, marked?.nonce);
      const followed = follow(marked, own, feed.strip);
      if (followed !== undefined && tip.current !== null) placeTip(tip.current, own, followed.nonce);
      if (followed !== marked) mark.value = followed;
      if (isMoving || followed !== marked) request();
    };
    const request = (): void => {
      frame ||= requestAnimationFrame(draw);
    };
    const resize = new ResizeObserver(() => {
      const layout = measure();
      element.style.width = `${layout.width}px`;
      element.style.height = `${layout.height}px`;
      if (layout.width !== own.layout.width || layout.rows !== own.layout.rows) own.resize(layout);
      request();
    });
    resize.observe(element.parentElement!);
    const unsubscribe = theme.subscribe(() => {
      own.repaint();
      request();
    });
    const ageing = setInterval(() => {
      if (feed.strip.open > 0) request();
    }, AGE_MS);
    paint.request = request;
    return () => {
      cancelAnimationFrame(frame);
      clearInterval(ageing);
      unsubscribe();
      resize.disconnect();
      paint.request = () => undefined;
    };
  }, [feed]);
}

/** After the rows have moved: what is under a pointer that rests is another nonce; what the keys chose may be gone. */
function follow(mark: Mark | undefined, painter: Painter, strip: StripModel): Mark | undefined {
  if (mark?.point === undefined) return mark !== undefined && painter.shows(mark.nonce) ? mark : undefined;
  const nonce = painter.nonceAt(mark.point.x, mark.point.y);
  if (nonce === mark.nonce) return mark;
  return nonce === undefined || strip.cell(nonce) === undefined ? undefined : { nonce, point: mark.point };
}

/** Under its cell, and within the strip. */
function placeTip({ style }: HTMLElement, painter: Painter, nonce: number): void {
  const { x, y } = painter.place(nonce);
  const { width, pitch } = painter.layout;
  const isRight = x > width / 2;
  style.top = `${y + pitch + TIP_GAP_PX}px`;
  style.left = isRight ? '' : `${x}px`;
  style.right = isRight ? `${width - x - pitch}px` : '';
}

/** Who, what kind, and its age against its window. Read aloud once for each nonce, not as it ages. */
function Tip(props: {
  nonce: number;
  feed: Feed;
  element: RefObject<HTMLDivElement | null>;
  painter: Painter;
}) {
  const { nonce, feed, element, painter } = props;
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), AGE_MS);
    return () => clearInterval(timer);
  }, []);
  useLayoutEffect(() => {
    if (element.current !== null) placeTip(element.current, painter, nonce);
  }, [nonce]);
  const cell = feed.strip.cell(nonce);
  if (cell === undefined) return null;
  const age = ageOf(cell, feed.clock(performance.now()));
  return (
    <>
      <div class="tip" ref={element} aria-hidden="true">
        <strong>nonce {grouped(cell.nonce)}</strong>
        <span>
          {KIND_NAMES[cell.kind]}, {STATE_NAMES[cell.state]}
        </span>
        <span>
          {cell.kind === 'item' ? 'by' : 'announced by'} <code>{shortHex(cell.account)}</code>
        </span>
        {age && <span>{age}</span>}
      </div>
      <p class="unseen" aria-live="polite">
        nonce {grouped(cell.nonce)}: {KIND_NAMES[cell.kind]}, {STATE_NAMES[cell.state]}, {cell.account}
      </p>
    </>
  );
}

export const STATE_NAMES = ['', 'open', 'fulfilled', 'annulled'] as const;

/** Against its window, while it is open. */
export function ageOf(cell: Cell, clock: number): string | undefined {
  if (cell.state !== STATE.open || Number.isNaN(cell.dealtClock)) return undefined;
  const age = showDuration(clock - cell.dealtClock);
  if (Number.isNaN(cell.deadline)) return `open for ${age}`;
  return `open for ${age} of ${showDuration(cell.deadline - cell.dealtClock)}`;
}
