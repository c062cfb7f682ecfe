/** Every case of vectors/*.json, which another implementation made from docs/protocol.md, against this one. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { encodeBlock, type Item, itemHead, scanBlock } from './block.ts';
import { viewOf } from './bytes.ts';
import { commitment, createOpener, transferActivity, withdrawActivity } from './commitment.ts';
import { decodeEvent, decodeEventList, encodeEvent, isAnnulled, splitEventList } from './events.ts';
import { decodeGenesis, defaultParameters, encodeGenesis, genesisHash } from './genesis.ts';
import { nobleHashes as hashes } from './hash.ts';
import { decodeHeader, encodeHeader, type Header, stateHash } from './header.ts';
import { fromHex, toHex } from './hex.ts';
import { auditPath, merkleRoot, rootFromPath } from './merkle.ts';
import {
  decodeMessage,
  encodeFetch,
  encodeFulfil,
  scanFetch,
  scanFulfil,
  splitMessages,
} from './messages.ts';
import { checkReceipt, decodeReceipt, encodeReceipt, receiptFromJson, receiptToJson } from './receipt.ts';
import { createDomain, typeStrings } from './signing.ts';

/** The names in the files; every value is read as the test says. */
type Words<S extends string> = S extends `${infer First} ${infer Rest}` ? First | Words<Rest> : S;
type Field =
  | Words<'account activity amount bitmap block bytes captures chain chainId change commitment contract count data'>
  | Words<'digest digests domain domains event events far fault fetches genesis hash head header'>
  | Words<'headerSignatures headers height index intents invalid items kind leaves limit list malformed'>
  | Words<'message n name parameters parent parentState path paths payer previous published receipt'>
  | Words<'reference request root roots rotation salt separator sequence set settled settlement signature'>
  | Words<'signatures snapshot state time to trees type typeStrings valid validator validators views'>;
type Json = { readonly [F in Field]: Json } & Json[] & string;

function read(name: string): Json {
  return JSON.parse(readFileSync(new URL(`../../../vectors/${name}.json`, import.meta.url), 'utf8')) as Json;
}

function hex(text: Json): Uint8Array {
  const bytes = fromHex(text);
  assert.ok(bytes, `no hex: ${text}`);
  return bytes;
}

