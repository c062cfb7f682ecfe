/** Every ready scenario, made smaller, gives what docs/privilege.md says of it; the same seed gives the same report. */
import assert from 'node:assert/strict';
import { before, describe, it, test } from 'node:test';
import { type Report, type Result, runExperiment } from './experiment.ts';
import { readyNames, readyScenario } from './ready.ts';
import { RULE_NAMES, type RuleName } from './rules/rule.ts';
import { type Scenario, scaled } from './scenario.ts';

/** How much smaller, and for how long, so that all of them together take seconds. */
const SMALLER: Readonly<Record<string, { factor: number; duration?: number; warmup?: number }>> = {
  'crash-and-return': { factor: 25, duration: 400 },
  'heavy-tailed': { factor: 4 },
  'hold-griefing': { factor: 10 },
  'honest-saturation': { factor: 100 },
  'idle-million': { factor: 50, duration: 200 },
  newcomers: { factor: 10, duration: 300 },
  'topic-stalling': { factor: 1, duration: 150 },
};
const USUAL = { factor: 25 };

function small(name: string): Scenario {
  const { factor, ...times } = SMALLER[name] ?? USUAL;
  return { ...scaled(readyScenario(name)!, factor), ...times };
}

/** The result of a rule at the n-th value of the sweep; counted from the end below 0. */
function of(report: Report, rule: RuleName, point = 0): Result {
  return report.points.at(point)!.results.find((result) => result.rule === rule)!;
}

function kept(report: Report, rule: RuleName): number[] {
  return report.points.map((_, i) => of(report, rule, i).kept!);
}

function near(actual: number | null, expected: number, within: number): void {
  assert.ok(actual !== null && Math.abs(actual - expected) <= within, `${actual}, not about ${expected}`);
}

/** Ample places: no damage until active standing is worth more than C / maxPlaces; then the fair share. */
const ample = (report: Report, last: number): void => {
  const [eight, fifty, fiveHundred, fiveThousand] = kept(report, 'upfront');
  for (const one of [eight!, fifty!, fiveHundred!]) near(one, 1, 0.01);
  near(fiveThousand!, last, 0.03);
};

