/** A report as one HTML page that needs nothing else: a table, plots with their figures, and the scenario. */
import { escaped } from './chart.ts';
import type { Report } from './experiment.ts';
import { type Plot, plotsOf } from './plots.ts';
import { RULE_TITLES } from './rules/create.ts';
import { number, type Table, tablesOf } from './table.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2329; --faint: #59636e; --line: #d5dae0; --paper: #fff; --band: #f4f6f8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaef; --faint: #9aa5b1; --line: #333c46; --paper: #14181d; --band: #1b2027; } }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1rem 4rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .3rem; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
p, figcaption, summary { color: var(--faint); } figure { margin: 1.5rem 0 0; } svg { width: 100%; height: auto; display: block; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--faint); font-weight: 600; } th.word, td.word { text-align: left; } tr.ours { background: var(--band); font-weight: 600; }
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
${tablesOf(report)
  .map((one, i) => `<h2>${escaped(i === 0 ? 'Summary' : one.title)}</h2>\n${table(one)}`)
  .join('\n')}
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

function table({ head, rows, words }: Table): string {
  const cell = (tag: string, text: string, i: number): string =>
    `<${tag}${i < words ? ' class="word"' : ''}>${escaped(text)}</${tag.split(' ')[0]}>`;
  const headings = head.map((text, i) => cell('th scope="col"', text, i)).join('');
  const lines = rows.map((row) => {
    const isOurs = row.includes(RULE_TITLES.upfront);
    const cells = row.map((text, i) => cell('td', text, i)).join('');
    return `<tr${isOurs ? ' class="ours"' : ''}>${cells}</tr>`;
  });
  return `<div class="wide"><table><thead><tr>${headings}</tr></thead><tbody>${lines.join('\n')}</tbody></table></div>`;
}

function figure({ title, about, svg, figures }: Plot): string {
  return `<figure>
${svg}<figcaption>${escaped(about)}</figcaption>
<details><summary>Figures: ${escaped(title)}</summary>${table(figures)}</details>
</figure>`;
}