/** As the vectors write values: bytes 0x-hex, integers decimal strings. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

function headerOf(json: Json): Header {
  return {
    height: Number(json.height),
    parent: hex(json.parent),
    events: hex(json.events),
    state: hex(json.state),
    settlement: hex(json.settlement),
  };
}

function domainOf(json: Json) {
  return createDomain(Number(json.chainId), hex(json.contract), hashes);
}

describe('vectors: genesis', () => {
  const { valid, invalid } = read('genesis');
  for (const { name, genesis, bytes, hash } of valid) {
    it(name, () => {
      const decoded = decodeGenesis(hex(bytes));
      assert.ok(decoded);
      assert.deepEqual(plain(decoded), genesis);
      assert.equal(toHex(encodeGenesis(decoded)), bytes);
      assert.equal(toHex(genesisHash(decoded, hashes)), hash);
    });
  }
  for (const { name, bytes } of invalid) {
    it(`malformed: ${name}`, () => assert.equal(decodeGenesis(hex(bytes)), undefined));
  }
});

describe('vectors: messages', () => {
  const { parameters, valid, invalid } = read('messages');
  it('are made under the default parameters', () => assert.deepEqual(plain(defaultParameters), parameters));
  for (const { name, type, message, bytes } of valid) {
    it(`${type}: ${name}`, () => {
      const raw = hex(bytes);
      const decoded = decodeMessage(raw, defaultParameters);
      assert.ok(decoded);
      const part = decoded.type === 'fetch' ? decoded.fetch : decoded.fulfil;
      assert.deepEqual({ type: decoded.type, message: plain(part) }, { type, message });
      const encoded = decoded.type === 'fetch' ? encodeFetch(decoded.fetch) : encodeFulfil(decoded.fulfil);
      assert.equal(toHex(encoded), bytes);
      const scan = decoded.type === 'fetch' ? scanFetch : scanFulfil;
      assert.equal(scan(raw, viewOf(raw), 0, raw.length, defaultParameters), raw.length);
    });
  }
  for (const { name, bytes } of invalid) {
    it(`malformed: ${name}`, () => {
      assert.equal(decodeMessage(hex(bytes), defaultParameters), undefined);
      if (bytes !== '0x') assert.equal(splitMessages(hex(bytes), defaultParameters), undefined);
    });
  }
  it('are found in their concatenation', () => {
    const joined = hex(`0x${valid.map(({ bytes }) => bytes.slice(2)).join('')}` as Json);
    const index = splitMessages(joined, defaultParameters);
    assert.ok(index);
    const found = [...index.offsets].map((at, i) => toHex(joined.subarray(at, at + index.sizes[i]!)));
    assert.deepEqual(
      found,
      valid.map(({ bytes }) => bytes),
    );
  });
});

describe('vectors: commitments', () => {
  const opens = createOpener(hashes);
  for (const row of read('commitments')) {
    it(row.name, () => {
      const account = hex(row.account);
      const salt = hex(row.salt);
      const activity = hex(row.activity);
      const expected = hex(row.commitment);
      const sequence = BigInt(row.sequence);
      const index = Number(row.index);
      const kind = Number(row.kind);
      const made = commitment(hashes, account, sequence, index, kind, salt, activity);
      assert.equal(toHex(made), row.commitment);
      if (kind === 1) {
        const { to, amount, reference } = row;
        assert.deepEqual(transferActivity(hex(to), BigInt(amount), hex(reference)), activity);
      }
      if (kind === 3) assert.deepEqual(withdrawActivity(BigInt(row.amount)), activity);

      const message = Uint8Array.from([...salt, 0xee, ...activity]);
      const isOpen = (at: number): boolean =>
        opens(account, 0, sequence, index, kind, message, 0, 17, activity.length, expected, at);
      assert.equal(isOpen(0), true);
      message[0]! ^= 1;
      assert.equal(isOpen(0), false);
    });
  }
});

describe('vectors: digests', () => {
  const vectors = read('digests');
  it('type strings', () => assert.deepEqual({ ...typeStrings }, vectors.typeStrings));
  vectors.domains.forEach((json, i) => {
    const domain = domainOf(json);
    it(`domain ${i}`, () => {
      assert.equal(toHex(domain.separator), json.separator);
      for (const { bytes, sequence, limit, intents, request, digests } of vectors.fetches) {
        const padded = Uint8Array.from([9, 9, 9, ...hex(bytes), 9]);
        const size = padded.length - 4;
        assert.equal(toHex(domain.fetchDigest(padded, 3, size)), digests[i]);
        assert.equal(toHex(domain.requestHash(padded, 3, domain.intentsHash(padded, 3, size))), request);
        assert.equal(toHex(domain.intentsHash(padded, 3, size)), intents);
        const digest = domain.fetchDigestOf(BigInt(sequence), BigInt(limit), hex(request));
        assert.equal(toHex(digest), digests[i]);
      }
      for (const { payer, sequence, index, amount, digests } of vectors.captures) {
        const digest = domain.captureDigest(hex(payer), BigInt(sequence), Number(index), BigInt(amount));
        assert.equal(toHex(digest), digests[i]);
      }
      for (const header of vectors.headers) {
        assert.equal(toHex(domain.headerDigest(headerOf(header))), header.digests[i]);
      }
      for (const view of vectors.views) {
        const digest = domain.viewDigest({
          time: Number(view.time),
          items: Number(view.items),
          head: hex(view.head),
          settled: Number(view.settled),
          validators: hex(view.validators),
          rotation: hex(view.rotation),
          change: Number(view.change) as 0 | 1 | 2,
        });
        assert.equal(toHex(digest), view.digests[i]);
      }
    });
  });
});

describe('vectors: blocks', () => {
  const { valid, invalid } = read('blocks');
  for (const { name, block, bytes, hash } of valid) {
    it(name, () => {
      const raw = hex(bytes);
      const index = scanBlock(raw, defaultParameters);
      assert.ok(index);
      const { height, time, parent, views, headerSignatures, items } = index;
      const cut = (offsets: Uint32Array, sizes: Uint32Array): Uint8Array[] =>
        [...offsets].map((at, i) => raw.subarray(at, at + sizes[i]!));
      const fulfils = cut(index.fulfils, index.fulfilSizes);
      const fetches = cut(index.fetches, index.fetchSizes);
      const parts = { height, time, parent, views, headerSignatures, items, fulfils, fetches };
      assert.deepEqual(plain(parts), block);
      assert.equal(toHex(encodeBlock(parts)), bytes);
      assert.equal(toHex(hashes.sha256(raw)), hash);
    });
  }
  for (const { name, bytes } of invalid) {
    it(`malformed: ${name}`, () => assert.equal(scanBlock(hex(bytes), defaultParameters), undefined));
  }
});

describe('vectors: items', () => {
  const { chain, far } = read('items');
  const itemOf = (json: Json): Item => ({
    kind: Number(json.kind),
    account: hex(json.account),
    amount: BigInt(json.amount),
    data: hex(json.data),
  });
  it('a chain of every kind', () => {
    let head: Uint8Array = new Uint8Array(32);
    for (const json of chain) {
      head = itemHead(hashes, head, Number(json.n), itemOf(json));
      assert.equal(toHex(head), json.head);
    }
  });
  it('the largest number', () => {
    const head = itemHead(hashes, hex(far.previous), Number(far.n), itemOf(far));
    assert.equal(toHex(head), far.head);
  });
});

describe('vectors: events', () => {
  const { valid, invalid, list, root, bitmap } = read('events');
  for (const { name, event, bytes } of valid) {
    it(name, () => {
      const decoded = decodeEvent(hex(bytes));
      assert.ok(decoded);
      assert.deepEqual(plain(decoded), event);
      assert.equal(toHex(encodeEvent(decoded)), bytes);
    });
  }
  for (const { name, bytes } of invalid) {
    it(`malformed: ${name}`, () => assert.equal(decodeEvent(hex(bytes)), undefined));
  }
  it('their list and root', () => {
    assert.deepEqual(
      decodeEventList(hex(list))?.map(plain),
      valid.map(({ event }) => event),
    );
    assert.equal(toHex(merkleRoot(hashes, splitEventList(hex(list))!)), root);
  });
  it('the bits of an annulment', () => {
    const set = [...Array(256).keys()].filter((i) => isAnnulled(hex(bitmap.bytes), i));
    assert.deepEqual(set.map(String), bitmap.set);
  });
});

describe('vectors: merkle', () => {
  const { published, trees } = read('merkle');
  it('the published roots of Certificate Transparency', () => {
    const leaves = published.leaves.map(hex);
    published.roots.forEach((root, n) => {
      assert.equal(toHex(merkleRoot(hashes, leaves.slice(0, n))), root);
    });
  });
  it('its published paths', () => {
    const leaves = published.leaves.map(hex);
    for (const { index, count, path } of published.paths) {
      const made = auditPath(hashes, leaves.slice(0, Number(count)), Number(index));
      assert.deepEqual(made.map(toHex), path);
      const root = rootFromPath(hashes, leaves[Number(index)]!, Number(index), Number(count), made);
      assert.equal(toHex(root!), published.roots[Number(count)]);
    }
  });
  for (const { leaves, root, paths } of trees) {
    it(`a tree of ${leaves.length} events`, () => {
      const raw = leaves.map(hex);
      assert.equal(toHex(merkleRoot(hashes, raw)), root);
      paths.forEach((path, i) => {
        assert.deepEqual(auditPath(hashes, raw, i).map(toHex), path);
        assert.equal(toHex(rootFromPath(hashes, raw[i]!, i, raw.length, path.map(hex))!), root);
      });
    });
  }
});

describe('vectors: headers', () => {
  const { domain, chain } = read('headers');
  chain.forEach(({ header, parentState, block, snapshot, bytes, digest }, i) => {
    it(`height ${i + 1}`, () => {
      const decoded = decodeHeader(hex(bytes));
      assert.ok(decoded);
      assert.deepEqual(plain(decoded), header);
      assert.equal(toHex(encodeHeader(decoded)), bytes);
      assert.equal(toHex(domainOf(domain).headerDigest(decoded)), digest);
      const parts = [parentState, block, header.events, snapshot].map(hex);
      const state = stateHash(hashes, ...(parts as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]));
      assert.equal(toHex(state), header.state);
    });
  });
});

describe('vectors: receipts', () => {
  const { domain: domainJson, valid, invalid, malformed } = read('receipts');
  const domain = domainOf(domainJson);
  // Recovery is not the core's; the good signatures are those of the valid cases, under their digests.
  const signers = new Map<string, Uint8Array>();
  for (const { receipt } of valid) {
    const digest = toHex(domain.headerDigest(headerOf(receipt.header)));
    for (const { validator, signature } of receipt.signatures) {
      signers.set(digest + signature, hex(validator));
    }
  }
  const recover = (digest: Uint8Array, signature: Uint8Array) =>
    signers.get(toHex(digest) + toHex(signature));

  for (const { name, fault, receipt, validators, bytes } of [...valid, ...invalid]) {
    it(`${fault ?? 'valid'}: ${name}`, () => {
      const decoded = decodeReceipt(hex(bytes));
      assert.ok(decoded);
      assert.deepEqual(receiptToJson(decoded), receipt);
      assert.deepEqual(receiptFromJson(receipt), decoded);
      assert.equal(toHex(encodeReceipt(decoded)), bytes);
      const check = { domain, hashes, recover, validators: validators.map(hex) };
      assert.equal(checkReceipt(decoded, check), fault);
    });
  }
  for (const { name, bytes } of malformed) {
    it(`malformed: ${name}`, () => assert.equal(decodeReceipt(hex(bytes)), undefined));
  }
});
