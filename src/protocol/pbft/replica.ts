/**
 * One PBFT replica: an input in, effects out, no clock, no key, no disk. Everything that crosses phases happens here;
 * what one phase does with one input is in normal-case/, checkpoint/ and view-change/. The rules that comments cite are
 * written in docs/PROTOCOL.md.
 */
import { unreachable } from '../primitives/invariant.js';
import type {
  MonotonicMs,
  PeerIndex,
  Signature,
  TimestampMs,
  ValidatorIndex,
} from '../primitives/identifiers.js';
import { learnCheckpoint, onCheckpointVote } from './checkpoint/certify.js';
import { onCheckpointSigned, onExecuted } from './checkpoint/countersign.js';
import type { Effect, SignRequest } from './effect.js';
import { retireWhenReady } from './epoch/end-epoch.js';
import { accuse } from './evidence/accuse.js';
import type { Input } from './input.js';
import type { Message, VerifiedMessage } from './message.js';
import { checkNextProposal, onPrePrepare, onProposalChecked } from './normal-case/accept.js';
import { onSynced, requestCatchUp } from './normal-case/catch-up.js';
import { commitNext, learnCertificate } from './normal-case/commit.js';
import { fetchMissingBodies, onBlockReply, onFetchBlock } from './normal-case/fetch.js';
import { onVote, onVoteSigned, prepareNext } from './normal-case/prepare.js';
import { onProposalBuilt, onProposeSigned, requestProposal } from './normal-case/propose.js';
import { onStatus } from './normal-case/retransmission.js';
import { onPeer, sendStatusWhenDue } from './normal-case/status.js';
import { wantsMessage } from './normal-case/wants.js';
import type { RecoveredState, ReplicaConfig } from './replica-config.js';
import { reportReplica, viewReplica, type ReplicaReport, type ReplicaView } from './replica-report.js';
import { onEcho } from './restart/echo.js';
import { recoverJournal, recoverLater, resumeVotes } from './restart/recovery.js';
import { resumeFarewell, wakeWhenReady } from './restart/wake.js';
import { checkChain, checkInvariants } from './state/check-invariants.js';
import { seatOf } from './state/epochs.js';
import { stopVoting } from './state/standing.js';
import { createReplicaState, type ReplicaState } from './state/replica-state.js';
import { onNewView, onNewViewSigned, startView } from './view-change/enter-view.js';
import { onViewChange, onViewChangeSigned } from './view-change/leave-view.js';
import { watchPrimary } from './view-change/patience.js';
import { noteCommits } from './view-change/rotation.js';
import { onSuspect, onSuspectSigned, suspect } from './view-change/suspicion.js';

export interface Replica {
  /** The first effects: own votes of before the restart, the request for a block, a Status. Called once. */
  start(nowMs: MonotonicMs): readonly Effect[];
  /** Handles one input. Total: nothing from outside makes it throw, only a broken invariant does. */
  step(input: Input): readonly Effect[];
  /** Whether a message is worth checking its signatures: cheap, and the same question that `step` asks again. */
  wants(from: PeerIndex, message: Message): boolean;
  /** The place of a peer in the present epoch; `undefined` for who has none. */
  seatOf(peer: PeerIndex): ValidatorIndex | undefined;
  view(): ReplicaView;
  /** Everything that the status page tells of it; costs more than `view`. */
  report(): ReplicaReport;
  /** Throws InvariantViolation when the accepted chain or the tips are inconsistent; for tests and the simulator. */
  check(): void;
}

export function createReplica(config: ReplicaConfig, recovered: RecoveredState): Replica {
  return createReplicaOn(createReplicaState(config, recovered), recovered);
}

/** The same on a state that the caller can see: tests measure what it holds. */
export function createReplicaOn(state: ReplicaState, recovered: RecoveredState): Replica {
  return {
    start(nowMs) {
      const effects: Effect[] = [];
      state.nowMs = nowMs;
      state.lastCommitMs = nowMs;
      state.viewState.enteredAtMs = nowMs;
      recoverJournal(state, recovered, effects);
      if (recovered.checkpoint !== undefined) learnCheckpoint(state, recovered.checkpoint, effects);
      resumeFarewell(state, effects);
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
    seatOf: (peer) => seatOf(state, peer),
    view: () => viewReplica(state),
    report: () => reportReplica(state),
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
      state.hasWork = input.hasWork;
      return;
    case 'distrust':
      if (input.view === state.view) suspect(state, input.view, input.reason, effects);
      return;
    case 'message':
      noteSignOfLife(state, input.from);
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
      onExecuted(state, input, effects);
      return;
    case 'synced':
      onSynced(state, input, effects);
      return;
    case 'stateDamaged':
      stopVoting(state);
      return;
    case 'peer':
      onPeer(state, input.index, input.connected, effects);
      return;
    default:
      unreachable(input);
  }
}

function noteSignOfLife(state: ReplicaState, from: PeerIndex): void {
  const peer = state.peers.get(from);
  if (peer !== undefined) peer.heardAtMs = state.nowMs;
}

function handleMessage(
  state: ReplicaState,
  from: PeerIndex,
  message: VerifiedMessage,
  arrivedAtMs: TimestampMs,
  effects: Effect[],
): void {
  switch (message.type) {
    case 'prePrepare':
      onPrePrepare(state, message, arrivedAtMs, effects);
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
    case 'suspect':
      onSuspect(state, message, effects);
      return;
    case 'viewChange':
      onViewChange(state, message, effects);
      return;
    case 'newView':
      onNewView(state, message, effects);
      return;
    case 'echo':
      onEcho(state, from, message, effects);
      return;
    case 'evidence':
      accuse(state, message.evidence, effects);
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
  // PBFT-EPOCH-1: what was asked for in the epoch before comes too late, and the own place may be another one now.
  if (request.type !== 'checkpoint' && request.epoch !== state.epoch) return;
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
    case 'suspect':
      onSuspectSigned(state, request, signature, effects);
      return;
    case 'viewChange':
      onViewChangeSigned(state, request, signature, effects);
      return;
    case 'newView':
      onNewViewSigned(state, request, signature, effects);
      return;
    default:
      unreachable(request);
  }
}

/** Everything that one input may have made possible, in the order wake, begin, commit, accept, prepare, propose, ask, tell. */
function advance(state: ReplicaState, effects: Effect[]): void {
  if (state.standing === 'halted') return;
  wakeWhenReady(state, effects);
  startView(state, effects);
  commitAll(state, effects);
  retireWhenReady(state, effects);
  // What was found may have ended this replica.
  if (isHalted(state)) return;
  resumeVotes(state, effects);
  prepareNext(state, effects);
  checkNextProposal(state, effects);
  requestProposal(state, effects);
  fetchMissingBodies(state, effects);
  requestCatchUp(state, effects);
  watchPrimary(state, effects);
  sendStatusWhenDue(state, effects);
  checkInvariants(state);
}

/** What a restart has found of a later epoch is taken up when that begins, and may be what is to be committed next. */
function commitAll(state: ReplicaState, effects: Effect[]): void {
  do noteCommits(state, commitNext(state, effects), effects);
  while (recoverLater(state));
}

/** `standing` may change inside a handler, which control flow analysis does not see. */
function isHalted(state: ReplicaState): boolean {
  return state.standing === 'halted';
}
