/**
 * The cheap filter before any signature is checked, and again before a message is handled: stale, doubled, reflected and
 * out-of-window messages end here (PBFT-FILTER-1). What could prove that somebody is faulty passes.
 */
import {
  OBSERVER_PEERS_FROM,
  type Epoch,
  type PeerIndex,
  type ValidatorIndex,
} from '../../primitives/identifiers.js';
import { primaryOf } from '../../ledger/validator-set.js';
import { isAccusable } from '../evidence/accuse.js';
import { evidenceSlot, voteSlot, type BindingVoteKind } from '../evidence.js';
import type {
  CheckpointCertified,
  CheckpointVote,
  Decided,
  Message,
  NewView,
  PrePrepare,
  Suspect,
  Vote,
} from '../message.js';
import { isInWindow, windowBlocks } from '../state/chain.js';
import { lackedEnds, seatOf, seatsAt } from '../state/epochs.js';
import type { ReplicaState } from '../state/replica-state.js';
import { currentPrimary } from '../state/standing.js';
import { newViewDigest, viewChangeDigest, type ViewChange } from '../view-change.js';
import { finalHashAt } from './commit.js';
import { isFetching, mayServeBody } from './fetch.js';

export function wantsMessage(state: ReplicaState, from: PeerIndex, message: Message): boolean {
  const seat = seatOf(state, from);
  if (state.standing === 'halted' || (seat !== undefined && seat === state.seats.self)) return false;
  if (seat === undefined && !isHeardFromAnybody(from, message.type)) return false;
  switch (message.type) {
    case 'prePrepare':
      return wantsProposal(state, seat, message);
    case 'vote':
      return wantsVote(state, message);
    case 'checkpointVote':
      return wantsCheckpointVote(state, message);
    case 'checkpointCertified':
      return wantsCheckpoint(state, message);
    case 'suspect':
      return wantsSuspect(state, seat, message);
    case 'viewChange':
      return wantsViewChange(state, message.change);
    case 'newView':
      return wantsNewView(state, message);
    case 'echo':
      return state.standing === 'voting' && message.epoch === state.epoch && !state.echoes.has(from);
    case 'evidence': {
      const { evidence } = message;
      return evidence.epoch === state.epoch && isAccusable(state, evidence.offender, evidenceSlot(evidence));
    }
    case 'status':
      return true;
    case 'decided':
      return wantsDecided(state, message);
    case 'fetchBlock':
      return mayServeBody(state, from);
    case 'blockReply':
      return isFetching(state, message.block.hash);
  }
}

/** What proves itself, whoever brings it: who has left, or is a member without a voice, may have it from a validator. */
const PROVES_ITSELF: ReadonlySet<Message['type']> = new Set([
  'decided',
  'checkpointVote',
  'checkpointCertified',
  'blockReply',
]);

/** PBFT-FILTER-3: an observer has no voice; it asks. A member without a seat may also show what others have signed. */
function isHeardFromAnybody(from: PeerIndex, type: Message['type']): boolean {
  if (type === 'status' || type === 'fetchBlock') return true;
  return from < OBSERVER_PEERS_FROM && PROVES_ITSELF.has(type);
}

/** PBFT-EVIDENCE-1: a second statement about one thing is of interest once. */
function isNewConflict(
  state: ReplicaState,
  offender: ValidatorIndex,
  kind: BindingVoteKind | 'checkpoint',
  place: { readonly epoch?: Epoch; readonly view: number; readonly height: number },
): boolean {
  return isAccusable(state, offender, voteSlot(offender, kind, { epoch: state.epoch, ...place }));
}

function wantsProposal(
  state: ReplicaState,
  seat: ValidatorIndex | undefined,
  { epoch, view, block }: PrePrepare,
): boolean {
  const { height } = block.header;
  const primary = primaryOf(state.seats.validators.length, epoch, view);
  if (epoch !== state.epoch || seat !== primary || !isInWindow(state, height)) return false;
  if (view === state.view + 1) return !state.nextProposals.has(height);
  if (view !== state.view || height <= state.viewState.chainTop) return false;
  const held = state.proposals.get(height);
  if (held !== undefined)
    return held.block.hash !== block.hash && isNewConflict(state, primary, 'propose', { view, height });
  return !state.voted.has(height) && state.refused.get(height) !== block.hash;
}

