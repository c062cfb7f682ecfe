/**
 * A small live plot: the last two minutes of one number, on a logarithmic scale, for standing is halved and not subtracted
 * from. Drawn as an SVG line; its newest value stands beside it as text.
 */
import { SAMPLES_MOST } from './theatre.ts';

const WIDTH = 240;
const HEIGHT = 80;
/** Of the scale: from 1/1024 of the most on. */
const STEPS = 1024;
/** Room for the line's own width. */
const EDGE = 3;

export function Spark(props: {
  label: string;
  values: readonly number[];
  most: number;
  now: string;
  tone: string;
}) {
  const { label, values, most, now, tone } = props;
  const x = (i: number): number =>
    WIDTH - EDGE - ((values.length - 1 - i) * (WIDTH - 2 * EDGE)) / (SAMPLES_MOST - 1);
  const share = (value: number): number => Math.log2(Math.max(1, (value / most) * STEPS)) / Math.log2(STEPS);
  const y = (value: number): number => HEIGHT - EDGE - share(value) * (HEIGHT - 2 * EDGE);
  const points = values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  return (
    <figure class="trace">
      <figcaption>
        <span class="soft">{label}</span> <strong>{now}</strong>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`${label} over the last two minutes, now ${now}`}
      >
        <line class="base" x1={0} x2={WIDTH} y1={HEIGHT - EDGE} y2={HEIGHT - EDGE} />
        {values.length > 1 && <polyline class={tone} points={points} />}
        {values.length > 0 && <circle class={tone} cx={x(values.length - 1)} cy={y(values.at(-1)!)} r={3} />}
      </svg>
    </figure>
  );
}
