// What the command line uses of the experiments with privilege.

export {
  type Attack,
  type GroupReport,
  type Point,
  type Report,
  type Result,
  runExperiment,
} from './experiment.ts';
export { pageOf } from './page.ts';
export { type Plot, plotsOf } from './plots.ts';
export { readyNames, readyScenario } from './ready.ts';
export { RULE_TITLES } from './rules/create.ts';
export { RULE_NAMES, type RuleName } from './rules/rule.ts';
export { parseScenario, type Scenario, ScenarioError, scaled } from './scenario.ts';
export { tableOf } from './table.ts';
