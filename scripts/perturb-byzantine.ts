// A Byzantine validator for `npm run perturb`: stands where the node expects CometBFT's executable, starts the real one,
// and changes what the honest application answers on its way to it. So the node itself has no switch for doing evil.
// Arguments: those of CometBFT. Environment: PERTURB_COMETBFT, PERTURB_DEED, PERTURB_DEEDS (a file, a line a deed).

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type BlockParts, encodeBlock, type Genesis, scanBlock } from '@upfront/core';
import { readGenesisFile } from '@upfront/node';
import { FrameReader, frame } from '../packages/node/src/engine/comet/frames.ts';
import {
  type Response,
  ResponseSchema,
} from '../packages/node/src/engine/comet/generated/tendermint/abci/types_pb.ts';
import { type Deed, THIEF } from './perturb-deeds.ts';

/** Changes one answer of the application; undefined: it is left as it is. */
type Change = (response: Response, genesis: Genesis, count: number) => Response | undefined;

const GARBAGE_MOST = 2000;
/** Of a proposal and of a vote's extension alike. */
const ACCEPT = 1;

const CHANGES: Record<Deed, Change> = {
  'garbage extensions': (response, _, count) => {
    if (response.value.case !== 'extendVote') return undefined;
    return extension(garbage(response.value.value.voteExtension, count));
  },
  'bad evidence': (response, genesis, count) =>
    proposal(response, genesis, (parts) => {
      if (parts.headerSignatures.length === 0) return undefined;
      return badEvidence(parts, count);
    }),
  'items that do not exist': (response, genesis, count) =>
    proposal(response, genesis, (parts) => {
      const item = { kind: 1, account: THIEF, amount: 10n ** 12n, data: new Uint8Array(32) };
      return { ...parts, items: [...parts.items, ...new Array(1 + (count % 3)).fill(item)] };
    }),
  'messages twice': (response, genesis) =>
    proposal(response, genesis, (parts) => {
      const { fulfils, fetches } = parts;
      if (fulfils.length + fetches.length === 0) return undefined;
      return { ...parts, fulfils: [...fulfils, ...fulfils], fetches: [...fetches, ...fetches] };
    }),
};

const { PERTURB_COMETBFT: binary, PERTURB_DEED: deed, PERTURB_DEEDS: list } = process.env;
const home = process.argv[process.argv.indexOf('--home') + 1]!;
const genesis = readGenesisFile(join(home, '../../genesis.json'));
const application = /proxy_app = "unix:\/\/([^"]+)"/.exec(
  readFileSync(join(home, 'config', 'config.toml'), 'utf8'),
)![1]!;
const folder = mkdtempSync(join(tmpdir(), 'upfront-evil-'));
const socket = join(folder, 'abci');
let count = 0;

const server = createServer((comet) => {
  const app = connect(application);
  const reader = new FrameReader();
  for (const [one, other] of [
    [comet, app],
    [app, comet],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
  comet.pipe(app);
  app.on('data', (chunk) => {
    for (const message of reader.push(chunk)) comet.write(frame(changed(message)));
  });
});
server.listen(socket, () => {
  const argv = [...process.argv.slice(2), '--proxy_app', `unix://${socket}`];
  const child = spawn(binary!, argv, { stdio: 'inherit' });
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.once('exit', (code) => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(code ?? 1);
  });
});

function changed(message: Uint8Array): Uint8Array {
  const response = fromBinary(ResponseSchema, message);
  const other = CHANGES[deed as Deed](response, genesis, count);
  if (other === undefined) return approving(response) ?? message;
  count++;
  appendFileSync(list!, `${deed}\n`);
  return toBinary(ResponseSchema, other);
}

/** Whatever it is asked to judge, its own evil included, is fine. */
function approving({ value }: Response): Uint8Array | undefined {
  const { case: kind } = value;
  if (kind !== 'processProposal' && kind !== 'verifyVoteExtension') return undefined;
  return toBinary(
    ResponseSchema,
    create(ResponseSchema, { value: { case: kind, value: { status: ACCEPT } } }),
  );
}

function garbage(honest: Uint8Array, count: number): Uint8Array {
  if (count % 4 === 0) return randomBytes(1 + (count % GARBAGE_MOST));
  if (count % 4 === 1) return honest.subarray(0, honest.length - 1);
  if (count % 4 === 2) return new Uint8Array(0);
  const other = honest.slice();
  const at = randomBytes(1)[0]! % other.length;
  other[at] = other[at]! ^ 1;
  return other;
}

/** A signature that is none, none at all, one of them twice, a view that nobody signed. */
function badEvidence(parts: BlockParts, count: number): BlockParts {
  const { headerSignatures, views } = parts;
  const [first, ...others] = headerSignatures;
  const signature = first!.signature.slice();
  signature[40] = signature[40]! ^ 1;
  if (count % 4 === 0) return { ...parts, headerSignatures: [{ ...first!, signature }, ...others] };
  if (count % 4 === 1) return { ...parts, headerSignatures: [] };
  if (count % 4 === 2) return { ...parts, headerSignatures: [first!, ...headerSignatures] };
  const hash = new Uint8Array(32).fill(9);
  const view = {
    time: parts.time,
    items: 10 ** 6,
    head: hash,
    settled: 10 ** 6,
    validators: hash,
    rotation: new Uint8Array(20),
    change: 0,
    validator: first!.validator,
    signature,
  } as const;
  return { ...parts, views: [...views.filter((one) => !isSame(one.validator, first!.validator)), view] };
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function extension(voteExtension: Uint8Array): Response {
  return create(ResponseSchema, { value: { case: 'extendVote', value: { voteExtension } } });
}

/** The proposal with another block in it. */
function proposal(
  response: Response,
  { parameters }: Genesis,
  change: (parts: BlockParts) => BlockParts | undefined,
): Response | undefined {
  if (response.value.case !== 'prepareProposal') return undefined;
  const block = scanBlock(response.value.value.txs[0]!, parameters)!;
  const cut = (offsets: Uint32Array, sizes: Uint32Array): Uint8Array[] =>
    Array.from(offsets, (offset, i) => block.bytes.subarray(offset, offset + sizes[i]!));
  const { height, time, parent, views, headerSignatures, items } = block;
  const fulfils = cut(block.fulfils, block.fulfilSizes);
  const fetches = cut(block.fetches, block.fetchSizes);
  const other = change({ height, time, parent, views, headerSignatures, items, fulfils, fetches });
  if (other === undefined) return undefined;
  return create(ResponseSchema, { value: { case: 'prepareProposal', value: { txs: [encodeBlock(other)] } } });
}
