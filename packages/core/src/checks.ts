/**
 * Which signatures messages need: found from the state, checked elsewhere, given back as verdicts (docs/protocol.md, 5).
 */
import type { BlockIndex } from './block.ts';
import { readSafe, readU64 } from './bytes.ts';
import type { Ledger } from './ledger.ts';
import { FETCH, FULFIL, KIND, MESSAGE } from './messages.ts';
import { accountOf } from './resolve.ts';
import type { Address, Hash, Signature } from './units.ts';

/** Whether `signature` is `signer`'s of `digest`. */
export interface SignatureCheck {
  readonly digest: Hash;
  readonly signature: Signature;
  readonly signer: Address;
}

/** What the message at `offset` needs, or undefined if it carries no signature that the state can judge. */
export function messageCheck(
  ledger: Ledger,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
): SignatureCheck | undefined {
  if (bytes[offset] !== MESSAGE.fetch) return fulfilCheck(ledger, bytes, view, offset);
  return {
    digest: ledger.domain.fetchDigest(bytes, offset, size),
    signature: bytes.slice(offset + FETCH.signature, offset + FETCH.signature + 64),
    signer: bytes.slice(offset + FETCH.account, offset + FETCH.account + 20),
  };
}

/** The checks of a block that is to be applied next, in the order of its verdicts; undefined where none is needed. */
export function blockChecks(ledger: Ledger, block: BlockIndex): (SignatureCheck | undefined)[] {
  const { bytes, view } = block;
  const checks = evidenceChecks(ledger, block);
  block.fulfils.forEach((offset, i) => {
    checks.push(messageCheck(ledger, bytes, view, offset, block.fulfilSizes[i]!));
  });
  block.fetches.forEach((offset, i) => {
    checks.push(messageCheck(ledger, bytes, view, offset, block.fetchSizes[i]!));
  });
  return checks;
}

/** Of the block's views and header signatures. */
export function evidenceChecks(ledger: Ledger, block: BlockIndex): (SignatureCheck | undefined)[] {
  const checks: (SignatureCheck | undefined)[] = [];
  for (const { validator, signature, ...said } of block.views) {
    checks.push({ digest: ledger.domain.viewDigest(said), signature, signer: validator });
  }
  const signed = ledger.digestAt(block.height - 2)?.slice();
  for (const { validator, signature } of block.headerSignatures) {
    checks.push(signed && { digest: signed, signature, signer: validator });
  }
  return checks;
}

function fulfilCheck(
  ledger: Ledger,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
): SignatureCheck | undefined {
  const { nonces, accounts } = ledger;
  const row = nonces.find(readSafe(view, offset + FULFIL.nonce));
  const kind = bytes[offset + FULFIL.kind];
  if (row < 0 || nonces.kind[row] !== kind) return undefined;
  if (kind !== KIND.hold && kind !== KIND.validate) return undefined;
  const account = accounts.address(accountOf(ledger, row)).slice();
  if (kind === KIND.hold) {
    const sequence = nonces.fetches.sequence[nonces.fetch[row]!]!;
    const amount = readU64(view, offset + FULFIL.hold.amount);
    const at = offset + FULFIL.hold.signature;
    return {
      digest: ledger.domain.captureDigest(account, sequence, nonces.index[row]!, amount),
      signature: bytes.slice(at, at + 64),
      signer: nonces.pledge.slice(row * 32, row * 32 + 20),
    };
  }
  const digest = ledger.digestAt(readSafe(view, offset + FULFIL.validate.height));
  const at = offset + FULFIL.validate.signature;
  return digest && { digest: digest.slice(), signature: bytes.slice(at, at + 64), signer: account };
}
