/**
 * The parts of a node that do not care what clock, disk and network they stand on, for whoever builds a node on
 * simulated ones. Not a public interface: it changes with the node.
 */

export { type NodeCode, NodeError } from './api/errors.ts';
export { eventPlaces } from './api/event-bytes.ts';
export { receiptOf } from './api/http/receipt.ts';
export {
  accountToJson,
  blankAccount,
  networkToJson,
  openNonceToJson,
  placedEventToJson,
  settledOf,
  settlementToJson,
} from './api/http/views.ts';
export { encodeAnswers, encodeError, FRAME } from './api/socket/frames.ts';
export type { Chain, ChainLog, HeaderSigner } from './engine/chain.ts';
export { Application } from './engine/comet/application.ts';
export { CometEngine } from './engine/comet/comet-engine.ts';
export { type Extension, encodeExtension, extensionOf } from './engine/comet/extension.ts';
export { cometAddress, type GenesisKey, Keyring } from './engine/comet/keyring.ts';
export { Pool } from './engine/comet/pool.ts';
export { signOnce } from './engine/comet/signing-state.ts';
export { SnapshotServer } from './engine/comet/snapshot-server.ts';
export { EmbeddedEngine } from './engine/embedded.ts';
export type { Engine, L1Observation } from './engine/engine.ts';
export { L1Contradiction, placeOf, reachOf, signedView, type WantedRotation } from './engine/evidence.ts';
export { openChain } from './engine/open-chain.ts';
export { createHashes } from './hashes.ts';
export { type Curve, createCurve } from './signatures/curve.ts';
export { createChecker, RECORD_SIZE } from './signatures/records.ts';
export type { Signer } from './signatures/signer.ts';
export type { Verifier } from './signatures/verifier.ts';
export type { Environment, KeyRange } from './store/environment.ts';
export type { Indexing } from './store/indexer.ts';
export { IndexBatch, type IndexedBlock } from './store/indexing.ts';
export { dropAboveGap, EnvironmentStore } from './store/lmdb-store.ts';
export type { SnapshotFiles, SnapshotName } from './store/snapshots.ts';
export type { Store } from './store/store.ts';
