/** The tables of docs/protocol.md, sections 1-5, 7, 8, 10 and 11, compared with the code. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { BLOCK, HEADER_SIGNATURE_SIZE, ITEM, ITEM_SIZE, VIEW, VIEW_SIZE } from './block.ts';
import { codeName, codes } from './codes.ts';
import { EVENT, EVENT_FIELDS, EVENT_SIZE, type EventType } from './events.ts';
import { assertParameters, defaultParameters, type Parameters, parameterNames } from './genesis.ts';
import { HEADER_SIZE } from './header.ts';
import { FETCH, FULFIL, FULFIL_SIZE, INTENT, INTENT_SIZE, intentSize, KIND, type Kind } from './messages.ts';
import { typeStrings } from './signing.ts';
import * as units from './units.ts';

const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
const constants = units as unknown as Record<string, bigint | number>;

/** The text between a heading that begins so and the next of that level or above. */
function section(heading: string): string {
  const from = page.indexOf(`\n${heading}`);
  assert.ok(from >= 0, `no heading ${heading}`);
  const level = heading.split(' ')[0]!.length;
  const body = page.slice(from + 1 + heading.length);
  const end = body.search(new RegExp(`\\n#{1,${level}} `));
  return end < 0 ? body : body.slice(0, end);
}

/** The rows of the first table whose first column has this name, as cells without backticks. */
function table(text: string, firstColumn: string): string[][] {
  const lines = text.split('\n');
  const head = lines.findIndex((line) => line.startsWith(`| ${firstColumn} |`));
  assert.ok(head >= 0, `no table of ${firstColumn}`);
  const rest = lines.slice(head + 2);
  const end = rest.findIndex((line) => !line.startsWith('|'));
  return rest.slice(0, end < 0 ? rest.length : end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll('`', '').trim()),
  );
}

/** Widths of a layout as `nonce 8, to 20`: of each part the number at its end, in front of a remark. */
function widths(layout: string): number[] {
  const parts = layout.replace(/ \([^)]*\)/g, '').split(', ');
  return parts.map((part) => Number(/(\d+)$/.exec(part)?.[1] ?? Number.NaN));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

const camel = (name: string): string =>
  name.replace(/[ -](\w)/g, (_, letter: string) => letter.toUpperCase());

describe('section 1, constants', () => {
  const rows = table(section('## 1.'), 'name');
  for (const [name, value] of rows) {
    it(name!, () => assert.equal(String(constants[name!]), value));
  }
  it('are all of the code', () => {
    const names = new Set(Object.keys(units));
    names.delete('AMOUNT_END');
    assert.deepEqual(names, new Set(rows.map(([name]) => name)));
  });
});

describe('section 2, parameters', () => {
  const rows = table(section('## 2.'), '#');
  const withValue = (name: string, value: number): Parameters => {
    const isUnits = typeof defaultParameters[name as keyof Parameters] === 'bigint';
    return { ...defaultParameters, [name]: isUnits ? BigInt(value) : value };
  };
  const numberOf = (text: string): number => {
    if (text === '2^32') return 2 ** 32;
    return Number(constants[text] ?? defaultParameters[text as keyof Parameters] ?? text);
  };
  /** Checks that `inside` passes, and that `outside` fails with a message that names `name`. */
  const check = (name: string, inside: number, outside: number): void => {
    assert.doesNotThrow(() => assertParameters(withValue(name, inside)), `${name} = ${inside}`);
    assert.throws(() => assertParameters(withValue(name, outside)), {
      name: 'RangeError',
      message: new RegExp(`^genesis: ${name} `),
    });
  };

  it('names in order', () => {
    assert.deepEqual(
      rows.map(([number, name]) => [Number(number), name]),
      parameterNames.map((name, i) => [i, name]),
    );
    assert.match(page, new RegExp(`\\| 45 \\| 8 × ${parameterNames.length} \\|`));
  });
  for (const [, name, value, , relation] of rows) {
    it(`${name}: default ${value}, ${relation || 'no relation'}`, () => {
      assert.equal(String(defaultParameters[name as keyof Parameters]), value);
      const range = /(\w+)\.\.(\w+)/.exec(relation!);
      const least = range?.[1] ?? />= (\w+)/.exec(relation!)?.[1];
      const most = range?.[2] ?? /<= ([\w^]+)/.exec(relation!)?.[1];
      const above = /(?:^|[^<])> (\w+)/.exec(relation!)?.[1];
      if (least) check(name!, numberOf(least), numberOf(least) - 1);
      if (most) check(name!, numberOf(most), numberOf(most) + 1);
      if (above) check(name!, numberOf(above) + 1, numberOf(above));
      if (!least && !most && !above) assert.equal(relation, '');
      check(name!, numberOf(value!), 2 ** 53);
      check(name!, numberOf(value!), -1);
    });
  }
});

