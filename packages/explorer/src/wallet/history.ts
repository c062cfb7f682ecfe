/**
 * What happened to an account, from the network's events: one row each, with what it changed; and the rows as CSV.
 *
 * docs/protocol.md, 10; RFC 4180. Invariant: no field of the CSV is a formula to a spreadsheet.
 */
import { type AmountFormat, formatAmount } from '@upfront/client';
import type { EventJson } from '../api.ts';
import { showReference } from './reference.ts';
import type { SettlementLists } from './settlements.ts';

export interface HistoryRow {
  /** `height.index` */
  readonly cursor: string;
  /** Undefined: it happened on the first layer. */
  readonly height: number | undefined;
  /** Block time, ms; undefined while it is not known. */
  readonly time: number | undefined;
  readonly nonce: string;
  /** For people. */
  readonly what: string;
  /** Whom it is with; may be empty. */
  readonly other: string;
  /** What it changed of the balance; units. */
  readonly change: bigint;
  /** What the contract paid; units. */
  readonly claimed?: bigint;
  readonly reference: string;
}

const ITEMS = ['', 'deposit', 'exit asked for', 'bond', 'bond leaves'] as const;

/** The row of an event that names the account; undefined if nothing of it is the account's own. */
export function rowOf(
  cursor: string,
  event: EventJson,
  address: string,
  fee: bigint,
): HistoryRow | undefined {
  const told = tell(event, address.toLowerCase(), fee);
  if (told === undefined) return undefined;
  const nonce = String(event['nonce'] ?? event['first'] ?? '');
  return {
    cursor,
    height: Number(cursor.split('.')[0]),
    time: undefined,
    nonce,
    other: '',
    reference: '',
    change: 0n,
    ...told,
  };
}

type Told = Partial<HistoryRow> & Pick<HistoryRow, 'what'>;

function tell(event: EventJson, own: string, fee: bigint): Told | undefined {
  const text = (name: string): string => String(event[name] ?? '');
  const amount = (name: string): bigint => BigInt(text(name) || '0');
  switch (event.type) {
    case 'dealt':
      return {
        what: count(text('count'), 'nonce announced', 'nonces announced'),
        change: -fee * amount('count'),
      };
    case 'refused':
      return { what: `announcement refused (code ${text('code')})` };
    case 'transferred':
      return moved(own, text('from'), text('to'), amount('amount'), {
        words: ['paid', 'received', 'paid to itself'],
        reference: showReference(text('reference')),
      });
    case 'captured':
      return moved(own, text('payer'), text('payee'), amount('amount'), {
        words:
          amount('amount') === 0n
            ? ['hold released', 'hold released', 'hold released']
            : ['hold captured by payee', 'captured', 'captured from itself'],
        reference: '',
      });
    case 'withdrawn':
      return { what: 'withdrawn to the first layer', change: -amount('amount') };
    case 'posted':
      return { what: 'posted' };
    case 'validated':
      return { what: `agreed to block ${text('height')}` };
    case 'annulled':
      return { what: 'annulled: not performed in time' };
    case 'item': {
      const isDeposit = event['kind'] === 1;
      const what = isDeposit ? 'deposit' : (ITEMS[Number(text('kind'))] ?? text('kind'));
      return { what, change: isDeposit ? amount('amount') : 0n };
    }
    default:
      return undefined;
  }
}

/** What a settlement did to the account: of a credit it kept the entry fee, and a payout is there to be claimed. */
export function payoutRow(
  { number, height, credits, payouts }: SettlementLists,
  address: string,
  entryFee: bigint,
): HistoryRow[] {
  const own = address.toLowerCase();
  const base = { height, time: undefined, nonce: '', other: '', reference: '' };
  const payout = payouts.get(own);
  return [
    ...(payout === undefined
      ? []
      : [
          {
            ...base,
            cursor: `${height}.payout`,
            what: `settlement ${number} brought a withdrawal to the first layer`,
            change: 0n,
          },
        ]),
    ...(credits.has(own)
      ? [
          {
            ...base,
            cursor: `${height}.credit`,
            what: `entry fee of settlement ${number}`,
            change: -entryFee,
          },
        ]
      : []),
  ];
}

function moved(
  own: string,
  from: string,
  to: string,
  amount: bigint,
  { words, reference }: { readonly words: readonly [string, string, string]; readonly reference: string },
): Told | undefined {
  const isFrom = from.toLowerCase() === own;
  const isTo = to.toLowerCase() === own;
  if (isFrom && isTo) return { what: words[2], other: to, reference };
  if (isFrom) return { what: words[0], other: to, change: -amount, reference };
  return isTo ? { what: words[1], other: from, change: amount, reference } : undefined;
}

function count(digits: string, one: string, many: string): string {
  return `${digits} ${digits === '1' ? one : many}`;
}

const COLUMNS = [
  ...(['time', 'block', 'nonce', 'what', 'other'] as const),
  ...(['change', 'claimed', 'asset', 'reference'] as const),
] as const;

/** RFC 4180: a header line, CRLF, exact decimal amounts. */
export function historyToCsv(rows: readonly HistoryRow[], format: AmountFormat, symbol: string): string {
  const lines = rows.map(({ time, height, nonce, what, other, change, claimed, reference }) => [
    time === undefined ? '' : new Date(time).toISOString(),
    String(height ?? ''),
    nonce,
    what,
    other,
    formatAmount(change, format),
    claimed === undefined ? '' : formatAmount(claimed, format),
    symbol,
    reference,
  ]);
  return [COLUMNS, ...lines].map((line) => `${line.map(csvField).join(',')}\r\n`).join('');
}

/** Numbers stay numbers; other text that a spreadsheet would compute gets an apostrophe in front (OWASP, CSV injection). */
export function csvField(text: string): string {
  const isFormula = /^[\s]*[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text);
  const safe = isFormula ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
