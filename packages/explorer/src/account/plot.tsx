/**
 * Standing over time as a plot. uPlot is loaded with the first one that is opened.
 */
import { useEffect, useRef } from 'preact/hooks';
import { theme, token } from '../components/theme.tsx';
import { showStanding, showTime } from '../format.ts';
import type { History } from './history.ts';
import { STANDING_ONE } from './standing.ts';

/** CSS px. */
const HEIGHT = 220;

export function StandingPlot({ points }: { points: NonNullable<History['standing']> }) {
  const box = useRef<HTMLDivElement>(null);
  const colours = theme.value;
  useEffect(() => {
    const element = box.current!;
    let destroy = (): void => undefined;
    let isOver = false;
    void import('./uplot.ts').then(({ plotSteps }) => {
      if (isOver) return;
      destroy = plotSteps(element, {
        // It stays what it was until now.
        x: [...points.map(({ time }) => time / 1000), Date.now() / 1000],
        y: [...points, points.at(-1)!].map(({ standing }) => (100 * standing) / STANDING_ONE),
        height: HEIGHT,
        line: token('--fulfilled'),
        fill: token('--accent-soft'),
        ink: token('--soft'),
        grid: token('--line'),
      });
    });
    return () => {
      isOver = true;
      destroy();
    };
  }, [points, colours]);
  const first = points[0]!;
  const last = points.at(-1)!;
  const lowest = points.reduce((least, one) => (one.standing < least.standing ? one : least), first);
  return (
    <figure class="plot">
      <div ref={box} aria-hidden="true" />
      <figcaption>
        From {showStanding(first.standing)} at {showTime(first.time)} to {showStanding(last.standing)} now;
        lowest {showStanding(lowest.standing)} at {showTime(lowest.time)}.
      </figcaption>
    </figure>
  );
}
