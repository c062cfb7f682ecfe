/**
 * Validating: following the chain block by block, re-executing each, and putting on record that it is as the node says.
 *
 * docs/protocol.md, 5 and 6. Nothing of the node is believed but the bytes of blocks, and those are checked.
 */
import {
  applyBlock,
  type BlockIndex,
  blockChecks,
  blockFault,
  compareBytes,
  createLedger,
  encodeFulfil,
  fromHex,
  type Header,
  type Ledger,
  nobleHashes,
  scanBlock,
  toHex,
} from '@upfront/core';
import type { Hex } from 'viem';
import type { BaseClient } from '../client.ts';
import { BaseError } from '../errors/base.ts';
import { nodeCodes } from '../errors/codes.ts';
import { BadAnswerError, DivergenceError, NodeError } from '../errors/kinds.ts';
import { type Outcome, refused, unknown } from '../outcome.ts';
import { recoverSigner } from '../signer.ts';
import { delay } from '../transport/backoff.ts';
import { fieldsOf } from '../transport/node-api.ts';
import { submitAll } from '../transport/submit.ts';
import { deal } from './fetchNonces.ts';
import type { Performed } from './pay.ts';

export interface ValidateParameters {
  /** Put validations on record (needs an account that is a participant). Default: if the client has an account. */
  readonly record?: boolean | undefined;
  /** ms between validations that are put on record. Default 60,000. */
  readonly interval?: number | undefined;
  /** Ends when this height is reached. Default: goes on. */
  readonly until?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Validated {
  readonly height: number;
  /** Of the header: the same here and there. */
  readonly digest: Hex;
  /** More than 2/3 of the validators signed it. */
  readonly signers: number;
  /** If a validation of this height was put on record, or refused. */
  readonly recorded: Outcome<Performed> | undefined;
}

const INTERVAL_MS = 60_000;
const POLL_MS = 500;
/** Signatures that are recovered at once: the platform's loop stays free in between. */
const RECOVERED_AT_ONCE = 64;

/** Yields each block that is good. Throws DivergenceError for the first that is not; ends with `until` or the signal. */
export async function* validate(
  client: BaseClient,
  parameters: ValidateParameters = {},
): AsyncGenerator<Validated, void> {
  const { until = Number.POSITIVE_INFINITY, interval = INTERVAL_MS, signal } = parameters;
  const mayRecord = parameters.record ?? client.address !== undefined;
  const { genesis } = await client.network();
  const ledger = createLedger(genesis, nobleHashes);
  let lastRecord = Number.NEGATIVE_INFINITY;
  while (ledger.height < until && !signal?.aborted) {
    const bytes = await blockAt(client, ledger.height + 1);
    if (bytes === undefined) {
      await delay(POLL_MS);
      continue;
    }
    const { header, digest } = await reExecute(ledger, bytes);
    const signers = await compareHeader(client, ledger, header, digest);
    const isNewest =
      mayRecord && client.now() - lastRecord >= interval && (await isTip(client, header.height));
    if (isNewest) lastRecord = client.now();
    const recorded = isNewest ? await recordValidation(client, header) : undefined;
    yield { height: header.height, digest: toHex(digest), signers, recorded };
  }
}

/** Applies the next block. Throws DivergenceError if the bytes are not it. */
export async function reExecute(
  ledger: Ledger,
  bytes: Uint8Array,
): Promise<{ header: Header; digest: Uint8Array }> {
  const height = ledger.height + 1;
  const block = scanBlock(bytes, ledger.genesis.parameters);
  if (block === undefined) throw new DivergenceError(height, 'the block is malformed');
  const fault = blockFault(ledger, block);
  if (fault !== undefined) throw new DivergenceError(height, fault);
  const { header, digest } = applyBlock(ledger, block, await verdictsOf(ledger, block));
  return { header, digest };
}

/** One byte a signature: 1 if it is valid or there is none. */
async function verdictsOf(ledger: Ledger, block: BlockIndex): Promise<Uint8Array> {
  const checks = blockChecks(ledger, block);
  const verdicts = new Uint8Array(checks.length);
  for (let at = 0; at < checks.length; at += RECOVERED_AT_ONCE) {
    const some = checks.slice(at, at + RECOVERED_AT_ONCE);
    const signers = await Promise.all(
      some.map((check) => check && recoverSigner(check.digest, check.signature)),
    );
    some.forEach((check, i) => {
      const signer = signers[i];
      const isValid =
        check === undefined || (signer !== undefined && compareBytes(signer, check.signer) === 0);
      verdicts[at + i] = isValid ? 1 : 0;
    });
  }
  return verdicts;
}

/** How many validators signed the header that was computed here. Throws DivergenceError if it is not the node's. */
async function compareHeader(
  client: BaseClient,
  ledger: Ledger,
  { height }: Header,
  digest: Uint8Array,
): Promise<number> {
  const fields = fieldsOf('header', await client.node.header(height));
  const theirs = fields.hex('digest', 32).toLowerCase();
  if (theirs !== toHex(digest))
    throw new DivergenceError(height, `the node's header is ${theirs}, here it is ${toHex(digest)}`);
  const signers = new Set<string>();
  for (const one of fields.list('signatures')) {
    const signature = fromHex(fieldsOf('signature', one).hex('signature', 64))!;
    const signer = await recoverSigner(digest, signature);
    if (signer !== undefined && ledger.validators.some((each) => compareBytes(each, signer) === 0)) {
      signers.add(toHex(signer));
    }
  }
  if (!ledger.isQuorum(signers.size)) {
    throw new DivergenceError(
      height,
      `only ${signers.size} of ${ledger.validators.length} validators signed it`,
    );
  }
  return signers.size;
}

async function blockAt(client: BaseClient, height: number): Promise<Uint8Array | undefined> {
  try {
    return await client.node.blockBytes(height);
  } catch (error) {
    if (error instanceof NodeError && error.code === nodeCodes.notFound) return undefined;
    throw error;
  }
}

async function isTip(client: BaseClient, height: number): Promise<boolean> {
  return (await client.node.status()).height <= height;
}

/** Fetches a nonce for it and fulfils it with the account's own signature of the header. */
async function recordValidation(client: BaseClient, header: Header): Promise<Outcome<Performed>> {
  const { genesis } = await client.network();
  const { outcome, entry } = await deal(client, 'validate', [{ kind: 'validate' }]);
  if (outcome.status !== 'done') return outcome;
  const { first: nonce, sequence } = outcome;
  const signature = await client.signer('validate').header(genesis, header);
  try {
    const message = encodeFulfil({ kind: 'validate', nonce, height: header.height, signature });
    const [answer] = await submitAll(client.socket, client.timeout, [message]);
    if (answer!.status === 'dealt') throw new BadAnswerError('validate', 'is one to a fetch');
    if (answer!.status !== 'fulfilled') return refused(answer!.code, sequence, nonce);
    (await client.book('validate')).resolve(entry, [0], 0n, answer!.height);
    return { status: 'done', nonce, height: answer!.height, sequence };
  } catch (error) {
    if (error instanceof BaseError) return unknown(error, sequence, nonce);
    throw error;
  }
}
