/**
 * `upfront init`: a new network. Deploys the contract, bonds, writes the genesis file and the node's configuration.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type Address, type Client, zeroAddress } from 'viem';
import { openAccount, resolveAddress } from '../accounts.ts';
import { createAmounts } from '../amounts.ts';
import { act, type Call, createCommand } from '../command.ts';
import { type CommitteeHome, makeHomes, type Ports, portsFrom, writeHome } from '../committee-homes.ts';
import { createNetwork, type Plan, parametersOf, writeGenesisFile } from '../deployment.ts';
import { parseCount, parseSeconds } from '../durations.ts';
import { usageError } from '../errors.ts';
import { writeWhole } from '../files.ts';
import { type Asset, readNetwork } from '../genesis-file.ts';
import { createL1Client, l1UrlOf, readAsset } from '../l1.ts';
import { columns } from '../output.ts';
import type { PasswordSource } from '../prompt.ts';
import { writeProfile } from '../settings.ts';
import { joinCommittee } from './init-join.ts';

interface Flags {
  readonly asset?: string;
  readonly unit?: string;
  readonly validator?: readonly string[];
  readonly bond: string;
  readonly closeAge: string;
  readonly bondAge: string;
  readonly interval: string;
  readonly set?: readonly string[];
  readonly out?: string;
  readonly port?: string;
  readonly firstPort?: string;
  readonly validators?: string;
  readonly host?: readonly string[];
  readonly cometbft?: string;
  readonly join?: string;
  readonly committee?: string;
}

/** A committee's voting set is no democracy: every vote goes to every node. */
const VALIDATORS_MOST = 100;

export function initCommand(): Command {
  return createCommand('init', ['l1', 'account'], {
    summary: 'make a network: deploy the contract, bond, write genesis.json and node.json',
    more: 'The account pays for the deployment and keeps no power over it. Validators other than the account bond by `upfront bond` before anything can settle.',
    examples: [
      ['init --l1 http://127.0.0.1:8545 --account operator', 'one operator, ETH counted in gwei'],
      ['init --asset 0x… --bond 100 --close-age 3d', 'of a token'],
      ['init --validators 4', 'a committee; docs/operators.md says how it is run'],
      [
        'init --join genesis.json --committee committee.json --l1 URL --out newcomer',
        'a home for who follows a committee, or wants to come into it',
      ],
      ['init --set fee=100 --set windowTransfer=30000', 'other parameters (docs/protocol.md, 2)'],
    ],
  })
    .option('--asset <token>', 'address of an ERC-20; ETH without it')
    .option('--unit <base units>', 'base units in a unit: a power of ten (default: 9 decimals are kept)')
    .option('--validator <account...>', 'names or addresses of the validators (default: the account itself)')
    .option('--bond <amount>', 'least bond of a validator', '1')
    .option('--close-age <duration>', 'how long an exit may stay unanswered until the contract closes', '3d')
    .option('--bond-age <duration>', 'how long a bond stays after its validator has left', '7d')
    .option('--interval <duration>', 'time between settlements', '10m')
    .option('--set <name=value...>', 'genesis parameters, in their own units')
    .option('--out <folder>', 'where to write (default: the home folder)')
    .option('--port <port>', 'port of the node’s API (default: 8640)')
    .addOption(
      new Option(
        '--first-port <port>',
        'of a committee’s node: four ports in a row, for API, metrics, CometBFT and links; of nodes on one machine one four after the other',
      ).conflicts('port'),
    )
    .option('--validators <n>', 'a committee: makes n keys, and a home folder for each validator')
    .option('--host <host...>', 'where the validators’ nodes are reached, in order (default: this machine)')
    .option('--cometbft <path>', 'CometBFT’s executable on the hosts (default: the one on the PATH)')
    .addOption(
      new Option('--join <genesis>', 'a home for one more node of this network: deploys nothing').conflicts([
        'asset',
        'unit',
        'validator',
        'validators',
        'set',
      ]),
    )
    .option('--committee <file>', 'with --join: the committee’s file, as each of its nodes has it')
    .action(
      act((call, flags: Flags) =>
        flags.join === undefined
          ? init(call, flags)
          : joinCommittee(call, { ...flags, join: flags.join }, portsOf(flags)(0)),
      ),
    );
}

