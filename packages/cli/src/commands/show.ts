/**
 * `upfront show`: what a node has on record about a nonce, an account, a block or a settlement.
 */
import { STANDING_ONE } from '@upfront/core';
import { Command } from 'commander';
import { getAddress } from 'viem';
import { resolveAddress } from '../accounts.ts';
import { act, type Call, createCommand } from '../command.ts';
import { parseCount } from '../durations.ts';
import { askNode, onRecord } from '../node-json.ts';
import { noSuchNonce, parseNonce } from '../nonces.ts';
import { columns } from '../output.ts';
import { addressOf, type Session, withSession } from '../session.ts';

type Fields = Readonly<Record<string, unknown>>;

export function showCommand(): Command {
  return new Command('show')
    .summary('what is on record: a nonce, an account, a block, a settlement')
    .description(
      'What the node has on record (docs/api.md). Amounts are in the asset, standing is 1 at most, heights and counts are numbers.',
    )
    .addCommand(one('nonce', 'a number, or `last`', 'show nonce 17', showNonce))
    .addCommand(
      one('account', 'name or address; the account in use without it', 'show account bob', showAccount),
    )
    .addCommand(one('block', 'a height', 'show block 120', showBlock))
    .addCommand(one('settlement', 'a number, from 1', 'show settlement 3', showSettlement));
}

type Show = (call: Call, session: Session, text: string) => Promise<Fields>;

function one(what: string, argument: string, example: string, show: Show): Command {
  return createCommand(what, ['node', 'genesis', 'account'], {
    summary: `a${what === 'account' ? 'n' : ''} ${what}`,
    examples: [[example, 'its fields']],
  })
    .argument(
      what === 'account'
        ? '[account]'
        : `<${what === 'block' ? 'height' : what === 'nonce' ? 'nonce' : 'number'}>`,
      argument,
    )
    .action(
      act((call, _flags, text?: string) =>
        withSession(call, { node: true }, async (session) => {
          const fields = forPeople(await show(call, session, text ?? ''), session) as Fields;
          call.out.result(fields, columns(linesOf(fields, UNREADABLE)));
        }),
      ),
    );
}

const showNonce: Show = async ({ settings }, session, text) => {
  const nonce = parseNonce(session, text, 'dealt');
  const fields = await askNode<Fields>(settings, `/v1/nonces/${nonce}`);
  if (fields['status'] === 'unknown') throw noSuchNonce(nonce);
  return fields;
};

const showAccount: Show = async ({ settings }, session, text) => {
  const address = text === '' ? addressOf(session) : resolveAddress(settings.home, text);
  const [account, { nonces }] = await Promise.all([
    askNode<Fields>(settings, `/v1/accounts/${address}`),
    askNode<{ nonces: unknown }>(settings, `/v1/accounts/${address}/nonces`),
  ]);
  return { ...account, open: nonces };
};

const showBlock: Show = ({ settings }, _, text) => {
  const height = parseCount(text, 'The height');
  return onRecord(
    askNode(settings, `/v1/blocks/${height}`),
    `There is no block ${height}`,
    '`upfront status` says the newest; the first is 1.',
  );
};

const showSettlement: Show = ({ settings }, _, text) => {
  const number = parseCount(text, 'The number');
  return onRecord(
    askNode(settings, `/v1/settlements/${number}`),
    `There is no settlement ${number}`,
    '`upfront status` says how many were formed; the first is 1.',
  );
};

/** Fields of the API that are amounts, wherever they stand (docs/api.md, docs/protocol.md, 10). */
const AMOUNTS = new Set(
  'balance reserved free unsettled debited payoutOwed limit budget amount max stake fee'.split(' '),
);
/** Of a cut these are sums; of a settlement lists, of a formed event counts. */
const SUMS = new Set(['debits', 'credits', 'payouts']);

/** Fields that every other command gives as numbers; a sequence may be larger than those. */
const NUMBERS = new Set(
  'height index nonce first count clock dealtClock dealtHeight deadline time number inbox cut entries window'.split(
    ' ',
  ),
);

function forPeople(value: unknown, session: Pick<Session, 'amounts'>): unknown {
  if (Array.isArray(value)) return value.map((each) => forPeople(each, session));
  if (typeof value === 'string' && /^0x[0-9a-f]{40}$/.test(value)) return getAddress(value);
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Fields;
  const isExit = fields['type'] === 'item' && fields['kind'] === 2;
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => {
      const isAmount = AMOUNTS.has(name) && !isExit;
      const isSum = fields['type'] === 'cut' && SUMS.has(name);
      if ((isAmount || isSum) && typeof field === 'string')
        return [name, session.amounts.plain(BigInt(field))];
      const isNumber = NUMBERS.has(name) || (fields['type'] === 'formed' && SUMS.has(name));
      if (isNumber && typeof field === 'string') return [name, Number(field)];
      if (name === 'standing' && typeof field === 'number') return [name, field / STANDING_ONE];
      return [name, forPeople(field, session)];
    }),
  );
}

/** Of a settlement: the same as its lists, packed for the contract. */
const UNREADABLE = new Set(['lists']);

/** Fields in two columns; inner objects by their path, long lists by their first entries. */
function linesOf(fields: Fields, without: ReadonlySet<string>, prefix = ''): (readonly [string, string])[] {
  const entries = Object.entries(fields).filter(([name]) => !without.has(name));
  return entries.flatMap(([name, value]): (readonly [string, string])[] => {
    const path = `${prefix}${name}`;
    if (Array.isArray(value)) {
      if (value.length === 0) return [[path, 'none']];
      return value.map((each, i) => [`${path}.${i}`, inline(each)] as const);
    }
    if (typeof value === 'object' && value !== null) return linesOf(value as Fields, without, `${path}.`);
    return [[path, String(value)]];
  });
}

function inline(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, field]) =>
      typeof field === 'object' && field !== null ? inline(field) : `${name} ${field}`,
    )
    .join(', ');
}
