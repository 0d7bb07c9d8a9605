/**
 * One PBFT replica: an input in, effects out, no clock, no key, no disk. Everything that crosses phases happens here;
 * what one phase does with one input is in normal-case/, checkpoint/ and view-change/. The rules that comments cite are
 * written in docs/PROTOCOL.md.
 */
import { unreachable } from '../primitives/invariant.js';
import type {
  BlockHash,
  Epoch,
  Height,
  MonotonicMs,
  Signature,
  TimestampMs,
  ValidatorIndex,
  View,
} from '../primitives/identifiers.js';
import { checkChain, checkInvariants } from './check-invariants.js';
import { learnCheckpoint, onCheckpointVote } from './checkpoint/certify.js';
import { onCheckpointSigned, onExecuted, resumeCountersigning } from './checkpoint/countersign.js';
import type { Effect, SignRequest } from './effect.js';
import type { Input } from './input.js';
import type { Message, Phase, VerifiedMessage } from './message.js';
import { checkNextProposal, onPrePrepare, onProposalChecked } from './normal-case/accept.js';
import { onSynced, requestCatchUp } from './normal-case/catch-up.js';
import { commitNext, learnCertificate } from './normal-case/commit.js';
import { fetchMissingBodies, onBlockReply, onFetchBlock } from './normal-case/fetch.js';
import { onVote, onVoteSigned, prepareNext } from './normal-case/prepare.js';
import { onProposalBuilt, onProposeSigned, requestProposal } from './normal-case/propose.js';
import { recoverJournal, resumeVotes } from './normal-case/recovery.js';
import { onStatus } from './normal-case/retransmission.js';
import { onPeer, sendStatusWhenDue } from './normal-case/status.js';
import { wantsMessage } from './normal-case/wants.js';
import type { RecoveredState, ReplicaConfig } from './replica-config.js';
import {
  createReplicaState,
  currentPrimary,
  windowBlocks,
  type ReplicaState,
  type Standing,
} from './replica-state.js';
import type { Tip } from './view-change/tips.js';

/** Where a replica stands, for the status page, for catch-up and for tests. */
export interface ReplicaView {
  readonly epoch: Epoch;
  readonly view: View;
  readonly phase: Phase;
  readonly standing: Standing;
  readonly primary: ValidatorIndex;
  readonly isPrimary: boolean;
  readonly executedHeight: Height;
  readonly committedHeight: Height;
  readonly committedHash: BlockHash;
  readonly preparedHeight: Height;
  readonly acceptedHeight: Height;
  readonly certifiedHeight: Height;
  /** Highest height whose proposals, votes and synced blocks are taken now: committed + 3L. */
  readonly windowEnd: Height;
  readonly tips: readonly Tip[];
}

export interface Replica {
  /** The first effects: own votes of before the restart, the request for a block, a Status. Called once. */
  start(nowMs: MonotonicMs): readonly Effect[];
  /** Handles one input. Total: nothing from outside makes it throw, only a broken invariant does. */
  step(input: Input): readonly Effect[];
  /** Whether a message is worth checking its signatures: cheap, and the same question that `step` asks again. */
  wants(from: ValidatorIndex, message: Message): boolean;
  view(): ReplicaView;
  /** Throws InvariantViolation when the accepted chain or the tips are inconsistent; for tests and the simulator. */
  check(): void;
}

export function createReplica(config: ReplicaConfig, recovered: RecoveredState): Replica {
  const state = createReplicaState(config, recovered);

  return {
    start(nowMs) {
      const effects: Effect[] = [];
      state.nowMs = nowMs;
      state.lastCommitMs = nowMs;
      recoverJournal(state, recovered, effects);
      if (recovered.checkpoint !== undefined) learnCheckpoint(state, recovered.checkpoint, effects);
      resumeCountersigning(state, recovered.executedRoot, effects);
      advance(state, effects);
      return effects;
    },

    step(input) {
      const effects: Effect[] = [];
      if (state.standing === 'halted') return effects;
      handle(state, input, effects);
      advance(state, effects);
      return effects;
    },

    wants: (from, message) => wantsMessage(state, from, message),
    view: () => viewOf(state),
    check: () => {
      checkChain(state);
    },
  };
}

