/**
 * `upfront devnet`: a whole network on this machine, until it is told to stop.
 */
import { join, resolve } from 'node:path';
import { defaultParameters } from '@upfront/core';
import type { LogLevel } from '@upfront/node';
import type { Command } from 'commander';
import { act, createCommand } from '../command.ts';
import { parametersOf } from '../deployment.ts';
import { showActivity } from '../devnet/activity.ts';
import { VALIDATORS_MOST } from '../devnet/committee.ts';
import { guide } from '../devnet/guide.ts';
import { takeOrders } from '../devnet/running.ts';
import { type Devnet, type DevnetOptions, startDevnet } from '../devnet/start.ts';
import { parseCount, parseSeconds } from '../durations.ts';
import { CliError, usageError } from '../errors.ts';
import { untilInterrupted } from '../interrupt.ts';
import { createNodeLog, logLevelOption } from '../node-log.ts';
import type { Output } from '../output.ts';
import { advanceCommand, stopNodeCommand } from './devnet-controls.ts';

interface Flags {
  readonly home?: string;
  readonly data?: string;
  readonly port: string;
  readonly l1Port: string;
  readonly validators: string;
  readonly window?: string;
  readonly interval: string;
  readonly closeAge: string;
  readonly set?: readonly string[];
  readonly logLevel: LogLevel;
}

const PORT_MOST = 65_535;

export function devnetCommand(): Command {
  return createCommand('devnet', [], {
    summary: 'run a whole network on this machine: anvil, contract, node, funded accounts',
    more: 'It writes .upfront/config.json in this folder, so that commands started here need no flags. Everything is thrown away at the next start, unless --data names a folder.\n\nWhile it runs, from another shell: `upfront devnet stop-node` and `upfront devnet advance`, to leave without the operator.',
    examples: [
      ['devnet', 'prints what to try next, then what happens'],
      ['devnet --window 2s', 'nonces that are not performed are annulled sooner'],
      ['devnet --data my-devnet', 'goes on with it at the next start'],
      ['devnet --port 0 --l1-port 0', 'on free ports'],
      ['devnet --validators 4', 'a committee, and a node that follows it and serves you'],
    ],
  })
    .enablePositionalOptions()
    .addCommand(stopNodeCommand())
    .addCommand(advanceCommand())
    .option(
      '--data <folder>',
      'keep everything in this folder, and go on with what is there. anvil saves its chain when it is stopped: what was killed cannot go on',
    )
    .option('--port <port>', 'port of the node’s API; 0 takes a free one', '8640')
    .option('--l1-port <port>', 'port of the first layer; 0 takes a free one', '8545')
    .option('--validators <n>', `validators; more than one need CometBFT, at most ${VALIDATORS_MOST}`, '1')
    .option(
      '--window <duration>',
      'window of transfers and withdrawals, and of holds that name none; posts not longer. Nothing is annulled before it is 8 blocks old, and an idle network makes one a second',
    )
    .option('--interval <duration>', 'time between settlements', '10s')
    .option('--close-age <duration>', 'how long an exit may stay unanswered until the contract closes', '3d')
    .option('--set <name=value...>', 'genesis parameters, in their own units (docs/protocol.md, 2)')
    .addOption(logLevelOption('warn'))
    .action(
      act(async ({ out }, flags: Flags) => {
        const interrupt = untilInterrupted(parentOf(process.env));
        // Not the nearest one above: a devnet in this folder is this folder's.
        const home = resolve(flags.home ?? (process.env['UPFRONT_HOME'] || '.upfront'));
        const options = optionsOf(flags, home);
        out.note('Starting anvil, the contract and a node …');
        const log = createNodeLog(flags.logLevel, out);
        const devnet = await startDevnet({ ...options, log });
        try {
          const { nodeUrl, nodeUrls, l1Url, network, operator } = devnet;
          const { contract, hash } = network;
          const { genesisFile: genesis } = devnet;
          const facts = { nodeUrl, nodeUrls, l1Url, contract, genesis, genesisHash: hash, operator, home };
          out.result({ ...facts, pid: process.pid }, guide(devnet, home, flags.closeAge));
          const activity = goOn(devnet, { home, folder: options.folder, out, signal: interrupt.signal });
          const died = devnet.l1Ended.then(() => {
            if (!interrupt.signal.aborted)
              throw new CliError('failed', 'anvil has ended by itself.', 'Start the devnet again.');
          });
          await Promise.race([Promise.all([activity, interrupt.asked]), died]);
        } finally {
          out.note('Stopping …');
          await devnet.stop();
        }
        interrupt.release();
      }),
    );
}

/** Shows what happens, and does what other shells order, until the signal. */
async function goOn(
  devnet: Devnet,
  { home, folder, out, signal }: { home: string; folder: string; out: Output; signal: AbortSignal },
): Promise<void> {
  const nodeEnds = new AbortController();
  const stopNode = async (): Promise<void> => {
    if (nodeEnds.signal.aborted) return;
    nodeEnds.abort();
    await devnet.stopNode();
    out.result({ node: 'stopped' }, '\nThe operator is gone for good; the first layer is still here.\n');
  };
  const events = AbortSignal.any([signal, nodeEnds.signal]);
  await Promise.all([
    showActivity(devnet, home, out, { events, claims: signal }),
    takeOrders(folder, signal, stopNode),
  ]);
}

/** Set by `npm start` (scripts/setup.mjs), which may be killed without a chance to say so. */
function parentOf({ UPFRONT_PARENT: text }: NodeJS.ProcessEnv): number | undefined {
  return text === String(process.ppid) ? process.ppid : undefined;
}

function optionsOf(flags: Flags, home: string): Omit<DevnetOptions, 'log'> {
  const window = flags.window === undefined ? undefined : parseSeconds(flags.window, '--window');
  const { windowPost, windowHoldLeast } = defaultParameters;
  const windows =
    window === undefined
      ? []
      : [
          `windowTransfer=${1000 * window}`,
          `windowPost=${Math.min(windowPost, 1000 * window)}`,
          `windowHoldLeast=${Math.min(windowHoldLeast, window)}`,
        ];
  const validators = parseCount(flags.validators, '--validators', VALIDATORS_MOST);
  if (validators < 1)
    throw usageError('A network without validators makes no block.', 'As in --validators 4.');
  const interval = `interval=${1000 * parseSeconds(flags.interval, '--interval')}`;
  return {
    home,
    folder: resolve(flags.data ?? join(home, 'devnet')),
    isKept: flags.data !== undefined,
    port: parseCount(flags.port, '--port', PORT_MOST),
    l1Port: parseCount(flags.l1Port, '--l1-port', PORT_MOST),
    parameters: parametersOf([interval, ...windows, ...(flags.set ?? [])]),
    closeAge: parseSeconds(flags.closeAge, '--close-age'),
    validators,
  };
}
