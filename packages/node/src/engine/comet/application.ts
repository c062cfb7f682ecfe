/**
 * The node as CometBFT's application: ABCI 2.0 on the same chain, store and core as the embedded engine (DESIGN, Engines).
 *
 * FinalizeBlock applies, Commit writes and announces: so what is on disk is never ahead of what CometBFT has recorded,
 * and a crash between any two of its steps is replayed. Invariant: the state changes in FinalizeBlock and nowhere else.
 */
import {
  type Applied,
  type BlockIndex,
  compareBytes,
  genesisHash,
  type Ledger,
  scanBlock,
} from '@upfront/core';
import type { Verifier } from '../../signatures/verifier.ts';
import type { Chain, ChainLog } from '../chain.ts';
import type { L1Observation } from '../engine.ts';
import type { AbciRequest, AbciResponse } from './abci-server.ts';
import { type Extension, encodeExtension, readExtension } from './extension.ts';
import {
  ResponseApplySnapshotChunk_Result as APPLY,
  ResponseOfferSnapshot_Result as OFFER,
  ResponseProcessProposal_ProposalStatus as PROPOSAL,
  type RequestFinalizeBlock,
  type RequestInitChain,
  type RequestPrepareProposal,
  type RequestProcessProposal,
  type RequestVerifyVoteExtension,
  ResponseVerifyVoteExtension_VerifyStatus as VOTE,
} from './generated/tendermint/abci/types_pb.ts';
import type { Keyring } from './keyring.ts';
import type { Pool } from './pool.ts';
import { judgeProposal, makeProposal } from './proposal.ts';
import type { SnapshotServer } from './snapshot-server.ts';
import { Verdicts } from './verdicts.ts';

export interface ApplicationOptions {
  readonly chain: Chain;
  readonly verifier: Verifier;
  readonly keyring: Keyring;
  readonly pool: Pool;
  readonly snapshots: SnapshotServer;
  readonly log: ChainLog;
  /** What to say in a vote of the height after the state's; undefined on a node that is no validator. */
  extension(): Extension | undefined;
  /** What this node sees of L1. */
  seen(): L1Observation | undefined;
  /** A block is final: announced, after the listeners of the chain. */
  delivered(block: BlockIndex, applied: Applied): void;
}

/** A decided block that is applied and not yet committed. */
interface Decided {
  readonly block: BlockIndex;
  readonly applied: Applied;
  readonly answer: FinalizeAnswer;
}

interface FinalizeAnswer {
  readonly appHash: Uint8Array;
  readonly txResults: { code: number }[];
  readonly validatorUpdates: ReturnType<typeof validatorUpdates>;
}

export class Application {
  readonly #options: ApplicationOptions;
  readonly #verdicts: Verdicts;
  #decided: Decided | undefined;