/** PBFT-FILTER-2: an own vote counts when it comes back signed, never when a peer reflects it. */
function wantsVote(state: ReplicaState, { kind, epoch, view, height, blockHash, signer }: Vote): boolean {
  if (epoch !== state.epoch || signer === state.seats.self || !isInWindow(state, height)) return false;
  const held = state.votes.find(kind, view, height, signer);
  if (held !== undefined)
    return held.blockHash !== blockHash && isNewConflict(state, signer, kind, { view, height });
  if (kind === 'prepare' && (view < state.view || (view === state.view && height <= state.preparedHeight)))
    return false;
  return kind !== 'commit' || state.decided.get(height)?.blockHash !== blockHash;
}

function wantsDecided(state: ReplicaState, { certificate: { height, blockHash, epoch } }: Decided): boolean {
  if (epoch !== state.epoch) return false;
  const known = finalHashAt(state, height);
  if (known !== undefined) return known !== blockHash;
  if (height <= state.committed.height) return false;
  return isInWindow(state, height) || height > (state.proven?.height ?? 0);
}

/** Lines of heights that lack a certificate: those of the window, and the last ones of epochs (PBFT-EPOCH-4). */
function wantsCheckpointVote(state: ReplicaState, { epoch, height, signer, root }: CheckpointVote): boolean {
  const { certifiedHeight, lines } = state.checkpoints;
  const seats = seatsAt(state, height);
  if (seats?.epoch !== epoch || signer === seats.self) return false;
  const lowest = Math.max(certifiedHeight, state.executedHeight - windowBlocks(state));
  if (height <= lowest && !lackedEnds(state).includes(height)) return false;
  if (height > state.committed.height + windowBlocks(state)) return false;
  const held = lines.find(height, signer);
  return (
    held === undefined ||
    (held.root !== root && isNewConflict(state, signer, 'checkpoint', { epoch, view: 0, height }))
  );
}

function wantsCheckpoint(
  state: ReplicaState,
  { epoch, certificate: { height, root } }: CheckpointCertified,
): boolean {
  const { certifiedHeight, certificates, ownRoots } = state.checkpoints;
  if (seatsAt(state, height)?.epoch !== epoch) return false;
  if (height > certifiedHeight || lackedEnds(state).includes(height)) return true;
  const known = certificates.get(height)?.root ?? ownRoots.get(height);
  return known !== undefined && known !== root;
}

/**
 * Only from its signer: a suspicion is forgotten when it is not repeated, so nobody else may repeat it. More often than with
 * every Status nobody has to check it.
 */
function wantsSuspect(
  state: ReplicaState,
  seat: ValidatorIndex | undefined,
  { epoch, view, signer }: Suspect,
): boolean {
  if (epoch !== state.epoch || view < state.view || signer !== seat) return false;
  const { suspects } = state.viewState;
  if ((suspects.find(signer)?.view ?? 0) > view) return false;
  return state.nowMs - suspects.heardAtMs(signer) >= state.config.statusCoalesceMs;
}

function wantsViewChange(state: ReplicaState, change: ViewChange): boolean {
  const { epoch, view, signer } = change;
  if (epoch !== state.epoch || signer === state.seats.self || view < state.view) return false;
  const held = state.viewState.changes.get(signer) ?? state.lastWords[signer]?.change;
  if (held?.view === view) {
    return (
      viewChangeDigest(held) !== viewChangeDigest(change) &&
      isNewConflict(state, signer, 'viewChange', { view, height: 0 })
    );
  }
  return view > state.view || state.phase === 'changing';
}

function wantsNewView(state: ReplicaState, message: NewView): boolean {
  const { epoch, view, changes } = message;
  if (epoch !== state.epoch || view < state.view) return false;
  if (view > state.view || state.phase === 'changing') return true;
  const { entered } = state.viewState;
  return (
    entered?.signature !== undefined &&
    newViewDigest(entered.changes) !== newViewDigest(changes) &&
    isNewConflict(state, currentPrimary(state), 'newView', { view, height: 0 })
  );
}
