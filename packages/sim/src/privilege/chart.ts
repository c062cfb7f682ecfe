/**
 * Bars and lines as SVG that needs nothing else: labelled axes, a legend, a title and a description for who cannot see it.
 * Readable on light and dark pages, and without telling colours apart: bars stand in the legend's order, lines are dashed
 * differently.
 */

export interface Axis {
  /** With its unit. */
  readonly label: string;
  readonly format: (value: number) => string;
}

export interface BarChart {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  /** What the groups of bars are. */
  readonly across: string;
  readonly categories: readonly string[];
  readonly y: Axis;
  readonly most?: number;
  readonly isLog?: boolean;
  /** One bar a category; null: nothing to show. `marks` are drawn as a line across each bar's place. */
  readonly series: readonly {
    readonly name: string;
    readonly values: readonly (number | null)[];
    readonly marks?: readonly (number | null)[];
  }[];
  /** What stands where there is no bar. */
  readonly none: string;
}

export interface LineChart {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly most?: number;
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [number, number])[];
  }[];
}

const WIDTH = 760;
const HEIGHT = 380;
const LEFT = 72;
const RIGHT = 18;
const TOP = 74;
const BOTTOM = 52;
const ACROSS = WIDTH - LEFT - RIGHT;
const DOWN = HEIGHT - TOP - BOTTOM;
const DASHES = ['', '7 4', '2 3', '10 3 2 3', '4 2', '1 5', '12 4', '6 2 2 2'];
const TICKS = 5;

/** Light, then dark; the eight are told apart by people who see fewer colours (Okabe and Ito), lightened for dark pages. */
const COLOURS = [
  ['#0067a8', '#5cb8f0'],
  ['#c77700', '#f0ae3c'],
  ['#00805c', '#3cc79a'],
  ['#b5548a', '#e699c4'],
  ['#c24a00', '#ff8c52'],
  ['#5a5a5a', '#b5b5b5'],
  ['#7a5fc0', '#b39dff'],
  ['#857700', '#e0d24a'],
] as const;

const STYLE = `<style>
svg.plot { --ink: #1d2329; --faint: #59636e; --grid: #d5dae0; --paper: #fff; ${colours(0)} }
@media (prefers-color-scheme: dark) { svg.plot { --ink: #e6eaef; --faint: #9aa5b1; --grid: #333c46; --paper: #14181d; ${colours(1)} } }
svg.plot text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg.plot .title { font-size: 15px; font-weight: 600; }
svg.plot .faint, svg.plot .value { fill: var(--faint); }
svg.plot .value { font-size: 10px; }
</style>`;

export function barChart(chart: BarChart): string {
  const { categories, series, isLog = false, y } = chart;
  const values = series
    .flatMap((one) => [...one.values, ...(one.marks ?? [])])
    .filter((value) => value !== null && (!isLog || value > 0)) as number[];
  const scale = isLog ? logScale(values) : linearScale(Math.max(0, ...values), chart.most);
  const group = ACROSS / Math.max(1, categories.length);
  const width = Math.min(46, (group * 0.84) / Math.max(1, series.length));
  const parts = [
    grid(scale, y),
    legend(
      series.map(({ name }) => name),
      false,
    ),
    base(chart.across),
  ];
  categories.forEach((category, i) => {
    const middle = LEFT + group * (i + 0.5);
    parts.push(text(middle, HEIGHT - BOTTOM + 18, category, 'middle'));
    series.forEach((one, j) => {
      const left = middle + width * (j - series.length / 2);
      parts.push(bar(one.values[i] ?? null, left, width, j, scale, chart));
      const mark = one.marks?.[i];
      if (mark !== null && mark !== undefined) parts.push(tickMark(left, width, scale.place(mark)));
    });
  });
  return frame(chart, parts);
}

export function lineChart(chart: LineChart): string {
  const points = chart.series.flatMap((one) => one.points);
  const scale = linearScale(Math.max(0, ...points.map(([, y]) => y)), chart.most);
  const end = Math.max(1, ...points.map(([x]) => x));
  const across = ticksUpTo(end).filter((tick) => tick <= end);
  const place = (x: number): number => LEFT + (ACROSS * x) / end;
  const parts = [
    grid(scale, chart.y),
    legend(
      chart.series.map(({ name }) => name),
      true,
    ),
    base(chart.x.label),
  ];
  for (const tick of across)
    parts.push(text(place(tick), HEIGHT - BOTTOM + 18, chart.x.format(tick), 'middle'));
  chart.series.forEach((one, i) => {
    const path = one.points.map(([x, y]) => `${place(x).toFixed(1)},${scale.place(y).toFixed(1)}`).join(' ');
    parts.push(`<polyline points="${path}" fill="none" ${stroke(i, true)}/>`);
  });
  return frame(chart, parts);
}