function handle(state: ReplicaState, input: Input, effects: Effect[]): void {
  switch (input.type) {
    case 'tick':
      state.nowMs = Math.max(state.nowMs, input.nowMs);
      state.wallMs = input.wallMs;
      state.mempoolTransactions = input.mempoolTransactions;
      return;
    case 'message':
      if (!wantsMessage(state, input.from, input.message)) return;
      handleMessage(state, input.from, input.message, input.arrivedAtMs, effects);
      return;
    case 'proposalBuilt':
      onProposalBuilt(state, input.block, effects);
      return;
    case 'proposalChecked':
      onProposalChecked(state, input, effects);
      return;
    case 'signed':
      handleSigned(state, input.request, input.signature, effects);
      return;
    case 'executed':
      onExecuted(state, input.height, input.root, effects);
      return;
    case 'synced':
      onSynced(state, input.block, input.certificate, effects);
      return;
    case 'peer':
      onPeer(state, input.index, input.connected, effects);
      return;
    default:
      unreachable(input);
  }
}

function handleMessage(
  state: ReplicaState,
  from: ValidatorIndex,
  message: VerifiedMessage,
  arrivedAtMs: TimestampMs,
  effects: Effect[],
): void {
  switch (message.type) {
    case 'prePrepare':
      onPrePrepare(state, message, arrivedAtMs);
      return;
    case 'vote':
      onVote(state, message, effects);
      return;
    case 'checkpointVote':
      onCheckpointVote(state, message, effects);
      return;
    case 'checkpointCertified':
      learnCheckpoint(state, message.certificate, effects);
      return;
    case 'status':
      onStatus(state, from, message, effects);
      return;
    case 'decided':
      learnCertificate(state, message.certificate, from, effects);
      return;
    case 'fetchBlock':
      onFetchBlock(state, from, message.blockHash, effects);
      return;
    case 'blockReply':
      onBlockReply(state, message.block);
      return;
    default:
      unreachable(message);
  }
}

function handleSigned(
  state: ReplicaState,
  request: SignRequest,
  signature: Signature,
  effects: Effect[],
): void {
  switch (request.type) {
    case 'propose':
      onProposeSigned(state, request, signature, effects);
      return;
    case 'vote':
      onVoteSigned(state, request, signature, effects);
      return;
    case 'checkpoint':
      onCheckpointSigned(state, request, signature, effects);
      return;
    default:
      unreachable(request);
  }
}

/** Everything that one input may have made possible, in the order commit, accept, prepare, propose, ask, tell. */
function advance(state: ReplicaState, effects: Effect[]): void {
  commitNext(state, effects);
  if (state.standing === 'halted') return;
  resumeVotes(state, effects);
  prepareNext(state, effects);
  checkNextProposal(state, effects);
  requestProposal(state, effects);
  fetchMissingBodies(state, effects);
  requestCatchUp(state, effects);
  sendStatusWhenDue(state, effects);
  checkInvariants(state);
}

function viewOf(state: ReplicaState): ReplicaView {
  const primary = currentPrimary(state);
  return {
    epoch: state.epoch,
    view: state.view,
    phase: state.phase,
    standing: state.standing,
    primary,
    isPrimary: primary === state.config.self,
    executedHeight: state.executedHeight,
    committedHeight: state.committed.height,
    committedHash: state.committed.hash,
    preparedHeight: state.preparedHeight,
    acceptedHeight: state.acceptedHeight,
    certifiedHeight: state.checkpoints.certifiedHeight,
    windowEnd: state.committed.height + windowBlocks(state),
    tips: state.tips,
  };
}
