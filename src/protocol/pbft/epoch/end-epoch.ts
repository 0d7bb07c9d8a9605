/**
 * From one epoch to the next (PBFT-EPOCH-1): the commit of the last block of an epoch ends everything that its validators were
 * about to agree on, and the next ones begin in view 0. What proves the end is kept for those who have not seen it.
 */
import type { Effect } from '../effect.js';
import { faultsMax, quorumSize } from '../../primitives/quorum.js';
import type { CheckpointCertificate } from '../certificate.js';
import type { EpochSeats } from '../epoch-seats.js';
import { forgetBodies } from '../state/chain.js';
import { endAt } from '../state/epochs.js';
import {
  createLastWords,
  createPatience,
  createPeerProgress,
  createViewState,
  ENDED_EPOCHS_MAX,
  type CommittedBlock,
  type ReplicaState,
} from '../state/replica-state.js';
import { isFollowing, ownKey } from '../state/standing.js';
import { trace } from '../state/trace.js';

/** `last` is committed, and the head of the chain; `next` is what execution has scheduled for the height above. */
export function endEpoch(
  state: ReplicaState,
  last: CommittedBlock,
  next: EpochSeats,
  effects: Effect[],
): void {
  const { seats: before, ended, checkpoints } = state;
  const { header, hash } = last.block;
  ended.push({
    seats: before,
    header,
    blockHash: hash,
    certificate: last.certificate,
    checkpoint: undefined,
  });
  if (ended.length > ENDED_EPOCHS_MAX) ended.shift();
  state.seats = next;
  state.pending = undefined;
  state.epoch = next.epoch;
  state.quorum = quorumSize(next.validators.length);
  state.weakQuorum = faultsMax(next.validators.length) + 1;
  endViews(state);
  meetPeers(state, before);
  changeVoice(state, before, header.height);
  const checkpoint = checkpoints.certificates.get(header.height);
  if (checkpoint !== undefined) keepEndCertificate(state, checkpoint, effects);
  const { epoch, firstHeight, self } = next;
  effects.push({ type: 'epochBegun', epoch, firstHeight, seated: self !== undefined });
  trace(state, effects, 'epochBegun', header.height, `${next.validators.length} validators`);
}

/** No vote, proposal, suspicion or view of the old epoch means anything in the new one. */
function endViews(state: ReplicaState): void {
  state.view = 0;
  state.phase = 'active';
  for (const map of [state.proposals, state.nextProposals, state.refused, state.proposed, state.voted])
    map.clear();
  for (const [height, { epoch }] of state.decided) if (epoch !== state.epoch) state.decided.delete(height);
  state.votes.clear();
  state.tips = [];
  state.checking = undefined;
  state.requested = undefined;
  state.acceptedHeight = state.committed.height;
  state.preparedHeight = state.committed.height;
  state.viewState = createViewState();
  state.viewState.enteredAtMs = state.nowMs;
  state.patience = createPatience();
  state.lastWords = createLastWords(state.seats.validators.length);
  state.accused.clear();
  state.echoes.clear();
  forgetBodies(state);
}

/** Validators are remembered whether they are connected or not, everybody else while it is. */
function meetPeers(state: ReplicaState, before: EpochSeats): void {
  const { peers, seats } = state;
  for (const peer of before.peers) {
    if (!seats.peers.includes(peer) && peers.get(peer)?.connected !== true) peers.delete(peer);
  }
  for (const peer of seats.peers) if (!peers.has(peer)) peers.set(peer, createPeerProgress());
  for (const peer of peers.values()) {
    peer.activeIn = undefined;
    peer.proposalsSentAtMs = -Infinity;
    peer.viewSentAtMs = -Infinity;
  }
}

/**
 * A key that goes on votes on. One that is new in the set asks first what was heard under it, as after a restart: the disk of
 * its replica may be an older copy of what it was (PBFT-EPOCH-6).
 */
function changeVoice(state: ReplicaState, before: EpochSeats, lastHeight: number): void {
  if (!isFollowing(state)) return;
  const [oldKey, key] = [ownKey(before), ownKey(state.seats)];
  if (oldKey !== undefined && oldKey !== key) state.farewell = { epoch: before.epoch, lastHeight };
  const maySpeak = key !== undefined && key !== state.muteKey;
  if (key !== oldKey) state.isAwake = false;
  state.standing = maySpeak ? 'voting' : 'observing';
}

/** PBFT-EPOCH-3: the certificate of an epoch's last height is journalled before anything of the next epoch is signed. */
export function keepEndCertificate(
  state: ReplicaState,
  certificate: CheckpointCertificate,
  effects: Effect[],
): void {
  const end = endAt(state, certificate.height);
  if (end === undefined || end.checkpoint !== undefined) return;
  end.checkpoint = certificate;
  effects.push({ type: 'append', record: { type: 'endCertified', certificate } });
  // One that is executed is announced with its own result, as long as that is remembered.
  const { ownRoots } = state.checkpoints;
  if (certificate.height <= state.executedHeight && !ownRoots.has(certificate.height))
    effects.push({ type: 'checkpointCertified', certificate });
}

/**
 * PBFT-EPOCH-5: whoever leaves is needed until the last height of its epoch is certified and the others have committed above
 * it. Its own commit alone, or the certificate alone, may be the only copy.
 */
export function retireWhenReady(state: ReplicaState, effects: Effect[]): void {
  const { farewell, committed } = state;
  if (farewell === undefined || committed.height <= farewell.lastHeight) return;
  if (endAt(state, farewell.lastHeight)?.checkpoint === undefined) return;
  state.farewell = undefined;
  effects.push({ type: 'retired', ...farewell });
  trace(state, effects, 'retired', farewell.lastHeight);
}
