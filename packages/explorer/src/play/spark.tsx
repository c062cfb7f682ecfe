/**
 * A small live plot: the last two minutes of one number, drawn as an SVG line; its newest value stands beside it as text.
 */
import { SAMPLES_MOST } from './theatre.ts';

const WIDTH = 240;
const HEIGHT = 56;
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
  const y = (value: number): number => HEIGHT - EDGE - (Math.min(value, most) / most) * (HEIGHT - 2 * EDGE);
  const points = values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  return (
    <figure class="spark">
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
