/** The public names of the core: the rules of Upfront (docs/protocol.md). Bytes in; state, events and codes out. */

export type { Column } from './account-rows.ts';
export type { Exit } from './accounts.ts';
export { FLAG } from './accounts.ts';
export { type Applied, applyBlock, blockFault, isTraceless, sealSnapshot } from './apply.ts';
export {
  BLOCK,
  type BlockIndex,
  type BlockParts,
  encodeBlock,
  type HeaderSignature,
  ITEM,
  type Item,
  itemHead,
  type L1View,
  type SignedView,
  scanBlock,
} from './block.ts';
export { compareBytes, concatBytes, equalBytes, readSafe, readU64, viewOf } from './bytes.ts';
export { blockChecks, evidenceChecks, messageCheck, type SignatureCheck } from './checks.ts';
export { type Code, codeName, codes } from './codes.ts';
export { commitment, transferActivity, withdrawActivity } from './commitment.ts';
export { checkFetch } from './deal.ts';
export { DESCENT_MOST, type Descent, type DescentJson, descentFromJson, descentToJson } from './descent.ts';
export {
  checkEquivocation,
  type Equivocation,
  type EquivocationFault,
  type EquivocationJson,
  equivocationFromJson,
  equivocationToJson,
  type SignedHeader,
} from './equivocation.ts';
export {
  decodeEvent,
  decodeEventList,
  EVENT,
  EVENT_ADDRESSES,
  type Event,
  EventLog,
} from './events.ts';
export { CREDIT_SIZE, DEBIT_SIZE } from './form.ts';
export { checkFulfil } from './fulfil.ts';
export {
  assertGenesis,
  decodeGenesis,
  defaultParameters,
  encodeGenesis,
  type Genesis,
  genesisHash,
  type Parameters,
} from './genesis.ts';
export { type HashBatch, type Hashes, nobleHashes } from './hash.ts';
export { decodeHeader, encodeHeader, type Header, stateHash } from './header.ts';
export {
  type HeaderJson,
  headerFromJson,
  headerToJson,
  type SignatureJson,
  signaturesFromJson,
  signaturesToJson,
} from './header-json.ts';
export { fromHex, toHex } from './hex.ts';
export { assertInvariants } from './invariants.ts';
export { KeyIndex } from './key-index.ts';
export { createLedger, type Ledger, type Member } from './ledger.ts';
export { auditPath, merkleRoot, rootFromPath } from './merkle.ts';
export {
  decodeFetch,
  decodeFulfil,
  decodeMessage,
  encodeFetch,
  encodeFulfil,
  encodeIntents,
  FETCH,
  type Fetch,
  type FetchRequest,
  FULFIL,
  type Fulfil,
  type Intent,
  KIND,
  type Kind,
  MESSAGE,
  type Message,
  type MessageIndex,
  scanFetch,
  scanFulfil,
  splitMessages,
} from './messages.ts';
export { OPENING } from './openings.ts';
export { Privilege, type PrivilegeColumns, type PrivilegeParameters, postPlaces } from './privilege.ts';
export {
  type AccountView,
  accountView,
  type NonceView,
  nextCutTime,
  nonceView,
  openNonces,
  openNoncesOf,
} from './reads.ts';
export {
  checkReceipt,
  decodeReceipt,
  encodeReceipt,
  type Receipt,
  type ReceiptFault,
  receiptFromJson,
  receiptToJson,
} from './receipt.ts';
export type { FormedSettlement, Rotation } from './settlements.ts';
export { createDomain, type Domain, typedData, typedTypes } from './signing.ts';
export { encodeState, restoreLedger } from './snapshot.ts';
export {
  type Address,
  AMOUNT_END,
  type Hash,
  HEADERS_KEPT,
  type Height,
  INTENTS_MOST,
  type Milliseconds,
  type Nonce,
  POST_PLACE_BYTES,
  SEQUENCE_END,
  SEQUENCE_WINDOW,
  type Sequence,
  type Signature,
  STANDING_ONE,
  type Units,
} from './units.ts';