/** Text that may stand in XML. */
export function escaped(words: string): string {
  return words.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

interface Scale {
  readonly ticks: readonly number[];
  /** y of a value. */
  place(value: number): number;
}

function linearScale(most: number, fixed: number | undefined): Scale {
  const ticks = ticksUpTo(fixed ?? (most > 0 ? most : 1));
  const top = fixed ?? Math.max(most, ticks.at(-1)!);
  return { ticks, place: (value) => HEIGHT - BOTTOM - (DOWN * Math.min(value, top)) / top };
}

function logScale(values: readonly number[]): Scale {
  const logs = values.length === 0 ? [0, 1] : values.map(Math.log10);
  const low = Math.floor(Math.min(...logs) - 0.01);
  const high = Math.max(low + 1, Math.ceil(Math.max(...logs)));
  const step = Math.ceil((high - low) / 6);
  const ticks: number[] = [];
  for (let power = low; power <= high; power += step) ticks.push(10 ** power);
  const part = (value: number): number => (Math.log10(Math.max(value, 1e-12)) - low) / (high - low);
  return { ticks, place: (value) => HEIGHT - BOTTOM - DOWN * Math.max(0, Math.min(1, part(value))) };
}

/** Round steps of 1, 2 or 5. */
function ticksUpTo(most: number): number[] {
  const rough = most / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough * 0.999)!;
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, i) =>
    Number((i * step).toPrecision(6)),
  );
}

function bar(
  value: number | null,
  left: number,
  width: number,
  series: number,
  scale: Scale,
  { y, none }: BarChart,
): string {
  const foot = HEIGHT - BOTTOM;
  const middle = left + width / 2;
  if (value === null) {
    const at = `transform="rotate(-90 ${middle.toFixed(1)} ${foot - 6})"`;
    return `<text x="${middle.toFixed(1)}" y="${foot - 2}" class="value" ${at}>${escaped(none)}</text>`;
  }
  const top = scale.place(value);
  const box = `x="${(left + 1).toFixed(1)}" y="${top.toFixed(1)}" width="${(width - 2).toFixed(1)}"`;
  return (
    `<rect ${box} height="${(foot - top).toFixed(1)}" style="fill:var(--c${series})"/>` +
    `<text x="${middle.toFixed(1)}" y="${(top - 4).toFixed(1)}" text-anchor="middle" class="value">${escaped(y.format(value))}</text>`
  );
}

function tickMark(left: number, width: number, y: number): string {
  return `<line x1="${left.toFixed(1)}" x2="${(left + width).toFixed(1)}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}" style="stroke:var(--ink);stroke-width:1.5"/>`;
}

function grid(scale: Scale, { label, format }: Axis): string {
  const lines = scale.ticks.map((tick) => {
    const y = scale.place(tick).toFixed(1);
    return (
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}" style="stroke:var(--grid)"/>` +
      text(LEFT - 8, Number(y) + 4, format(tick), 'end', 'faint')
    );
  });
  const middle = TOP + DOWN / 2;
  lines.push(
    `<text x="16" y="${middle}" text-anchor="middle" transform="rotate(-90 16 ${middle})">${escaped(label)}</text>`,
  );
  return lines.join('\n');
}

function base(label: string): string {
  const foot = HEIGHT - BOTTOM;
  return (
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${foot}" y2="${foot}" style="stroke:var(--faint)"/>` +
    text(LEFT + ACROSS / 2, HEIGHT - 12, label, 'middle')
  );
}

function legend(names: readonly string[], isLine: boolean): string {
  let x = LEFT;
  return names
    .map((name, i) => {
      const at = x;
      x += 44 + name.length * 6.6;
      const key = isLine
        ? `<line x1="${at}" x2="${at + 26}" y1="50" y2="50" ${stroke(i, true)}/>`
        : `<rect x="${at + 8}" y="44" width="14" height="12" style="fill:var(--c${i % COLOURS.length})"/>`;
      return key + text(at + 31, 54, name, 'start');
    })
    .join('');
}

function frame({ name, title, about }: BarChart | LineChart, parts: readonly string[]): string {
  const label = `aria-labelledby="${name}-title ${name}-about"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" ${label}>
<title id="${name}-title">${escaped(title)}</title>
<desc id="${name}-about">${escaped(about)}</desc>
${STYLE}
<rect width="${WIDTH}" height="${HEIGHT}" style="fill:var(--paper)"/>
${text(LEFT, 26, title, 'start', 'title')}
${parts.join('\n')}
</svg>
`;
}

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end', style = ''): string {
  const kind = style === '' ? '' : ` class="${style}"`;
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"${kind}>${escaped(words)}</text>`;
}

function stroke(i: number, isDashed: boolean): string {
  const dash = isDashed ? DASHES[i % DASHES.length] : '';
  return `style="stroke:var(--c${i % COLOURS.length});stroke-width:2.2"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}`;
}

function colours(theme: 0 | 1): string {
  return COLOURS.map((pair, i) => `--c${i}: ${pair[theme]};`).join(' ');
}