const claims: Readonly<Record<string, (report: Report) => void>> = {
  'honest-saturation': (report) => {
    for (const rule of RULE_NAMES) near(of(report, rule).served, 1, 0.01);
    near(of(report, 'upfront', -1).jain, 1, 0.001);
    near(of(report, 'upfront', -1).served, 0.25, 0.02);
  },
  'idle-million': (report) => {
    for (const one of kept(report, 'upfront')) near(one, 1, 0.01);
    near(of(report, 'equal-share').served, 0.05, 0.01);
  },
  'naive-withholders': (report) => ample(report, 1),
  pulsing: (report) => ample(report, 0.33),
  'slow-holders': (report) => ample(report, 0.2),
  'lapsing-holds': (report) => {
    ample(report, 0.2);
    const { annulled, perDamage } = of(report, 'upfront', -1).attack!;
    assert.ok(annulled > 0 && perDamage! < 1, 'a tenth of the fees of slow holders, and no standing lost');
    assert.equal(of(report, 'upfront', -1).groups[1]!.standing, 1);
  },
  'scarce-naive-withholders': (report) => {
    for (const one of kept(report, 'upfront')) assert.ok(one > 0.88, String(one));
    assert.ok(kept(report, 'equal-share').at(-1)! < 0.02);
  },
  'scarce-pulsing': (report) => {
    const shares = kept(report, 'upfront');
    const static_ = kept(report, 'equal-share');
    shares.forEach((share, i) => {
      assert.ok(share >= static_[i]! && share < 0.93, `${share}: better than the fair share, and not whole`);
    });
  },
  'scarce-slow-holders': (report) => {
    const expected = report.points.map(({ value }) => 2 / (2 + value!));
    kept(report, 'upfront').forEach((share, i) => {
      near(share, expected[i]!, 0.02);
    });
  },
  'scarce-lapsing-holds': (report) => {
    near(kept(report, 'upfront')[1]!, 0.5, 0.02);
    assert.equal(of(report, 'upfront', 1).groups[1]!.standing, 1);
  },
  'unbounded-demand': (report) => {
    near(kept(report, 'upfront')[2]!, 1, 0.01);
    near(kept(report, 'equal-share')[2]!, 1 / 11, 0.01);
    assert.ok(
      of(report, 'equal-share', 2).goodput > 1.5 * of(report, 'upfront', 2).goodput,
      'and yet it does more',
    );
  },
  'heavy-demand': (report) => {
    near(kept(report, 'upfront')[2]!, 1, 0.01);
    near(kept(report, 'upfront').at(-1)!, 0.19, 0.02);
  },
  sybils: (report) => {
    near(kept(report, 'upfront')[1]!, 1, 0.01);
    near(kept(report, 'upfront').at(-1)!, 0.44, 0.05);
    assert.ok(of(report, 'upfront', -1).attack!.identities > 0);
  },
  newcomers: (report) => {
    const [veterans, newcomers] = of(report, 'upfront').groups;
    near(newcomers!.standing, 1, 0.001);
    assert.ok(
      newcomers!.series.goodput.at(-1)! / newcomers!.count > (0.95 * veterans!.goodput) / veterans!.count,
    );
  },
  'heavy-tailed': (report) => {
    const unused = of(report, 'fair-queue', 1).goodput / of(report, 'upfront', 1).goodput;
    assert.ok(unused > 1.2, `${unused}: it leaves places unused that heavy users want`);
  },
  'crash-and-return': (report) => {
    const lost = report.points.map((_, i) => of(report, 'upfront', i).recovery!);
    assert.deepEqual(
      lost.map(({ annulled }) => annulled),
      [1, 2, 3, 4, 5, 10, 100, 1000],
    );
    const least = [512, 768, 896, 960, 992, 1023, 1023, 1023];
    lost.forEach(({ fulfilments }, i) => {
      assert.ok(fulfilments! >= least[i]! && fulfilments! < least[i]! + 220, `${i}: ${fulfilments}`);
    });
  },
  'topic-stalling': (report) => {
    assert.equal(of(report, 'upfront', 0).delay!.most, 0.25);
    for (const point of [1, 2, 3]) assert.equal(of(report, 'upfront', point).delay!.most, 5.25);
  },
  'hold-griefing': (report) => {
    near(kept(report, 'upfront')[0]!, 0.99, 0.01);
    assert.ok(kept(report, 'upfront')[3]! < 0.35, 'places run out');
  },
  'one-by-one': (report) => {
    assert.ok(of(report, 'upfront', 3).peakOpen > 2, String(of(report, 'upfront', 3).peakOpen));
    for (const rule of ['equal-share', 'fair-queue', 'deposit', 'aimd'] as const)
      assert.ok(of(report, rule, 3).peakOpen <= 1.01);
  },
};

test('every ready scenario has a claim here, and no claim is without one', () => {
  assert.deepEqual(readyNames(), Object.keys(claims).sort());
});

describe('ready scenarios, smaller', () => {
  for (const [name, claim] of Object.entries(claims)) {
    it(name, () => claim(runExperiment(small(name), RULE_NAMES)));
  }
});

describe('a report', () => {
  const scenario = small('scarce-pulsing');
  let first: string;
  before(() => {
    first = JSON.stringify(runExperiment(scenario, RULE_NAMES));
  });

  it('is the same for the same seed', () => {
    assert.equal(JSON.stringify(runExperiment(scenario, RULE_NAMES)), first);
  });

  it('is another for another seed', () => {
    const other = { ...scenario, seed: scenario.seed + 1 };
    assert.notEqual(
      JSON.stringify(runExperiment(other, RULE_NAMES).points),
      JSON.stringify(JSON.parse(first).points),
    );
  });
});
