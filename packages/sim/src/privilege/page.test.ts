/** The page: well-formed, with every plot, and nothing that a browser would fetch. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { barChart } from './chart.ts';
import { type Report, runExperiment } from './experiment.ts';
import { pageOf } from './page.ts';
import { plotsOf } from './plots.ts';
import { readyScenario } from './ready.ts';
import { RULE_NAMES } from './rules/rule.ts';
import { scaled } from './scenario.ts';

const VOID = new Set(['meta', '!doctype']);

/** Every element is closed where it must be; attributes are quoted; text is escaped. */
function assertWellFormed(html: string): void {
  const open: string[] = [];
  const withoutStyle = html.replace(/<style>[^<]*<\/style>/g, '');
  for (const [tag, close, name, attributes, self] of withoutStyle.matchAll(
    /<(\/?)([!a-zA-Z][\w-]*)((?:[^<>"]|"[^"]*")*?)(\/?)>/g,
  )) {
    if (close === '/') assert.equal(open.pop(), name, `${tag} closes another`);
    else {
      const rest = attributes!.replace(/\s[\w:-]+="[^"<]*"/g, '').trim();
      assert.ok(rest === '' || rest === 'html', `attributes of ${tag}: ${rest}`);
      if (self !== '/' && !VOID.has(name!)) open.push(name!);
    }
  }
  assert.deepEqual(open, []);
  assert.doesNotMatch(withoutStyle.replace(/<[^>]*>/g, ''), /[<>]|&(?!#\d+;)/, 'text is escaped');
}

function report(name: string, factor = 100): Report {
  const scenario = scaled(readyScenario(name)!, factor);
  const title = 'A <title> & "more"';
  return runExperiment({ ...scenario, duration: 140, warmup: 100, title }, RULE_NAMES);
}

const pages: { name: string; plots: string[] }[] = [
  {
    name: 'slow-holders',
    plots: ['goodput', 'goodput-over-time', 'fairness', 'standing', 'waiting', 'cost'],
  },
  {
    name: 'topic-stalling',
    plots: ['goodput', 'goodput-over-time', 'fairness', 'standing', 'waiting', 'cost', 'delay'],
  },
  {
    name: 'newcomers',
    plots: ['goodput', 'goodput-over-time', 'fairness', 'standing', 'waiting', 'each-group'],
  },
];

for (const { name, plots } of pages) {
  test(`the page of ${name}`, () => {
    const made = report(name);
    const html = pageOf(made);
    assertWellFormed(html);
    assert.deepEqual(
      plotsOf(made).map((plot) => plot.name),
      plots,
    );
    assert.equal(html.match(/<svg /g)?.length, plots.length);
    const loads = html
      .replaceAll('http://www.w3.org/2000/svg', '')
      .match(/https?:|src=|<link|@import|url\(/g);
    assert.equal(loads, null, 'nothing is fetched');
    for (const { svg, title, figures } of plotsOf(made)) {
      assertWellFormed(svg);
      assert.match(svg, /role="img" aria-labelledby="[\w-]+ [\w-]+"/, title);
      assert.match(svg, /prefers-color-scheme: dark/);
      assert.ok(figures.rows.length > 0, title);
      assert.doesNotMatch(svg, /NaN|Infinity|undefined/, title);
    }
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    assert.equal(new Set(ids).size, ids.length, 'ids are unique');
  });
}

test('bars: a value of nothing says so, and a value of 0 is on the axis of a logarithm', () => {
  const svg = barChart({
    name: 'one',
    title: 'One',
    about: 'one',
    across: 'what',
    categories: ['a', 'b', 'c'],
    y: { label: 'units', format: String },
    isLog: true,
    none: 'no damage',
    series: [{ name: 's', values: [null, 0, 1000] }],
  });
  assertWellFormed(svg);
  assert.match(svg, />no damage</);
  assert.deepEqual(
    [...svg.matchAll(/<rect x="[^"]*" y="[^"]*" width="[^"]*" height="([\d.]+)"/g)].map(
      (m) => Number(m[1]) > 0,
    ),
    [true, false, true],
    'the key of the legend, then the bars',
  );
});
