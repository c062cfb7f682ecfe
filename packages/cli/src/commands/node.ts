/**
 * `upfront node`: runs a node until it is told to stop. Its flags are the node's own table of settings.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex, toHex } from '@upfront/core';
import {
  argumentOf,
  type ConfigSources,
  flagOf,
  loadConfig,
  settings as nodeSettings,
  readGenesisFile,
  type Setting,
  type SettingName,
  settingNames,
  startNode,
  variableOf,
} from '@upfront/node';
import { type Command, Option } from 'commander';
import type { Hex } from 'viem';
import type { LocalAccount } from 'viem/accounts';
import { privateKeyToAccount } from 'viem/accounts';
import { chosenAddress, keyFromEnvironment, openKey } from '../accounts.ts';
import { act, type Call, createCommand } from '../command.ts';
import { usageError } from '../errors.ts';
import { untilInterrupted } from '../interrupt.ts';
import { createNodeLog } from '../node-log.ts';
import { builtPage } from '../page.ts';

interface Flags {
  readonly config?: string;
  /** False: --no-page. */
  readonly page: boolean;
  /** False: --no-validator. */
  readonly validator?: string | false;
  readonly relayer?: string;
}

export function nodeCommand(): Command {
  const command = createCommand('node', [], {
    summary: 'run a node until it is told to stop (SIGINT or SIGTERM)',
    more: 'Flags go before the environment, that before the file. The log goes to stderr; stdout says where it serves.',
    examples: [
      ['node', 'from node.json of the home folder, as `upfront init` writes it'],
      ['node --config node.json --validator operator', 'with the key of the account `operator`'],
      ['node --home newcomer --no-validator', 'follows a committee, and serves users'],
    ],
  })
    .option('--config <file>', 'file of settings (default: node.json of the home folder)')
    .option(
      '--validator <account>',
      'account whose key signs blocks (UPFRONT_VALIDATOR_KEY; default: the account in use)',
    )
    .option(
      '--no-validator',
      'no key: a committee’s node follows and hands messages on; with one operator, it serves what it has and takes none',
    )
    .option('--no-page', 'serve no page beside the API')
    .option(
      '--relayer <account>',
      'account that pays for settlements (UPFRONT_RELAYER_KEY; default: the validator)',
    );
  for (const name of settingNames) for (const option of optionsOf(name)) command.addOption(option);
  return command.action(act(run));
}

/** The options of one setting, as its table says. */
function optionsOf(name: SettingName): Option[] {
  const { help, default: byDefault, kind }: Setting = nodeSettings[name];
  const argument = argumentOf(name);
  const note = `${help} (${byDefault === undefined ? '' : `default ${byDefault}; `}${variableOf(name)})`;
  if (argument !== undefined) return [new Option(`${flagOf(name)} ${argument}`, note)];
  const options = [new Option(flagOf(name), note)];
  if (kind.type === 'flag')
    options.push(new Option(flagOf(name).replace('--', '--no-'), `not ${flagOf(name)}`).hideHelp());
  return options;
}

async function run(call: Call, flags: Flags & ConfigSources['flags']): Promise<void> {
  const { out, settings } = call;
  const ownFile = join(settings.home, 'node.json');
  const file = flags.config ?? (existsSync(ownFile) ? ownFile : undefined);
  const given = Object.fromEntries(settingNames.map((name) => [name, flags[name]]));
  const withGenesis =
    file === undefined && settings.genesis !== undefined ? { genesis: settings.genesis } : {};
  const config = loadConfig({ flags: { ...withGenesis, ...given }, environment: process.env, file });
  const genesis = readGenesisFile(config.genesis);
  const validator = flags.validator === false ? undefined : await validatorKey(call, flags);
  // A committee's validator may have come in by rotation.
  const isFixed = config.engine === 'embedded';
  if (
    isFixed &&
    validator !== undefined &&
    !genesis.validators.some((one) => toHex(one) === addressOf(validator))
  ) {
    throw usageError(
      `${addressOf(validator)} is no validator of this network.`,
      'Name the right account by --validator, or run without a key by --no-validator.',
    );
  }
  const relayer = await relayerKey(call, flags, validator);

  const log = createNodeLog(config.logLevel, out);
  const interrupt = untilInterrupted();
  const explorer = flags.page ? (config.explorer ?? builtPage()) : undefined;
  const node = await startNode(
    { ...config, explorer },
    {
      genesis,
      log,
      validatorKey: validator && fromHex(validator),
      relayerKey: relayer && fromHex(relayer),
    },
  );
  const { url, metricsUrl, genesisHash } = node;
  out.result(
    { url, metricsUrl, genesisHash, validator: node.address, pid: process.pid },
    `serving at ${url}`,
  );
  await interrupt.asked;
  await node.close();
  interrupt.release();
}

async function validatorKey(call: Call, { validator }: Flags): Promise<Hex> {
  const { environment } = call.passwords;
  if (typeof validator === 'string') return openKey(call.settings.home, validator, call.passwords);
  const key =
    keyFromEnvironment('UPFRONT_VALIDATOR_KEY', environment) ??
    keyFromEnvironment('UPFRONT_KEY', environment);
  if (key !== undefined) return key;
  const address = chosenAddress(call.settings, environment);
  if (address !== undefined) return openKey(call.settings.home, address, call.passwords);
  throw usageError(
    'The validator’s key is not known.',
    'Name its account by --validator, set UPFRONT_VALIDATOR_KEY, or run without by --no-validator.',
  );
}

async function relayerKey(
  call: Call,
  { relayer }: Flags,
  validator: Hex | undefined,
): Promise<Hex | undefined> {
  if (relayer !== undefined) return openKey(call.settings.home, relayer, call.passwords);
  return keyFromEnvironment('UPFRONT_RELAYER_KEY', call.passwords.environment) ?? validator;
}

function addressOf(key: Hex): string {
  const account: LocalAccount = privateKeyToAccount(key);
  return account.address.toLowerCase();
}
