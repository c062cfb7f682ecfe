/**
 * A vote extension: what a validator adds to its precommit of height h (docs/protocol.md, 5, Committees).
 *
 * Its bytes are those of a block of height h without messages: `parent` is the digest of header h - 1, one header
 * signature is over it (none at height 1), and at most one view stands in it. So its layout is exact, and read by the core.
 */
import {
  compareBytes,
  encodeBlock,
  type HeaderSignature,
  type Ledger,
  type Parameters,
  type SignedView,
  scanBlock,
} from '@upfront/core';
import type { Curve } from '../../signatures/curve.ts';
import type { Signer } from '../../signatures/signer.ts';
import type { Chain, ChainLog } from '../chain.ts';
import type { L1Observation } from '../engine.ts';
import { placeOf, reachOf, signedView, type WantedRotation } from '../evidence.ts';

export interface Extension {
  readonly view: SignedView | undefined;
  /** Of header h - 1; undefined at height 1. */
  readonly signature: HeaderSignature | undefined;
}

export function encodeExtension(
  height: number,
  digest: Uint8Array,
  { view, signature }: Extension,
): Uint8Array {
  const views = view === undefined ? [] : [view];
  const headerSignatures = signature === undefined ? [] : [signature];
  return encodeBlock({
    height,
    time: 0,
    parent: digest,
    views,
    headerSignatures,
    items: [],
    fulfils: [],
    fetches: [],
  });
}

/**
 * The extension of `validator` for this height; undefined if it is not exactly one, or a signature in it is not good.
 *
 * @param digest of header height - 1; at height 1 the genesis hash
 */
export function readExtension(
  bytes: Uint8Array,
  expected: { height: number; digest: Uint8Array; validator: Uint8Array },
  { ledger, curve, parameters }: { ledger: Ledger; curve: Curve; parameters: Parameters },
): Extension | undefined {
  const { height, digest, validator } = expected;
  const block = scanBlock(bytes, parameters);
  if (block === undefined || block.height !== height || block.time !== 0) return undefined;
  if (compareBytes(block.parent, digest) !== 0) return undefined;
  if (block.items.length + block.fulfils.length + block.fetches.length > 0) return undefined;
  const signatures = height > 1 ? 1 : 0;
  if (block.headerSignatures.length !== signatures || block.views.length > 1) return undefined;
  const isSigned = (claimed: Uint8Array, said: Uint8Array, signature: Uint8Array): boolean => {
    if (compareBytes(claimed, validator) !== 0) return false;
    const signer = curve.recover(said, signature);
    return signer !== undefined && compareBytes(signer, validator) === 0;
  };
  const [view] = block.views;
  const [signature] = block.headerSignatures;
  if (signature !== undefined && !isSigned(signature.validator, digest, signature.signature))
    return undefined;
  if (view !== undefined && !isSigned(view.validator, ledger.domain.viewDigest(view), view.signature))
    return undefined;
  return { view, signature };
}

/** From memory, never waiting for L1: the signature that was given when the block was committed, and the view. */
export function extensionOf(
  chain: Chain,
  signer: Signer,
  seen: L1Observation | undefined,
  options: { readonly log: ChainLog; wanted?(): WantedRotation | undefined },
): Extension {
  const { ledger, store } = chain;
  const signatures = store.header(ledger.height)?.signatures ?? [];
  const signature = signatures.find(({ validator }) => Buffer.compare(validator, signer.address) === 0);
  if (signature === undefined && ledger.height > 0) throw new Error(`header ${ledger.height} is not signed`);
  const isAhead = seen !== undefined && seen.settled > ledger.settlements.formed;
  const reach =
    seen === undefined || isAhead || placeOf(ledger, signer.address) < 0 ? undefined : reachOf(ledger, seen);
  if (seen !== undefined && reach === undefined) {
    options.log.warn(
      { items: seen.items, settled: seen.settled },
      'no view of L1: it does not go with this chain',
    );
  }
  const view = reach && signedView(ledger, seen!, reach, options.wanted?.(), signer);
  return { view, signature };
}
