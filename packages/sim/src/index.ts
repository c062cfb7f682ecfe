// What the command line and the tests use of the simulator.

export { type Campaign, runCampaign } from './faults/campaign.ts';
export { type RunOptions, type RunResult, runSeed } from './faults/run.ts';
