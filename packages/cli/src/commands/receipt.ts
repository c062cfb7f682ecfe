/**
 * `upfront receipt`: proof of what happened: got from a node once, checked by anybody, offline.
 */

import { resolve } from 'node:path';
import { createL1, verifyReceipt, verifyReceiptOnL1 } from '@upfront/client';
import { toHex } from '@upfront/core';
import { Command } from 'commander';
import { createNames } from '../accounts.ts';
import { createAmounts } from '../amounts.ts';
import { act, createCommand } from '../command.ts';
import { usageError } from '../errors.ts';
import { readJson, writeWhole } from '../files.ts';
import { readNetwork } from '../genesis-file.ts';
import { l1UrlOf } from '../l1.ts';
import { onRecord } from '../node-json.ts';
import { parseNonce } from '../nonces.ts';
import { withSession } from '../session.ts';
import { describeEvent, eventToJson } from '../words.ts';

export function receiptCommand(): Command {
  return new Command('receipt')
    .summary('get a proof, or check one')
    .description(
      'An event, its place in a block, and the signatures of the validators: proof that anybody can check.',
    )
    .addCommand(getCommand())
    .addCommand(verifyCommand());
}

interface GetFlags {
  readonly out?: string;
  readonly event?: string;
}

function getCommand(): Command {
  return createCommand('get', ['node', 'genesis'], {
    summary: 'get the receipt of a nonce, or of any event',
    more: 'Without --out the receipt itself goes to stdout. Keep it: it proves the event without any node.',
    examples: [
      ['receipt get 17 --out receipt.json', 'of the event that resolved nonce 17'],
      ['receipt get last > receipt.json', 'of what this machine fulfilled last'],
      ['receipt get --event 120.3', 'of event 3 of block 120'],
    ],
  })
    .argument('[nonce]', 'a number, or `last`')
    .option('--event <height.index>', 'any event, by its cursor')
    .option('--out <file>', 'where to write it')
    .action(
      act((call, flags: GetFlags, nonce?: string) =>
        withSession(call, { node: true }, async (session) => {
          if ((nonce === undefined) === (flags.event === undefined)) {
            throw usageError(
              'Name a nonce, or an event by --event, and not both.',
              'As in `upfront receipt get last`.',
            );
          }
          const [, height, index] = /^(\d{1,15})\.(\d{1,9})$/.exec(flags.event ?? '') ?? [];
          if (flags.event !== undefined && height === undefined) {
            throw usageError(`--event ${flags.event} is no event.`, 'Write it as 120.3: height and index.');
          }
          const where =
            nonce === undefined
              ? { height: Number(height), index: Number(index) }
              : { nonce: parseNonce(session, nonce, 'fulfilled') };
          const {
            json,
            event,
            height: at,
          } = await onRecord(
            session.client.receipt(where),
            'nonce' in where ? `Nonce ${where.nonce} is not resolved` : `There is no event ${flags.event}`,
            'nonce' in where
              ? `\`upfront show nonce ${where.nonce}\` says how it stands.`
              : '`upfront follow --all --past --json` names the events that there are.',
          );
          const text = JSON.stringify(json, undefined, 2);
          if (flags.out === undefined) {
            call.out.result(json as object, text);
            return;
          }
          const path = resolve(flags.out);
          writeWhole(path, `${text}\n`);
          const words = describeEvent(event, new Uint8Array(0), session);
          call.out.result(
            { status: 'done', file: path, height: at, event: eventToJson(event, session.amounts) },
            [`${words}, in block ${at}`, `the receipt is in ${flags.out}`],
          );
        }),
      ),
    );
}

function verifyCommand(): Command {
  return createCommand('verify', ['l1', 'genesis'], {
    summary: 'check a receipt: offline, with the genesis file only',
    more: 'Asks nobody, unless --on-l1 has it checked against the validators that the contract names now. Exit code 6 if the receipt does not hold.',
    examples: [
      ['receipt verify receipt.json', 'against the validators of the genesis'],
      ['receipt verify receipt.json --genesis genesis.json', 'on any machine'],
      ['receipt verify receipt.json --on-l1', 'against the validators on the first layer now'],
    ],
  })
    .argument('<file>', 'the receipt')
    .option('--on-l1', 'ask the contract who the validators are')
    .action(
      act(async ({ out, settings }, flags: { readonly onL1?: boolean }, file: string) => {
        const { genesis, contract, asset } = readNetwork(settings.genesis);
        const common = { receipt: readJson(file), chainId: genesis.chainId, contract };
        const { event, height, signers } =
          flags.onL1 === true
            ? await verifyReceiptOnL1(createL1(l1UrlOf(settings), undefined), common)
            : await verifyReceipt({ ...common, validators: genesis.validators.map(toHex) });
        const amounts = createAmounts(asset);
        const words = describeEvent(event, new Uint8Array(0), { amounts, name: createNames(settings.home) });
        const by =
          flags.onL1 === true
            ? 'validators on the first layer'
            : `of ${genesis.validators.length} of the genesis`;
        out.result({ status: 'done', isValid: true, height, signers, event: eventToJson(event, amounts) }, [
          `the receipt holds: ${words}`,
          `block ${height}, signed by ${signers.length} ${by}`,
        ]);
      }),
    );
}
