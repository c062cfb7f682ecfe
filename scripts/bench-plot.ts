// A plot as SVG: how the cost of one thing changes with how many there are. Both axes are logarithmic, so that flat is
// flat. It is readable on light and dark pages.

export interface Series {
  readonly name: string;
  /** How many there are, and ns. */
  readonly points: readonly (readonly [number, number])[];
}

const WIDTH = 760;
const HEIGHT = 400;
const LEFT = 70;
const RIGHT = 250;
const TOP = 20;
const BOTTOM = 45;
const COLOURS = ['#3b7dd8', '#d8743b', '#3ba55d', '#a04bd0', '#c9a227', '#d04b6b'];
const DECADES_ACROSS = 6;

export function plot(series: readonly Series[]): string {
  const costs = series.flatMap(({ points }) => points.map(([, ns]) => Math.log10(ns)));
  const low = Math.floor(Math.min(...costs));
  const high = Math.ceil(Math.max(...costs));
  const x = (count: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * Math.log10(count)) / DECADES_ACROSS;
  const y = (log: number): number => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * (log - low)) / (high - low);
  const parts: string[] = [];
  for (let decade = 0; decade <= DECADES_ACROSS; decade++) {
    const at = x(10 ** decade);
    parts.push(
      line(
        [
          [at, TOP],
          [at, HEIGHT - BOTTOM],
        ],
        '#8884',
      ),
      text(at, HEIGHT - BOTTOM + 18, power(decade), 'middle'),
    );
  }
  for (let decade = low; decade <= high; decade++) {
    parts.push(
      line(
        [
          [LEFT, y(decade)],
          [WIDTH - RIGHT, y(decade)],
        ],
        '#8884',
      ),
    );
    parts.push(text(LEFT - 8, y(decade) + 4, `${power(decade)} ns`, 'end'));
  }
  series.forEach(({ name, points }, i) => {
    const colour = COLOURS[i % COLOURS.length]!;
    const places = points.map(([count, ns]) => [x(count), y(Math.log10(ns))] as const);
    parts.push(line(places, colour, 2));
    for (const [cx, cy] of places)
      parts.push(`<circle cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="3" fill="${colour}"/>`);
    const at = TOP + 14 + 22 * i;
    parts.push(
      line(
        [
          [WIDTH - RIGHT + 15, at - 4],
          [WIDTH - RIGHT + 35, at - 4],
        ],
        colour,
        2,
      ),
    );
    parts.push(text(WIDTH - RIGHT + 42, at, name, 'start'));
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" ` +
    `font-size="12">\n<title>How cost grows with how many there are</title>\n${parts.join('\n')}\n</svg>\n`
  );
}

function line(points: readonly (readonly [number, number])[], colour: string, width = 1): string {
  const places = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  return `<polyline points="${places}" fill="none" stroke="${colour}" stroke-width="${width}"/>`;
}

function text(x: number, y: number, content: string, anchor: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#888">${content}</text>`;
}

function power(decade: number): string {
  return `10<tspan baseline-shift="super" font-size="9">${decade}</tspan>`;
}
