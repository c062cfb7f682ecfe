/** What a peer's headers make the watch do, a claim a row: no signature counts but the named validator's own. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import {
  type Equivocation,
  type Header,
  type HeaderSignature,
  headerToJson,
  signaturesToJson,
} from '@upfront/core';
import { createTestNetwork, type Payer, silent, until, ZERO } from '../engine/testing.ts';
import { systemClock } from '../l1/loop.ts';
import { HeaderWatch } from './header-watch.ts';

const network = await createTestNetwork(1, Date.now(), {}, 4);
const { curve, domain } = network;
const [a, b, c, d] = network.validators as [Payer, Payer, Payer, Payer];
const [stranger] = network.payers as [Payer];
/** Heights with something to compare; the watch stays three below the newest. */
const HEIGHT = 6;

const own = (height: number): Header => ({
  ...{ height, parent: ZERO, events: ZERO, settlement: ZERO },
  state: new Uint8Array(32).fill(height),
});
const other = (height: number): Header => ({ ...own(height), events: new Uint8Array(32).fill(9) });
const by = (signer: Payer, header: Header, name = signer.address): HeaderSignature => ({
  validator: name,
  signature: curve.sign(domain.headerDigest(header), signer.key),
});
/** Every own header has the signatures of three. */
const signatures = (height: number): HeaderSignature[] => [a, b, c].map((one) => by(one, own(height)));

type Page = Record<number, { header: Header; signatures: readonly HeaderSignature[] }>;

const closing: (() => Promise<unknown>)[] = [];
after(() => Promise.all(closing.map((close) => close())));

/** What the watch finds in a peer that says this, and takes in: all of it was looked at. */
async function look(said: Page): Promise<{ found: Equivocation[]; late: HeaderSignature[] }> {
  const asked: number[] = [];
  const server = createServer((request, response) => {
    const from = Number(new URL(request.url!, 'http://x').searchParams.get('after')) + 1;
    asked.push(from);
    const list = Array.from({ length: Math.max(0, HEIGHT - from + 1) }, (_, i) => from + i).map((height) => {
      const { header, signatures: given } = said[height] ?? { header: own(height), signatures: [] };
      return { header: headerToJson(header), signatures: signaturesToJson(given) };
    });
    response.end(JSON.stringify({ headers: list }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const [found, late]: [Equivocation[], HeaderSignature[]] = [[], []];
  let height = HEIGHT + 3;
  const watch = new HeaderWatch({
    urls: [`http://127.0.0.1:${port}`],
    store: {
      meta: { base: 0 } as never,
      header: (at) => ({ header: own(at), digest: domain.headerDigest(own(at)), signatures: signatures(at) }),
      validatorsAt: () => network.validators.map(({ address }) => address),
      addSignatures: (_, more) => void late.push(...more),
      settlement: () => undefined,
    },
    domain,
    height: () => height,
    unconfirmed: () => ({ first: 1, last: 0 }),
    recover: (digest, signature) => curve.recover(digest, signature),
    found: (one) => found.push(one),
    clock: { ...systemClock, sleep: (_, signal) => systemClock.sleep(1, signal) },
    log: silent as never,
  });
  closing.push(async () => {
    await watch.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  // It asks for what comes after only when it has looked at all that was there.
  await until(() => asked.length > 0, 'the first question');
  height++;
  await until(() => asked.includes(HEIGHT + 1), 'a question for the next header');
  return { found, late };
}

const broken = ({ validator, signature }: HeaderSignature): HeaderSignature => ({
  validator,
  signature: signature.map((byte, i) => (i === 40 ? byte ^ 1 : byte)),
});

const nobody: [string, Page][] = [
  ['says what we have', { 4: { header: own(4), signatures: signatures(4) } }],
  [
    'names a validator over the signature of another',
    { 4: { header: other(4), signatures: [by(b, other(4), a.address)] } },
  ],
  [
    'names a validator over a stranger',
    { 4: { header: other(4), signatures: [by(stranger, other(4), a.address)] } },
  ],
  ['has a signature that is none', { 4: { header: other(4), signatures: [broken(by(a, other(4)))] } }],
  [
    'has the signature of our header on another one',
    { 4: { header: other(4), signatures: [by(a, own(4))] } },
  ],
  [
    'has another header, signed by who did not sign ours',
    { 4: { header: other(4), signatures: [by(d, other(4))] } },
  ],
  ['has another header of a stranger', { 4: { header: other(4), signatures: [by(stranger, other(4))] } }],
  [
    'names who is late over the signature of another',
    { 4: { header: own(4), signatures: [by(a, own(4), d.address)] } },
  ],
  ['names who is late over a broken one', { 4: { header: own(4), signatures: [broken(by(d, own(4)))] } }],
  ["has a stranger's signature of our header", { 4: { header: own(4), signatures: [by(stranger, own(4))] } }],
];
for (const [name, page] of nobody)
  test(`a peer that ${name}: nothing is found, and nothing taken in`, async () => {
    assert.deepEqual(await look(page), { found: [], late: [] });
  });

test('a validator that signed another header is found out, once, with both', async () => {
  const said = {
    3: { header: other(3), signatures: [by(stranger, other(3), b.address), by(a, other(3))] },
    5: { header: other(5), signatures: [by(a, other(5)), by(c, other(5))] },
  };
  const { found, late } = await look(said);
  assert.deepEqual(late, []);
  const proof = (one: Payer, height: number): Equivocation => ({
    validator: one.address,
    a: { header: own(height), signature: by(one, own(height)).signature },
    b: { header: other(height), signature: by(one, other(height)).signature },
  });
  assert.deepEqual(found, [proof(a, 3), proof(c, 5)]);
});

test('what a validator signed late is taken in', async () => {
  const late = by(d, own(4));
  assert.deepEqual(await look({ 4: { header: own(4), signatures: [...signatures(4), late] } }), {
    found: [],
    late: [late],
  });
});
