/**
 * `upfront accuse`: shows the contract two headers of one height that one validator signed, which burns its bond.
 */
import { equivocationFromJson, toHex } from '@upfront/core';
import { accuse, NoEquivocationError } from '@upfront/node';
import type { Command } from 'commander';
import { openAccount } from '../accounts.ts';
import { createAmounts } from '../amounts.ts';
import { act, type Call, createCommand } from '../command.ts';
import { usageError } from '../errors.ts';
import { readJson } from '../files.ts';
import { readNetwork } from '../genesis-file.ts';
import { askL1, createL1Client, l1UrlOf } from '../l1.ts';

export function accuseCommand(): Command {
  return createCommand('accuse', ['l1', 'genesis', 'account'], {
    summary: 'burn the bond of a validator that signed two headers of one height',
    more: 'A node with --watch writes the file when it finds one out. The account pays the gas; nobody gets the bond.',
    examples: [['accuse upfront-data/evidence/equivocation-0x….json', 'what a node found']],
  })
    .argument('<file>', 'the two headers and signatures')
    .action(act(run));
}

async function run({ out, settings, passwords }: Call, _flags: object, file: string): Promise<void> {
  const equivocation = equivocationFromJson(readJson(file));
  if (equivocation === undefined) throw usageError(`${file} does not hold two signed headers.`);
  const { genesis, contract, asset } = readNetwork(settings.genesis);
  const client = createL1Client(l1UrlOf(settings));
  const account = await openAccount(settings, passwords);
  const { chainId } = genesis;
  const validator = toHex(equivocation.validator);
  const accused = await askL1('The accusation', () =>
    accuse({ client, account, chainId, contract, equivocation }).catch((error: unknown) => {
      if (error instanceof NoEquivocationError) throw usageError(`It proves nothing: ${error.message}.`);
      throw error;
    }),
  );
  if (accused.status === 'no-bond') {
    out.result({ status: 'done', validator, burnt: '0' }, `${validator} has no bond (any more)`);
    return;
  }
  const { plain, show } = createAmounts(asset);
  const { units, transaction } = accused;
  out.result(
    { status: 'done', validator, burnt: plain(units), transaction },
    `the bond of ${validator} is burnt: ${show(units)}`,
  );
}
