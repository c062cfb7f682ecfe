/** The public names of the client, for browsers and Node. The journal in a file is in `@upfront/client/node`. */
export type { Balance, BalanceParameters } from './actions/balance.ts';
export type { BalanceOnL1Parameters } from './actions/balanceOnL1.ts';
export type { Captured, CaptureParameters } from './actions/capture.ts';
export type { Claimed, ClaimParameters } from './actions/claim.ts';
export type { Deposited, DepositParameters } from './actions/deposit.ts';
export type { DescentParameters } from './actions/descent.ts';
export type { Exited, ExitParameters } from './actions/exit.ts';
export type { DealtNonces, FetchNoncesParameters } from './actions/fetchNonces.ts';
export type { Followed, FollowParameters } from './actions/follow.ts';
export type { Fulfilled, FulfilParameters } from './actions/fulfil.ts';
export type { Hold, HoldParameters } from './actions/hold.ts';
export type { PayParameters, Performed } from './actions/pay.ts';
export type { PayManyParameters, PayManyProgress, PayManyResult } from './actions/payMany.ts';
export type { PostParameters } from './actions/post.ts';
export type { ReceiptParameters, ReceiptResult } from './actions/receipt.ts';
export type { Recovered } from './actions/recover.ts';
export type { ReleaseParameters } from './actions/release.ts';
export type { Resumed } from './actions/resume.ts';
export type { FetchStatus, FetchStatusParameters } from './actions/status.ts';
export type { Unbonded } from './actions/unbond.ts';
export type { Validated, ValidateParameters } from './actions/validate.ts';
export {
  type ValidatorsOnL1,
  type ValidatorsOnL1Parameters,
  validatorsOnL1,
} from './actions/validatorsOnL1.ts';
export type { VerifiedHold } from './actions/verifyHold.ts';
export {
  type VerifiedReceipt,
  type VerifyReceiptParameters,
  verifyReceipt,
  verifyReceiptOnL1,
} from './actions/verifyReceipt.ts';
export type { WaitForParameters, WaitForResult } from './actions/waitFor.ts';
export type { Withdrawn, WithdrawParameters } from './actions/withdraw.ts';
export { type AmountFormat, formatAmount, parseAmount } from './amount.ts';
export type { BaseClient, ClientOptions, Network } from './client.ts';
export { type Actions, type Client, createClient } from './createClient.ts';
export { BaseError } from './errors/base.ts';
export {
  type ClientCode,
  clientCodes,
  isPassing,
  type NodeCode,
  nameOfCode,
  nodeCodes,
} from './errors/codes.ts';
export {
  AmountError,
  BadAnswerError,
  BadReceiptError,
  ClosedError,
  ConfigurationError,
  DisconnectedError,
  DivergenceError,
  JournalCorruptError,
  JournalFailedError,
  JournalLockedError,
  L1Error,
  type L1ErrorOptions,
  L1PendingError,
  L1RevertedError,
  L1UnreachableError,
  LimitDiscrepancyError,
  NetworkMismatchError,
  NoAccountError,
  NodeError,
  NoL1Error,
  NoNodeError,
  ParameterError,
  SequenceWindowError,
  SigningError,
  TimeoutError,
  TooManyPendingError,
} from './errors/kinds.ts';
export { type IndexedDbJournalOptions, indexedDbJournal } from './journal/indexeddb.ts';
export type { Journal, JournalRecord, Json } from './journal/journal.ts';
export { memoryJournal } from './journal/memory.ts';
export { createL1, type L1, type L1Account, type L1Source } from './l1/l1.ts';
export { l1ErrorOf } from './l1/l1-error.ts';
export {
  type Done,
  type Outcome,
  OutcomeUnknownError,
  type Refused,
  RefusedError,
  type Unknown,
  unwrap,
} from './outcome.ts';
export type { AccountSource } from './signer.ts';
export { type Activity, type Opening, openingFromJson, openingToJson } from './state/activity.ts';
export { topicOf } from './topic.ts';
export type { Cursor } from './transport/frames.ts';
export type { NodeAccount, NodeFetch, NodeNonce, NodeStatus } from './transport/node-api.ts';
