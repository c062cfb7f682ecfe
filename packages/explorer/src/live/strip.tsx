/**
 * The strip of nonces: a canvas that paints at most once a frame, walked by pointer or arrow keys, and told in words.
 *
 * Invariant: while nothing changes, nothing is painted.
 */

import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { theme } from '../components/theme.tsx';
import { grouped, shortHex, showDuration } from '../format.ts';
import { parameter } from '../network.ts';
import type { Feed } from './feed.ts';
import { type Cell, STATE } from './model.ts';
import { layoutOf, Painter } from './painter.ts';
import { KIND_NAMES } from './shapes.ts';

/** ms between two looks at the age of what is open. */
const AGE_MS = 200;
const DEFAULT_WINDOW_MS = 60_000;

interface Mark {
  readonly nonce: number;
  readonly x: number;
  readonly y: number;
}

/** How the page asks for a new picture. */
export interface Paint {
  request: () => void;
}

export function Strip({ feed, paint }: { feed: Feed; paint: Paint }) {
  const { route } = useLocation();
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<Painter>(undefined);
  const marked = useRef<number>(undefined);
  const [mark, setMark] = useState<Mark | undefined>(undefined);
  usePainting(feed, paint, { canvas, painter, marked });

  const show = (nonce: number | undefined): void => {
    const isThere = nonce !== undefined && feed.strip.cell(nonce) !== undefined;
    marked.current = isThere ? nonce : undefined;
    paint.request();
    setMark(isThere ? { nonce, ...painter.current!.place(nonce) } : undefined);
  };
  const at = ({ offsetX, offsetY }: MouseEvent): number | undefined =>
    painter.current?.nonceAt(offsetX, offsetY);
  const onKey = (event: KeyboardEvent): void => {
    const step = stepOf(event.key, painter.current?.layout.perRow ?? 1);
    if (event.key === 'Enter' && mark !== undefined) route(`/nonce/${mark.nonce}`);
    else if (event.key === 'Escape') show(undefined);
    else if (event.key === 'End' || event.key === 'Home') show(feed.strip.end - 1);
    else if (step === undefined) return;
    else
      show(
        Math.min(
          feed.strip.end - 1,
          Math.max(painter.current!.first, (mark?.nonce ?? feed.strip.end) + step),
        ),
      );
    event.preventDefault();
  };
  const rest = painter.current?.layout;
  return (
    // biome-ignore lint/a11y/useSemanticElements: no element is a strip that arrow keys walk
    <div
      class="strip"
      role="group"
      aria-label="The newest nonces. Arrow keys walk them, Enter opens one, Escape leaves."
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys walk it
      tabIndex={0}
      onKeyDown={onKey}
      onBlur={() => show(undefined)}
    >
      <canvas
        ref={canvas}
        role="img"
        aria-label="The newest nonces as shapes; the same is there as a table."
        onPointerMove={(event) => show(at(event))}
        onPointerLeave={() => show(undefined)}
        onClick={(event) => {
          const nonce = at(event);
          if (nonce !== undefined && feed.strip.cell(nonce) !== undefined) route(`/nonce/${nonce}`);
        }}
      />
      {mark && <Tip mark={mark} feed={feed} width={rest?.width ?? 0} pitch={rest?.pitch ?? 0} />}
    </div>
  );
}

function stepOf(key: string, perRow: number): number | undefined {
  const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -perRow, ArrowDown: perRow };
  return steps[key];
}

/** Paints when something changed, on the next frame; and while something is open, as it ages. */
function usePainting(
  feed: Feed,
  paint: Paint,
  parts: {
    canvas: RefObject<HTMLCanvasElement | null>;
    painter: { current: Painter | undefined };
    marked: { current: number | undefined };
  },
): void {
  const { canvas, painter, marked } = parts;
  useEffect(() => {
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
      if (own.draw(feed.strip, feed.clock(now), windowMs, now, marked.current)) request();
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

/** Who, what kind, and its age against its window. Read aloud once for each nonce, not as it ages. */
function Tip({ mark, feed, width, pitch }: { mark: Mark; feed: Feed; width: number; pitch: number }) {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), AGE_MS);
    return () => clearInterval(timer);
  }, []);
  const cell = feed.strip.cell(mark.nonce);
  if (cell === undefined) return null;
  const isRight = mark.x > width / 2;
  const style = {
    top: `${mark.y + pitch + 6}px`,
    ...(isRight ? { right: `${width - mark.x - pitch}px` } : { left: `${mark.x}px` }),
  };
  const age = ageOf(cell, feed.clock(performance.now()));
  return (
    <>
      <div class="tip" style={style} aria-hidden="true">
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
        nonce {cell.nonce}: {KIND_NAMES[cell.kind]}, {STATE_NAMES[cell.state]}, {cell.account}
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
