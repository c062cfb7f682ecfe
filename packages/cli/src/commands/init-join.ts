/**
 * `upfront init --join`: the home of one more node of a committee: who follows it, and who wants to come into it by rotation.
 *
 * Makes keys and files on the newcomer's own host; asks nobody and spends nothing.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { toHex } from '@upfront/core';
import { committeeToJson, readCommitteeFile } from '@upfront/node';
import type { Call } from '../command.ts';
import { makeHome, type Ports, THIS_MACHINE, writeHome } from '../committee-homes.ts';
import { usageError } from '../errors.ts';
import { readNetwork } from '../genesis-file.ts';
import { l1UrlOf } from '../l1.ts';
import { columns } from '../output.ts';

export interface JoinFlags {
  /** The genesis file. */
  readonly join: string;
  readonly committee?: string;
  readonly host?: readonly string[];
  readonly out?: string;
  readonly cometbft?: string;
}

export async function joinCommittee(
  { out, settings, passwords }: Call,
  flags: JoinFlags,
  ports: Ports,
): Promise<void> {
  const { committee: file, host = [THIS_MACHINE], cometbft } = flags;
  if (file === undefined)
    throw usageError(
      'The committee is not known.',
      'Name its file by --committee: each of its nodes has it.',
    );
  if (host.length !== 1) throw usageError('A node has one host.', 'Name where others reach it by --host.');
  const folder = resolve(flags.out ?? settings.home);
  const taken = ['genesis.json', 'node.json', 'data'].find((name) => existsSync(join(folder, name)));
  if (taken !== undefined)
    throw usageError(`There is a ${taken} in ${folder} already.`, 'Name another folder by --out.');
  const network = readNetwork(resolve(flags.join));
  const others = readCommitteeFile(resolve(file));
  const l1Url = l1UrlOf(settings);
  const home = await makeHome({ folder, host: host[0]!, ports, passwords });
  writeHome(home, { network, committee: [...others, home.node], l1Url, cometbft });

  const consensusKey = toHex(home.node.consensusKey);
  const { nodes } = committeeToJson([home.node]) as { nodes: readonly object[] };
  const { address } = home;
  out.result({ status: 'done', home: folder, address, consensusKey, entry: nodes[0] }, [
    ...columns([
      ['home', folder],
      ['address', address],
      ['consensus key', consensusKey],
    ]),
    'the entry for the others’ committee.json, once it is to be a validator:',
    JSON.stringify(nodes[0]),
  ]);
  out.note(
    `Next: upfront node --home ${folder} (it follows; with --no-validator for good). To come in: send ${address} ETH, then upfront bond --home ${folder}`,
  );
}