describe('section 3, messages', () => {
  it('offsets of a fetch', () => {
    const rows = table(section('### Fetch'), 'offset').slice(1);
    const names = rows.map(([, , field]) => field!.split(/[,:]/)[0]!.replace(/^k$/, 'count'));
    names[names.length - 1] = 'intents';
    assert.deepEqual(
      names.map((name, i) => [name, Number(rows[i]![0])]),
      Object.entries(FETCH),
    );
    rows.slice(1).forEach(([offset], i) => {
      assert.equal(Number(offset), Number(rows[i]![0]) + Number(rows[i]![1]));
    });
  });
  it('intents', () => {
    const rows = table(section('### Fetch'), 'kind');
    assert.deepEqual(
      rows.map(([kind, number, size]) => [kind, Number(number), Number(size)]),
      Object.entries(KIND).map(([kind, number]) => [kind, number, INTENT_SIZE[kind as Kind]]),
    );
    for (const [kind, number, size, layout] of rows) {
      assert.equal(intentSize(Number(number)), Number(size));
      const [first, ...fields] = layout!.split(', ');
      assert.equal(first, number);
      assert.equal(1 + sum(widths(fields.join(', ')).filter((width) => width > 0)), Number(size));
      if (kind !== 'validate')
        assert.deepEqual(offsetsOf(fields, 1), Object.values(INTENT[kind as keyof typeof INTENT]));
    }
    assert.equal(intentSize(0) + intentSize(6), 0);
  });
  it('fulfilments', () => {
    const rows = table(section('### Fulfil'), 'kind');
    assert.deepEqual(
      rows.map(([kind, number, size]) => [kind, Number(number), Number(size!.replace(' + n', ''))]),
      Object.entries(KIND).map(([kind, number]) => [kind, number, FULFIL_SIZE[kind as Kind]]),
    );
    for (const [kind, number, , layout] of rows) {
      const [type, kindNumber, nonce, ...fields] = layout!.split(', ');
      assert.deepEqual([type, kindNumber, nonce], ['2', number, 'nonce 8']);
      assert.deepEqual(offsetsOf(fields, FULFIL.nonce + 8), Object.values(FULFIL[kind as Kind]));
      const fixed = widths(fields.join(', ')).filter((width) => width > 0);
      assert.equal(10 + sum(fixed), FULFIL_SIZE[kind as Kind]);
    }
  });

  function offsetsOf(fields: readonly string[], from: number): number[] {
    let at = from;
    return fields.map((field) => {
      const offset = at;
      at += widths(field)[0]! || 0;
      return offset;
    });
  }
});

describe('section 4, signatures', () => {
  it('type strings', () => {
    const text = section('## 4.');
    const types = table(text, 'type').map(([type]) => type!);
    const { EIP712Domain, Request, ...signed } = typeStrings;
    assert.deepEqual(types, Object.values(signed));
    assert.ok(text.includes(`domain \`${EIP712Domain}\``));
    assert.ok(signed.Fetch.endsWith(Request));
  });
});

describe('section 5, blocks', () => {
  const rows = table(section('## 5.'), 'offset');
  it('offsets', () => {
    const offsets = rows.map(([offset]) => offset).filter((offset) => offset !== '');
    assert.deepEqual(offsets.map(Number), Object.values(BLOCK));
  });
  it('sizes', () => {
    const each = rows.flatMap(([, size]) => /^(\d+) each$/.exec(size!)?.[1] ?? []);
    assert.deepEqual(each.map(Number), [VIEW_SIZE, HEADER_SIGNATURE_SIZE, ITEM_SIZE]);
    for (const [, size, field] of rows.filter(([, size]) => size!.endsWith('each'))) {
      const layout = field!.slice(field!.indexOf(': ') + 2);
      assert.equal(sum(widths(layout)), Number(size!.split(' ')[0]));
    }
  });
  it('a view', () => {
    const layout = rows.find(([, , field]) => field!.startsWith('views: '))![2]!.slice(7);
    const names = layout.replace(/ \([^)]*\)/g, '').split(', ');
    let at = 0;
    const offsets = names.map((name, i) => {
      const offset = at;
      at += widths(layout)[i]!;
      return [name.split(' ')[0], offset];
    });
    assert.deepEqual(offsets, Object.entries(VIEW));
  });
  it('kinds of items', () => {
    const text = section('## 6.');
    for (const [name, number] of Object.entries(ITEM)) {
      assert.match(text, new RegExp(`\\b${name} ${number}\\b`, 'i'));
    }
  });
});

describe('sections 7 and 8, codes', () => {
  const rows = [...table(section('## 7.'), 'code'), ...table(section('## 8.'), 'code')];
  it('numbers and names, in order', () => {
    assert.deepEqual(
      rows.map(([code, name]) => [camel(name!), Number(code)]),
      Object.entries(codes),
    );
    assert.deepEqual(
      rows.map(([code]) => codeName(Number(code))),
      rows.map(([, name]) => name),
    );
  });
  it('a number that is no code', () => assert.equal(codeName(14), 'unknown'));
});

describe('section 10, events', () => {
  const rows = table(section('## 10.'), '#');
  it('numbers and names, in order', () => {
    assert.deepEqual(
      rows.map(([number, name]) => [name, Number(number)]),
      Object.entries(EVENT),
    );
  });
  const WIDTH = { address: 20, hash: 32, u64: 8, count: 8, u32: 4, u16: 2, u8: 1, flag: 1 };
  for (const [, name, size, layout] of rows) {
    it(name!, () => {
      assert.equal(EVENT_SIZE[name as EventType], Number(size));
      const kinds = Object.values(EVENT_FIELDS[name as EventType]) as (keyof typeof WIDTH)[];
      assert.deepEqual(
        kinds.map((kind) => WIDTH[kind]),
        widths(layout!),
      );
      const first = layout!.split(', ').map((part) => part.split(' ')[0]!.replace(/\W.*/, ''));
      const names = Object.keys(EVENT_FIELDS[name as EventType]);
      const renamed: Record<string, string> = { sha256: 'data' };
      assert.deepEqual(
        names,
        first.map((word) => renamed[word] ?? word),
      );
    });
  }
});

describe('section 11, headers', () => {
  it('fields', () => {
    assert.ok(section('## 11.').includes('`header = {height, parent, events, state, settlement}`'));
    assert.ok(typeStrings.Header.includes('uint64 height,bytes32 parent,bytes32 events,bytes32 state'));
    assert.equal(HEADER_SIZE, 8 + 4 * 32);
  });
});
