/** The payments of a CSV file: RFC 4180, references, and errors that name their line. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { it } from 'node:test';
import { createAmounts } from './amounts.ts';
import { readPayments } from './batch/payments.ts';
import { csvField, parseCsv, parseReference, showReference } from './csv.ts';
import { CliError } from './errors.ts';
import { ETHER } from './genesis-file.ts';

const ALICE = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

it('reads rows as RFC 4180 has them', () => {
  const rows: [string, string[][]][] = [
    [
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'a,b\r\nc,d\r\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['\uFEFFa,b\n', [['a', 'b']]],
    ['"a,1","say ""hi""",c\n', [['a,1', 'say "hi"', 'c']]],
    ['"two\nlines",b', [['two\nlines', 'b']]],
    [
      'a,\n,b',
      [
        ['a', ''],
        ['', 'b'],
      ],
    ],
    ['a,', [['a', '']]],
    ['\n\na\n\n', [['a']]],
    ['', []],
  ];
  for (const [text, expected] of rows) {
    assert.deepEqual(
      parseCsv(text).map(({ fields }) => fields),
      expected,
      JSON.stringify(text),
    );
  }
  assert.deepEqual(
    parseCsv('a\n\n"b\nc"\nd').map(({ line }) => line),
    [1, 3, 5],
  );
  for (const text of ['a"b,c', '"a"b,c', '"open']) assert.throws(() => parseCsv(text), CliError, text);
});

it('reads a file of payments, with or without a header', () => {
  const amounts = createAmounts(ETHER);
  const expected = { to: ALICE, amount: 250_000_000n, reference: parseReference('invoice 17') };
  const body = `${ALICE},0.25,invoice 17\n`;
  assert.deepEqual(readPayments(body, tmpdir(), amounts), [{ line: 1, ...expected }]);
  assert.deepEqual(readPayments(`address,amount,reference\n${body}`, tmpdir(), amounts), [
    { line: 2, ...expected },
  ]);
});

it('names the line that cannot be used', () => {
  const amounts = createAmounts(ETHER);
  const rows: [string, RegExp][] = [
    [`${ALICE},1\n${ALICE},-1`, /^Line 2: `-1`/],
    [`${ALICE},1\n\n${ALICE}`, /^Line 3 has 1 fields/],
    [`${ALICE},1,a,b`, /^Line 1 has 4 fields/],
    [`${ALICE.replace('0x70', '0x71')},1`, /^Line 1: The checksum/],
    [`nobody,1`, /^Line 1: `nobody` is neither/],
    [`${ALICE},1,${'x'.repeat(33)}`, /^Line 1: The reference .* has 33 bytes/],
    ['address,amount', /^The file has no payment/],
  ];
  for (const [text, message] of rows) {
    assert.throws(
      () => readPayments(text, tmpdir(), amounts),
      (error) => error instanceof CliError && message.test(error.message),
      text,
    );
  }
});

it('keeps references, as text or as hex', () => {
  assert.equal(parseReference(''), `0x${'00'.repeat(32)}`);
  assert.equal(showReference(parseReference('Zürich №1')), 'Zürich №1');
  const hash = `0x${'ab'.repeat(32)}` as const;
  assert.equal(parseReference(hash.toUpperCase().replace('0X', '0x')), hash);
  assert.equal(showReference(hash), hash);
  // What would move the cursor of a terminal is shown as hex.
  assert.match(showReference(parseReference('\u001b[2J')), /^0x1b/);
  assert.deepEqual(['a', 'a,b', 'say "hi"'].map(csvField), ['a', '"a,b"', '"say ""hi"""']);
});
