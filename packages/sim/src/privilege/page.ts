/** A report as one HTML page that needs nothing else: a table, plots with their figures, and the scenario. */
import { escaped } from './chart.ts';
import type { Report, Result } from './experiment.ts';
import { type Plot, plotsOf } from './plots.ts';
import { RULE_TITLES } from './rules/create.ts';
import { cells, HEADINGS, number, seconds } from './table.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2329; --faint: #59636e; --line: #d5dae0; --paper: #fff; --band: #f4f6f8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaef; --faint: #9aa5b1; --line: #333c46; --paper: #14181d; --band: #1b2027; } }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1rem 4rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .3rem; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
p, figcaption, summary { color: var(--faint); } figure { margin: 1.5rem 0 0; } svg { width: 100%; height: auto; display: block; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--faint); font-weight: 600; } th.word, td.word { text-align: left; } tr.upfront { background: var(--band); font-weight: 600; }
pre { overflow-x: auto; padding: 1rem; background: var(--band); font-size: .8rem; } summary { cursor: pointer; font-size: .85rem; }
`;

export function pageOf(report: Report): string {
  const { scenario } = report;
  const plots = plotsOf(report);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(scenario.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(scenario.title)}</h1>
<p>${escaped(scenario.about)}</p>
<p>${escaped(conditions(report))}</p>
<h2>Summary</h2>
${summary(report)}
${recovery(report)}
<h2>Plots</h2>
${plots.map(figure).join('\n')}
<h2>Scenario</h2>
<details><summary>All of its fields, defaults included</summary>
<pre>${escaped(JSON.stringify(scenario, undefined, 2))}</pre></details>
</main>
</body>
</html>
`;
}

function conditions({ scenario }: Report): string {
  const { duration, warmup, network, seed, idle } = scenario;
  return `${number(duration)} s, measured after ${number(warmup)} s; a block each ${network.block} ms; ${number(network.capacity)} places, at most ${number(network.maxPlaces)} an account; ${number(idle)} idle accounts; seed ${seed}.`;
}

function summary({ scenario, points }: Report): string {
  const label = scenario.sweep?.label;
  const words = [...(label === undefined ? [] : [label]), 'rule'];
  const hasDelay = points.some(({ results }) => results.some(({ delay }) => delay !== null));
  const headings = [...HEADINGS, ...(hasDelay ? ['delay p50', 'most'] : [])];
  const rows = points.flatMap(({ value, results }) =>
    results.map((result) => {
      const first = label === undefined ? [] : [value === null ? '' : number(value)];
      const names = [...first, RULE_TITLES[result.rule]].map(
        (word) => `<td class="word">${escaped(word)}</td>`,
      );
      const figures = cells(result).map((cell) => `<td>${escaped(cell)}</td>`);
      return `<tr class="${result.rule}">${names.join('')}${figures.join('')}</tr>`;
    }),
  );
  const head = [
    ...words.map((word) => `<th class="word" scope="col">${escaped(word)}</th>`),
    ...headings.map((word) => `<th scope="col">${escaped(word)}</th>`),
  ];
  return `<div class="wide"><table><thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

/** Of a scenario with a crash: how the first that crashed came back. */
function recovery({ scenario, points }: Report): string {
  if (points.every(({ results }) => results.every((result) => result.recovery === null))) return '';
  const rows = points.flatMap(({ value, results }) =>
    results.flatMap((result): string[][] => {
      const cellsOf = recoveryCells(result);
      return cellsOf.length === 0
        ? []
        : [[value === null ? '' : number(value), RULE_TITLES[result.rule], ...cellsOf]];
    }),
  );
  const headings = [scenario.sweep?.label ?? '', 'rule', ...RECOVERY_HEADINGS];
  return `<h2>Recovery from the crash</h2>${figuresOf([headings, ...rows])}`;
}

export const RECOVERY_HEADINGS = [
  'annulled',
  'standing before',
  'after',
  'fulfilments',
  'seconds',
  'nothing waits after',
];

export function recoveryCells({ recovery }: Result): string[] {
  if (recovery === null) return [];
  const { annulled, before, after, fulfilments, seconds: took, served } = recovery;
  return [
    number(annulled),
    number(before),
    number(after),
    fulfilments === null ? 'not in this run' : number(fulfilments),
    seconds(took),
    seconds(served),
  ];
}

function figure({ title, about, svg, figures }: Plot): string {
  return `<figure>
${svg}<figcaption>${escaped(about)}</figcaption>
<details><summary>Figures: ${escaped(title)}</summary>${figuresOf(figures)}</details>
</figure>`;
}

function figuresOf([head = [], ...rows]: readonly (readonly string[])[]): string {
  const headings = head.map((word) => `<th scope="col">${escaped(word)}</th>`).join('');
  const lines = rows.map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`);
  return `<div class="wide"><table><thead><tr>${headings}</tr></thead><tbody>${lines.join('\n')}</tbody></table></div>`;
}
