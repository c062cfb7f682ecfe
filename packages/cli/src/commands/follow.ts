/**
 * `upfront follow`: a topic's posts, an account's events, or everything, as they come; without a gap.
 */
import type { Cursor, Followed } from '@upfront/client';
import { toHex } from '@upfront/core';
import { type Command, Option } from 'commander';
import { resolveAddress } from '../accounts.ts';
import { act, type Call, createCommand } from '../command.ts';
import { parseCount } from '../durations.ts';
import { usageError } from '../errors.ts';
import { untilInterrupted } from '../interrupt.ts';
import { addressOf, type Session, withSession } from '../session.ts';
import { describeEvent, eventToJson, quoted } from '../words.ts';
import { parseTopic } from './post.ts';

interface Flags {
  readonly mine?: boolean;
  readonly of?: string;
  readonly all?: boolean;
  readonly from?: string;
  readonly new?: boolean;
  readonly count?: string;
  readonly past?: boolean;
}

export function followCommand(): Command {
  return createCommand('follow', ['node', 'genesis', 'account'], {
    summary: 'follow a topic, an account, or everything',
    more: 'From the beginning, unless --from or --new says otherwise; each line has its cursor with --json. Places in a topic that were annulled are shown as such.',
    examples: [
      ['follow news', 'the posts of a topic'],
      ['follow --mine --new', 'what happens to the account in use from now on'],
      ['follow --all --from 120.0 --json', 'everything from a cursor on'],
    ],
  })
    .argument('[topic]', 'a name, or 0x and 64 hex digits')
    .option('--mine', 'events of the account in use')
    .option('--of <account>', 'events of an account: name or address')
    .option('--all', 'all events')
    .option('--from <cursor>', 'height.index of the first event wanted')
    .addOption(new Option('--new', 'only what is new').conflicts('from'))
    .option('--count <n>', 'end after so many')
    .option('--past', 'end when all that is there has been shown')
    .action(
      act((call, flags: Flags, topic?: string) =>
        withSession(call, { node: true }, (session) => follow(call, session, flags, topic)),
      ),
    );
}

async function follow(call: Call, session: Session, flags: Flags, topicText?: string): Promise<void> {
  const account = flags.of === undefined ? undefined : resolveAddress(call.settings.home, flags.of);
  const chosen = [topicText, flags.mine, account, flags.all].filter((one) => one !== undefined);
  if (chosen.length !== 1)
    throw usageError('Name a topic, or give one of --mine, --of and --all.', 'As in `upfront follow news`.');
  const most = flags.count === undefined ? Number.POSITIVE_INFINITY : parseCount(flags.count, '--count');
  const from = flags.new === true ? 'now' : parseCursor(flags.from);
  const interrupt = untilInterrupted();
  const past = new AbortController();
  const signal = AbortSignal.any([interrupt.signal, past.signal]);
  const stream = session.client.follow({
    ...(topicText !== undefined && { topic: parseTopic(topicText) }),
    ...(topicText === undefined && flags.all !== true && { account: account ?? addressOf(session) }),
    ...(from !== undefined && { from }),
    onCaughtUp: () => flags.past === true && past.abort(),
    signal,
  });
  let count = 0;
  if (most > 0) {
    for await (const followed of stream) {
      show(call, session, followed);
      count += 1;
      if (count >= most) break;
    }
  }
  interrupt.release();
}

function show({ out }: Call, session: Session, { cursor, event, data }: Followed): void {
  const place = `${cursor.height}.${cursor.index}`;
  const text = textOf(data);
  const json = {
    cursor: place,
    event: eventToJson(event, session.amounts),
    ...(data.length > 0 && { data: toHex(data), ...(text !== undefined && { text }) }),
  };
  if (event.type !== 'delivered') {
    out.result(json, `${place.padEnd(9)} ${describeEvent(event, data, session)}`);
    return;
  }
  const nonce = `nonce ${event.nonce}`.padEnd(12);
  out.result(json, `${place.padEnd(9)} ${nonce} ${event.fulfilled ? quoted(data) : '(annulled)'}`);
}

function textOf(data: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(data);
  } catch {
    return undefined;
  }
}

function parseCursor(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined;
  const [, height, index = '0'] = /^(\d{1,15})(?:\.(\d{1,9}))?$/.exec(text) ?? [];
  if (height === undefined)
    throw usageError(`--from ${text} is no cursor.`, 'A cursor is height.index, as in 120.0');
  return { height: Number(height), index: Number(index) };
}
