/**
 * `upfront receipt`: proof of what happened: got from a node once, checked by anybody, offline.
 */

import { resolve } from 'node:path';
import {
  type Client,
  createL1,
  DisconnectedError,
  NoNodeError,
  ParameterError,
  validatorsOnL1,
  verifyReceipt,
  verifyReceiptOnL1,
} from '@upfront/client';
import { descentToJson, receiptFromJson, toHex } from '@upfront/core';
import { Command, Option } from 'commander';
import type { Address } from 'viem';
import { createNames } from '../accounts.ts';
import { createAmounts } from '../amounts.ts';
import { act, type Call, createCommand } from '../command.ts';
import { CliError, usageError } from '../errors.ts';
import { fileToWrite, readJson, writeWhole } from '../files.ts';
import { readNetwork } from '../genesis-file.ts';
import { l1UrlOf } from '../l1.ts';
import { onRecord } from '../node-json.ts';
import { parseNonce } from '../nonces.ts';
import { withSession } from '../session.ts';
import { readSet, writeSet } from '../validator-set.ts';
import { describeEvent, eventToJson } from '../words.ts';

export function receiptCommand(): Command {
  return new Command('receipt')
    .summary('get a proof, or check one')
    .description(
      'An event, its place in a block, and the signatures of the validators: proof that anybody can check.',
    )
    .addCommand(getCommand())
    .addCommand(headersCommand())
    .addCommand(validatorsCommand())
    .addCommand(verifyCommand());
}

