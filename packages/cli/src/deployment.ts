/**
 * Making a network: the contract on the first layer, the bonds of validators, and the genesis that all nodes begin with.
 */
import { assertGenesis, compareBytes, defaultParameters, fromHex, type Parameters } from '@upfront/core';
import { deployUpfront, genesisToJson, validatorBond } from '@upfront/node';
import type { Account, Address, Client } from 'viem';
import { CliError, usageError } from './errors.ts';
import { writeWhole } from './files.ts';
import type { Asset, Network } from './genesis-file.ts';
import { askL1, chainIdOf } from './l1.ts';

export interface Plan {
  readonly asset: Asset;
  readonly validators: readonly Address[];
  /** s. */
  readonly closeAge: number;
  readonly bondAge: number;
  /** Units. */
  readonly minBond: bigint;
  readonly parameters: Parameters;
}

export interface Deployers {
  readonly client: Client;
  /** Pays for the deployment; keeps no power over it. */
  readonly account: Account;
  /** Validators whose keys are at hand: they bond at once. */
  readonly bonding: readonly Account[];
}

/** Throws CliError if a relation of the parameters fails or the first layer says no. */
export async function createNetwork(plan: Plan, deployers: Deployers): Promise<Omit<Network, 'hash'>> {
  const { asset, closeAge, bondAge, minBond, parameters } = plan;
  const { client, account, bonding } = deployers;
  const validators = plan.validators.map((address) => fromHex(address)!).sort(compareBytes);
  const chainId = await chainIdOf(client);
  // Checked before money is spent; the contract's address is not known yet, and of no matter to the check.
  const draft = { chainId, contract: new Uint8Array(20), time: Date.now(), parameters, validators };
  assertPlan(() => assertGenesis(draft));

  const deployment = await askL1('The deployment', () =>
    deployUpfront({
      client,
      account,
      asset: asset.address,
      unit: asset.unit,
      validators: plan.validators,
      closeAge: BigInt(closeAge),
      bondAge: BigInt(bondAge),
      minBond,
    }),
  );
  const contract = deployment.address;
  for (const one of bonding) await askL1('The bond', () => validatorBond({ client, account: one, contract }));
  const genesis = { ...draft, contract: fromHex(contract)!, time: Date.now() };
  return { genesis, contract, asset, l1FromBlock: deployment.block };
}

/** The node's genesis file, with what people need beside it (genesis-file.ts). */
export function writeGenesisFile(path: string, network: Omit<Network, 'hash' | 'contract'>): void {
  const { genesis, asset, l1FromBlock } = network;
  const json = { ...genesisToJson(genesis), asset: { ...asset, unit: String(asset.unit) }, l1FromBlock };
  writeWhole(path, `${JSON.stringify(json, undefined, 2)}\n`);
}

/** The defaults with some replaced, each given as `name=value`. Throws CliError. */
export function parametersOf(changes: readonly string[], base: Parameters = defaultParameters): Parameters {
  const parameters: Record<string, number | bigint> = { ...base };
  for (const change of changes) {
    const [, name = '', value = ''] = /^(\w+)=(\d{1,16})$/.exec(change) ?? [];
    const known = parameters[name];
    if (known === undefined) {
      throw usageError(
        `--set ${change} names no parameter.`,
        `There are: ${Object.keys(base).join(', ')}; as in interval=60000.`,
      );
    }
    parameters[name] = typeof known === 'bigint' ? BigInt(value) : Number(value);
  }
  return parameters as unknown as Parameters;
}

function assertPlan(check: () => void): void {
  try {
    check();
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new CliError('usage', `The ${cause.message}.`, undefined, { cause });
    throw cause;
  }
}