async function init({ out, settings, passwords }: Call, flags: Flags): Promise<void> {
  const folder = resolve(flags.out ?? settings.home);
  const paths = { genesis: join(folder, 'genesis.json'), node: join(folder, 'node.json') };
  if (existsSync(paths.genesis)) {
    throw usageError(`There is a network in ${folder} already.`, 'Name another folder by --out.');
  }
  const l1Url = l1UrlOf(settings);
  const client = createL1Client(l1Url);
  const asset = await assetOf(client, settings.home, flags);
  const account = await openAccount(settings, passwords);
  const homes = await homesOf(flags, folder, passwords);
  const port = homes?.[0]?.ports.port ?? portsOf(flags)(0).port;
  const named = planOf(flags, asset, settings.home, account.address);
  const plan = homes === undefined ? named : { ...named, validators: homes.map(({ address }) => address) };
  out.note('Deploying the contract …');
  const bonding = plan.validators.includes(account.address) ? [account] : [];
  const network = await createNetwork(plan, { client, account, bonding });

  writeGenesisFile(paths.genesis, network);
  const next = homes === undefined ? writeNode(paths.node, network, l1Url, port) : committeeNext(homes);
  const committee = homes?.map(({ node }) => node) ?? [];
  for (const home of homes ?? []) writeHome(home, { network, committee, l1Url, cometbft: flags.cometbft });
  writeProfile(settings.home, { l1Url, nodeUrl: `http://127.0.0.1:${port}`, genesis: paths.genesis });
  const { hash, contract } = readNetwork(paths.genesis);
  const { validators } = plan;
  out.result(
    {
      status: 'done',
      contract,
      genesisHash: hash,
      genesis: paths.genesis,
      ...(homes === undefined ? { node: paths.node } : { homes: homes.map((home) => home.folder) }),
      validators,
      asset,
    },
    columns([
      ['contract', contract],
      ['genesis hash', hash],
      ['genesis file', `${paths.genesis}  (users need it; compare the hash)`],
      homes === undefined
        ? ['node file', paths.node]
        : ['homes', `${folder}/validator-1 to -${homes.length}`],
    ]),
  );
  out.note(`Next: ${next}`);
}

/** The node's configuration of one operator; gives the command that runs it. */
function writeNode(
  path: string,
  { l1FromBlock }: { l1FromBlock: number },
  l1Url: string,
  port: number,
): string {
  const node = { genesis: 'genesis.json', dataDir: 'data', l1Url, l1FromBlock, port };
  writeWhole(path, `${JSON.stringify(node, undefined, 2)}\n`, 0o600);
  return `upfront node --config ${path}`;
}

function committeeNext(homes: readonly CommitteeHome[]): string {
  const home = homes[0]!.folder;
  return `give each validator ETH, then for each home: upfront bond --home ${home} && upfront node --home ${home}`;
}

/** The homes of a committee with fresh keys; undefined: there is none to be made. */
async function homesOf(
  flags: Flags,
  folder: string,
  passwords: PasswordSource,
): Promise<CommitteeHome[] | undefined> {
  const { validators, validator, host, firstPort, cometbft, committee } = flags;
  if (committee !== undefined) throw usageError('--committee goes with --join.', 'Add --join genesis.json.');
  if (validators === undefined) {
    if (host !== undefined || firstPort !== undefined || cometbft !== undefined)
      throw usageError(
        `${host ? '--host' : firstPort ? '--first-port' : '--cometbft'} is of a committee.`,
        'As in --validators 4 --host a b c d.',
      );
    return undefined;
  }
  if (validator !== undefined)
    throw usageError('--validators makes keys, --validator names them: use one of both.');
  const count = parseCount(validators, '--validators', VALIDATORS_MOST);
  if (count < 1) throw usageError('A network without validators makes no block.', 'As in --validators 4.');
  return makeHomes({ folder, count, hosts: host ?? [], ports: portsOf(flags), passwords });
}

function portsOf({ port, firstPort }: Pick<Flags, 'port' | 'firstPort'>): (nth: number) => Ports {
  const numberOf = (text: string | undefined, flag: string) =>
    text === undefined ? undefined : parseCount(text, flag, 65_535);
  return portsFrom(numberOf(firstPort, '--first-port'), numberOf(port, '--port'));
}

function planOf(flags: Flags, asset: Asset, home: string, own: Address): Plan {
  const interval = 1000 * parseSeconds(flags.interval, '--interval');
  return {
    asset,
    validators: flags.validator?.map((one) => resolveAddress(home, one)) ?? [own],
    closeAge: parseSeconds(flags.closeAge, '--close-age'),
    bondAge: parseSeconds(flags.bondAge, '--bond-age'),
    minBond: createAmounts(asset).parse(flags.bond),
    parameters: parametersOf([`interval=${interval}`, ...(flags.set ?? [])]),
  };
}

function assetOf(client: Client, home: string, { asset, unit }: Flags): Promise<Asset> {
  if (unit !== undefined && !/^10{0,30}$/.test(unit)) {
    throw usageError(`--unit ${unit} is no power of ten.`, 'As in --unit 1000000000 for gwei.');
  }
  const address = asset === undefined ? zeroAddress : resolveAddress(home, asset);
  return readAsset(client, address, unit === undefined ? undefined : BigInt(unit));
}