interface VerifyFlags {
  readonly onL1?: boolean;
  readonly validators?: string;
  readonly headers?: string;
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
    .option('--out <file>', 'where to write it (- is stdout)')
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
          if (flags.out === undefined || flags.out === '-') {
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

function headersCommand(): Command {
  return createCommand('headers', ['node', 'genesis'], {
    summary: 'get the headers that prove an old receipt by a newer block',
    more: 'Each names the one before. With them a receipt holds for whoever trusts the validators that signed the last one, though those that signed the receipt are gone.',
    examples: [
      ['receipt headers receipt.json --out headers.json', 'up to the newest signed block'],
      ['receipt headers receipt.json --to 5000 --out headers.json', 'up to block 5000'],
    ],
  })
    .argument('<file>', 'the receipt')
    .option('--to <height>', 'block whose signatures are to count')
    .requiredOption('--out <file>', 'where to write them', fileToWrite)
    .action(
      act((call, flags: { readonly to?: string; readonly out: string }, file: string) =>
        withSession(call, { node: true }, async (session) => {
          const receipt = receiptFromJson(readJson(file));
          if (receipt === undefined) throw usageError(`${file} is no receipt.`);
          if (flags.to !== undefined && !/^[1-9]\d{0,14}$/.test(flags.to))
            throw usageError(`--to ${flags.to} is no height.`);
          // The signatures of a committee's block come with the two after it.
          const to = Number(flags.to ?? (await session.client.node.status()).height - 2);
          const { height } = receipt.header;
          const descent = await session.client.descent({ height, to });
          writeWhole(resolve(flags.out), `${JSON.stringify(descentToJson(descent))}\n`);
          call.out.result({ status: 'done', file: resolve(flags.out), from: height, to }, [
            `the headers of blocks ${height + 1} to ${to} are in ${flags.out}`,
            `check them with: upfront receipt verify ${file} --headers ${flags.out}`,
          ]);
        }),
      ),
    );
}

function validatorsCommand(): Command {
  return createCommand('validators', ['node', 'l1', 'genesis'], {
    summary: 'save who the validators are, by the contract, to verify receipts offline',
    more: 'The set of the genesis serves until a rotation changes it. Take a new one after each, and at least once within the bond age: whoever has taken its bond home has nothing to lose by a false signature.',
    examples: [
      ['receipt validators --out validators.json', 'then: receipt verify FILE --validators validators.json'],
    ],
  })
    .requiredOption('--out <file>', 'where to write them', fileToWrite)
    .action(
      act((call, { out }: { readonly out: string }) =>
        withSession(call, { l1: true }, async ({ client, network }) => {
          const { l1, contract } = await client.contract('receipt');
          const candidates = [...network.genesis.validators.map(toHex), ...(await namedByNode(client))];
          const { block, validators } = await validatorsOnL1(l1, { contract, candidates }).catch(
            (error: unknown) => {
              if (!(error instanceof ParameterError)) throw error;
              throw new CliError(
                'refused',
                error.shortMessage,
                'Name a node that follows the network by --node; after a rotation, try again in some minutes.',
                { cause: error },
              );
            },
          );
          if (validators.length === 0)
            throw new CliError(
              'refused',
              'The contract has no validator any more.',
              'Nothing settles: `upfront exit` leaves.',
            );
          writeSet(out, { chainId: network.genesis.chainId, contract, block, validators });
          call.out.result({ status: 'done', file: resolve(out), block, validators }, [
            `${validators.length} validators, as of block ${block} of the first layer, are in ${out}`,
          ]);
        }),
      ),
    );
}

/** Whom a node takes for validators: the contract is asked about each. Nobody without a node. */
async function namedByNode(client: Client): Promise<readonly Address[]> {
  try {
    return (await client.status()).validators;
  } catch (error) {
    if (error instanceof NoNodeError || error instanceof DisconnectedError) return [];
    throw error;
  }
}

function verifyCommand(): Command {
  return createCommand('verify', ['l1', 'genesis'], {
    summary: 'check a receipt: offline, with the genesis file only',
    more: 'Asks nobody, unless --on-l1 has it checked against the validators that the contract names now. More than 2/3 of the set must have signed; who signed besides is not counted. Exit code 6 if the receipt does not hold.',
    examples: [
      ['receipt verify receipt.json', 'against the validators of the genesis'],
      ['receipt verify receipt.json --genesis genesis.json', 'on any machine'],
      [
        'receipt verify receipt.json --validators validators.json',
        'against those that `receipt validators` saved',
      ],
      ['receipt verify receipt.json --on-l1', 'against the validators on the first layer now'],
      ['receipt verify receipt.json --headers headers.json --on-l1', 'by a block that those have signed'],
    ],
  })
    .argument('<file>', 'the receipt')
    .addOption(
      new Option('--validators <file>', 'the validators, as `receipt validators` saved them').conflicts(
        'onL1',
      ),
    )
    .option('--on-l1', 'ask the contract who the validators are')
    .option('--headers <file>', 'later headers: the signatures of the last one count')
    .action(act(verify));
}

async function verify({ out, settings }: Call, flags: VerifyFlags, file: string): Promise<void> {
  const { genesis, contract, asset } = readNetwork(settings.genesis);
  const descent = flags.headers === undefined ? {} : { descent: readJson(flags.headers) };
  const common = { receipt: readJson(file), ...descent, chainId: genesis.chainId, contract };
  const saved = flags.validators === undefined ? undefined : readSet(flags.validators, { ...common });
  const set = saved?.validators ?? genesis.validators.map(toHex);
  const { event, height, signers } =
    flags.onL1 === true
      ? await verifyReceiptOnL1(createL1(l1UrlOf(settings), undefined), common)
      : await verifyReceipt({ ...common, validators: set });
  const amounts = createAmounts(asset);
  const words = describeEvent(event, new Uint8Array(0), { amounts, name: createNames(settings.home) });
  const from = saved === undefined ? 'the genesis' : `block ${saved.block} of the first layer`;
  const by = flags.onL1 === true ? 'validators on the first layer' : `of ${set.length} of ${from}`;
  out.result({ status: 'done', isValid: true, height, signers, event: eventToJson(event, amounts) }, [
    `the receipt holds: ${words}`,
    `block ${height}, ${flags.headers === undefined ? '' : 'proven by a later one, '}signed by ${signers.length} ${by}`,
  ]);
}
