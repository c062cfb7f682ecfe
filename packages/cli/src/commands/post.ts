/**
 * `upfront post`: data in one ordered stream a topic.
 */
import { readFileSync } from 'node:fs';
import { topicOf, unwrap } from '@upfront/client';
import type { Command } from 'commander';
import type { Hex } from 'viem';
import { act, createCommand } from '../command.ts';
import { CliError, usageError } from '../errors.ts';
import { rememberNonce } from '../nonces.ts';
import { withSession } from '../session.ts';
import { counted } from '../words.ts';

interface Flags {
  readonly file?: string;
  readonly stake: string;
}

export function postCommand(): Command {
  return createCommand('post', ['node', 'l1', 'genesis', 'account'], {
    summary: 'post to a topic: the place is fixed before anybody can read it',
    examples: [
      ['post news "hello"', 'to the topic of this name'],
      ['post 0x… --file offer.bin --stake 0.001', 'a file; the stake burns if the post is withheld'],
      ['post news --file -', 'from standard input'],
    ],
  })
    .argument('<topic>', 'a name, or 0x and 64 hex digits')
    .argument('[text]', 'what to post')
    .option('--file <file>', 'what to post; - is standard input')
    .option(
      '--stake <amount>',
      'burns if the post is announced and not shown; readers decide what they want to see',
      '0',
    )
    .action(
      act((call, flags: Flags, topicText: string, text?: string) =>
        withSession(call, { key: true, node: true }, async (session) => {
          const { client, amounts } = session;
          const data = dataOf(text, flags.file);
          const topic = parseTopic(topicText);
          const stake = amounts.parseOrZero(flags.stake);
          const { nonce, height, sequence } = unwrap(await client.post({ topic, data, stake }));
          rememberNonce(session, nonce, ['dealt', 'fulfilled']);
          call.out.result(
            { status: 'done', topic, bytes: data.length, nonce, height, sequence },
            `posted ${counted(data.length, 'byte')} to ${topicText}: nonce ${nonce}, final in block ${height}`,
          );
        }),
      ),
    );
}

/** 32 bytes; a name stands for its sha256. */
export function parseTopic(text: string): Hex {
  return /^0x[0-9a-f]{64}$/i.test(text) ? (text.toLowerCase() as Hex) : topicOf(text);
}

function dataOf(text: string | undefined, file: string | undefined): Uint8Array {
  if ((text === undefined) === (file === undefined))
    throw usageError('Give a text, or a file by --file, and not both.', 'As in `upfront post news "hello"`.');
  if (text !== undefined) return new TextEncoder().encode(text);
  try {
    return Uint8Array.from(readFileSync(file === '-' ? process.stdin.fd : file!));
  } catch (cause) {
    throw new CliError(
      'usage',
      `${file} cannot be read.`,
      'Name a file that is there, or - for standard input.',
      { cause },
    );
  }
}