  constructor(options: ApplicationOptions) {
    this.#options = options;
    const { chain, verifier, pool } = options;
    this.#verdicts = new Verdicts({
      ledger: chain.ledger,
      verifier,
      known: (bytes, view, offset, size) => pool.findSame(bytes, view, offset, size),
    });
  }

  async answer(request: AbciRequest): Promise<AbciResponse> {
    const { snapshots } = this.#options;
    switch (request.case) {
      case 'info':
        return { case: 'info', value: this.#info() };
      case 'initChain':
        return { case: 'initChain', value: this.#initChain(request.value) };
      case 'prepareProposal':
        return { case: 'prepareProposal', value: { txs: [this.#prepare(request.value)] } };
      case 'processProposal':
        return { case: 'processProposal', value: { status: await this.#process(request.value) } };
      case 'extendVote':
        return { case: 'extendVote', value: { voteExtension: this.#extend(Number(request.value.height)) } };
      case 'verifyVoteExtension':
        return { case: 'verifyVoteExtension', value: { status: this.#verify(request.value) } };
      case 'finalizeBlock':
        return { case: 'finalizeBlock', value: await this.#finalize(request.value) };
      case 'commit':
        await this.#commit();
        return { case: 'commit', value: { retainHeight: 0n } };
      case 'listSnapshots':
        return { case: 'listSnapshots', value: await snapshots.list() };
      case 'loadSnapshotChunk':
        return { case: 'loadSnapshotChunk', value: await snapshots.load(request.value) };
      // Only a node without a state takes one in, before there is an application (sync-first.ts).
      case 'offerSnapshot':
        return { case: 'offerSnapshot', value: { result: OFFER.ABORT } };
      case 'applySnapshotChunk':
        return { case: 'applySnapshotChunk', value: { result: APPLY.ABORT } };
      // CometBFT's mempool is off and nobody asks the application through it.
      case 'checkTx':
        return { case: 'checkTx', value: { code: 1 } };
      case 'query':
        return { case: 'query', value: { code: 1, log: 'ask the node, not CometBFT' } };
      case 'insertTx':
        return { case: 'insertTx', value: { code: 1 } };
      case 'reapTxs':
        return { case: 'reapTxs', value: {} };
      default:
        throw new Error(`an ABCI request that is not known: ${request.case}`);
    }
  }

  #info() {
    const { chain } = this.#options;
    const { height } = chain;
    const { ledger } = chain;
    const state = ledger.height === height ? ledger.state : chain.store.header(height)!.header.state;
    const lastBlockAppHash = height === 0 ? new Uint8Array(0) : state;
    return { data: 'upfront', appVersion: 1n, lastBlockHeight: BigInt(height), lastBlockAppHash };
  }

  /** Comes again if CometBFT stops before it has made a block. */
  #initChain({ validators, appStateBytes, initialHeight }: RequestInitChain) {
    const { chain, keyring } = this.#options;
    const { genesis, hashes, state } = chain.ledger;
    const named = JSON.parse(Buffer.from(appStateBytes).toString('utf8')) as { genesisHash?: string };
    const own = Buffer.from(genesisHash(genesis, hashes)).toString('hex');
    if (named.genesisHash !== `0x${own}`)
      throw new Error(`CometBFT's genesis is of ${named.genesisHash}, not 0x${own}`);
    if (initialHeight !== 1n) throw new Error("CometBFT's genesis does not begin at height 1");
    const isKnown = (key: Uint8Array): boolean =>
      genesis.validators.some((validator) => compareBytes(keyring.keyOf(validator)!, key) === 0);
    const isRight = validators.every(({ pubKey, power }) => {
      return power === 1n && pubKey?.sum.case === 'ed25519' && isKnown(pubKey.sum.value);
    });
    if (!isRight || validators.length !== genesis.validators.length) {
      throw new Error("CometBFT's genesis does not name the genesis's validators, each with power 1");
    }
    return { appHash: state };
  }

  #prepare({ maxTxBytes, localLastCommit, height, time }: RequestPrepareProposal): Uint8Array {
    const { chain, pool, keyring, seen } = this.#options;
    const { ledger } = chain;
    this.#assertNext(height);
    const signed = Number(height) - 1;
    const votes = localLastCommit?.votes ?? [];
    const extensions = votes.flatMap(({ validator, voteExtension }) => {
      const signer = voteExtension.length > 0 && validator && keyring.validatorOf(validator.address);
      return signer ? (this.#readExtension(voteExtension, signed, signer) ?? []) : [];
    });
    // An overhead of a few bytes a transaction counts towards CometBFT's bound.
    const room = Number(maxTxBytes) - 16;
    return makeProposal({ ledger, pool, time: blockTime(ledger, time), extensions, seen: seen(), room });
  }

  async #process({ txs, height, time, hash }: RequestProcessProposal): Promise<PROPOSAL> {
    const { chain, log } = this.#options;
    const { ledger } = chain;
    this.#assertNext(height);
    const judged = judgeProposal(ledger, txs, {
      time: blockTime(ledger, time),
      signers: this.#signersOf(Number(height) - 2),
    });
    if ('fault' in judged) {
      log.warn({ height: Number(height), fault: judged.fault }, 'a proposal is rejected');
      return PROPOSAL.REJECT;
    }
    const { block } = judged;
    const { verdicts } = await this.#verdicts.of(hash, block);
    if (hasGoodEvidence(block, verdicts)) return PROPOSAL.ACCEPT;
    log.warn({ height: Number(height) }, 'a proposal with bad evidence is rejected');
    return PROPOSAL.REJECT;
  }

  #extend(height: number): Uint8Array {
    const { chain, extension } = this.#options;
    const said = extension();
    if (said === undefined || height !== chain.ledger.height + 1)
      throw new Error(`no vote for height ${height}`);
    return encodeExtension(height, chain.ledger.digest, said);
  }

  #verify({ validatorAddress, height, voteExtension }: RequestVerifyVoteExtension): VOTE {
    const { chain, keyring, log } = this.#options;
    const validator = keyring.validatorOf(validatorAddress);
    const isGood =
      validator !== undefined &&
      Number(height) === chain.ledger.height + 1 &&
      this.#readExtension(voteExtension, Number(height), validator) !== undefined;
    if (!isGood) log.warn({ height: Number(height) }, 'a vote with a bad extension is rejected');
    return isGood ? VOTE.ACCEPT : VOTE.REJECT;
  }

  async #finalize({ txs, height, hash }: RequestFinalizeBlock): Promise<FinalizeAnswer> {
    const { chain, keyring } = this.#options;
    const { ledger } = chain;
    const block = txs[0] && scanBlock(txs[0], ledger.genesis.parameters);
    if (block === undefined) throw new Error(`block ${height} is decided and malformed`);
    const known = this.#decided;
    // A CometBFT that was restarted before it committed asks again.
    if (known !== undefined && compareBytes(known.block.bytes, block.bytes) === 0) return known.answer;
    this.#assertNext(height);
    const { verdicts, openings } = await this.#verdicts.of(hash, block);
    if (!hasGoodEvidence(block, verdicts)) throw new Error(`block ${height} is decided with bad evidence`);
    const before = ledger.validators;
    const applied = chain.apply(block, verdicts, openings);
    this.#verdicts.forget();
    const answer = {
      appHash: applied.header.state,
      txResults: txs.map(() => ({ code: 0 })),
      validatorUpdates: validatorUpdates(keyring, before, ledger.validators),
    };
    this.#decided = { block, applied, answer };
    return answer;
  }

  async #commit(): Promise<void> {
    const { chain, delivered } = this.#options;
    const decided = this.#decided;
    if (decided === undefined) throw new Error('nothing is decided that could be committed');
    const { block, applied } = decided;
    this.#decided = undefined;
    // Signatures of an earlier header: known to readers no earlier than the block that carries them.
    const settle = (): void => {
      const { headerSignatures } = block;
      if (headerSignatures.length > 0) chain.store.addSignatures(block.height - 2, headerSignatures);
      delivered(block, applied);
    };
    await chain.store.room();
    await chain.write(settle);
  }

  #readExtension(bytes: Uint8Array, height: number, validator: Uint8Array): Extension | undefined {
    const { chain, verifier } = this.#options;
    const { ledger } = chain;
    const { parameters } = ledger.genesis;
    const digest = height === 1 ? genesisHash(ledger.genesis, ledger.hashes) : ledger.digestAt(height - 1);
    if (digest === undefined) return undefined;
    const expected = { height, digest, validator };
    return readExtension(bytes, expected, { ledger, curve: verifier.curve, parameters });
  }

  /** Who votes at height + 1, and so signs this header: the set that CometBFT uses two blocks after it changed. */
  #signersOf(height: number): Uint8Array[] {
    const { chain, keyring } = this.#options;
    const set = height > 1 ? chain.store.validatorsAt(height - 1) : chain.ledger.genesis.validators;
    return set.filter((validator) => keyring.keyOf(validator) !== undefined);
  }

  #assertNext(height: bigint): void {
    const next = this.#options.chain.ledger.height + 1;
    if (Number(height) !== next) throw new Error(`CometBFT is at height ${height}, the state at ${next - 1}`);
  }
}

/** ms; never before the parent's. */
function blockTime(ledger: Ledger, time: { seconds: bigint; nanos: number } | undefined): number {
  if (time === undefined) throw new Error('a block without a time');
  return Math.max(ledger.time, Number(time.seconds) * 1000 + Math.floor(time.nanos / 1e6));
}

function hasGoodEvidence(block: BlockIndex, verdicts: Uint8Array): boolean {
  const count = block.views.length + block.headerSignatures.length;
  return verdicts.subarray(0, count).every((verdict) => verdict === 1);
}

/** What changes for CometBFT; who has no consensus key takes no part there. */
function validatorUpdates(keyring: Keyring, before: readonly Uint8Array[], after: readonly Uint8Array[]) {
  const missingIn = (set: readonly Uint8Array[]) => (validator: Uint8Array) =>
    set.every((one) => compareBytes(one, validator) !== 0);
  const update = (power: bigint) => (validator: Uint8Array) => {
    const key = keyring.keyOf(validator);
    if (key === undefined) return [];
    return [{ pubKey: { sum: { case: 'ed25519' as const, value: key } }, power }];
  };
  return [
    ...before.filter(missingIn(after)).flatMap(update(0n)),
    ...after.filter(missingIn(before)).flatMap(update(1n)),
  ];
}
