/**
 * What a peer lacks according to its Status is sent again (PBFT-STATUS-2): certified blocks it has not committed, the proof
 * of a view that it has not entered, else this replica's proposals and votes that it does not hold, checkpoint signatures,
 * and the echo of its own words. Everything that can get lost is among these, so nothing needs to be sent twice for
 * safety's sake.
 */
import type { Height, PeerIndex, ValidatorIndex } from '../../primitives/identifiers.js';
import type { Effect } from '../effect.js';
import type { Message, Status } from '../message.js';
import { createEcho } from '../restart/last-words.js';
import { endAt, seatsAt } from '../state/epochs.js';
import type { CommittedBlock, PeerProgress, ReplicaState } from '../state/replica-state.js';
import { mayVote } from '../state/standing.js';
import { newViewMessage } from '../view-change/enter-view.js';

/** Bound of one answer, for each kind of thing in it. */
const RESENT_MAX = 8;

/** PBFT-STATUS-3: what is younger than this is still on its way, and a peer gets at most one answer in this time. */
function retransmissionAgeMs(state: ReplicaState): number {
  return state.config.statusIntervalMs / 4;
}

/** A proposal is large and takes its time on the way: more patience, and a pause before it is sent once more. */
function proposalAgeMs(state: ReplicaState): number {
  return 4 * state.config.statusIntervalMs;
}

export function onStatus(state: ReplicaState, from: PeerIndex, status: Status, effects: Effect[]): void {
  const peer = state.peers.get(from);
  // Whoever is in a later epoch lacks nothing that is known here.
  if (peer === undefined || status.epoch > state.epoch) return;
  if (status.epoch === state.epoch) noteView(state, status, peer);
  else peer.activeIn = undefined;
  if (!isAnswerDue(state, peer, status)) return;
  const messages =
    status.epoch === state.epoch
      ? missingInEpoch(state, from, status, peer)
      : [...missingDecided(state, status, peer), ...missingEnds(state, status)];
  if (messages.length > 0) peer.answeredAtMs = state.nowMs;
  for (const message of messages) effects.push({ type: 'send', to: from, message });
}

function missingInEpoch(
  state: ReplicaState,
  from: PeerIndex,
  status: Status,
  peer: PeerProgress,
): readonly Message[] {
  return [
    ...missingDecided(state, status, peer),
    ...missingEnds(state, status),
    ...missingView(state, status, peer),
    ...missingEcho(state, from, status),
    ...missingProposals(state, status, peer),
    ...missingVotes(state, status),
    ...missingCheckpoint(state, status),
  ];
}

/** From when on a peer has been able to take this view's proposals. */
function noteView(state: ReplicaState, status: Status, peer: PeerProgress): void {
  if (status.phase !== 'active') peer.activeIn = undefined;
  else if (peer.activeIn?.view !== status.view) peer.activeIn = { view: status.view, sinceMs: state.nowMs };
}

/** A peer that has used the last answer is answered at once: it is catching up. */
function isAnswerDue(state: ReplicaState, peer: PeerProgress, status: Status): boolean {
  if (peer.decidedUpTo > 0 && status.committedHeight >= peer.decidedUpTo) return true;
  return state.nowMs - peer.answeredAtMs >= retransmissionAgeMs(state);
}

function isOldEnough(state: ReplicaState, sinceMs: number | undefined): boolean {
  return sinceMs !== undefined && state.nowMs - sinceMs >= retransmissionAgeMs(state);
}

function decidedMessage({ block, certificate }: CommittedBlock): Message {
  return { type: 'decided', header: block.header, blockHash: block.hash, certificate };
}

/** Last height that the peer can check: it does not know the validators of a later epoch than its own. */
function checkableHeight(state: ReplicaState, { epoch }: Status): Height {
  return epoch === state.epoch
    ? state.committed.height
    : (state.ended.find((end) => end.seats.epoch === epoch)?.header.height ?? 0);
}

/** What proves to a peer that it has to catch up: the highest block that it can check. */
function proofOfHeight(state: ReplicaState, height: Height): Message | undefined {
  const entry = state.recent.get(height);
  if (entry !== undefined) return decidedMessage(entry);
  const end = endAt(state, height);
  return (
    end && {
      type: 'decided',
      header: end.header,
      blockHash: end.blockHash,
      certificate: end.certificate,
    }
  );
}

/** PBFT-STATUS-4: up to 8 recent blocks, or the highest one as proof that the peer has to catch up. */
function missingDecided(state: ReplicaState, status: Status, peer: PeerProgress): Message[] {
  const committedHeight = checkableHeight(state, status);
  peer.decidedUpTo = 0;
  // A peer that waits for its own execution holds what it needs, or will ask again.
  const isHolding = status.committedHeight >= status.executedHeight + state.config.pipelineDepth;
  if (status.committedHeight >= committedHeight || isHolding) return [];
  const messages: Message[] = [];
  const last = Math.min(committedHeight, status.committedHeight + RESENT_MAX);
  for (let height = status.committedHeight + 1; height <= last; height++) {
    const entry = state.recent.get(height);
    if (entry === undefined || !isOldEnough(state, entry.committedAtMs)) break;
    messages.push(decidedMessage(entry));
    peer.decidedUpTo = height;
  }
  const isOutOfReach = !state.recent.has(status.committedHeight + 1);
  const proof = isOutOfReach ? proofOfHeight(state, committedHeight) : undefined;
  if (proof !== undefined) messages.push(proof);
  return messages;
}

/**
 * PBFT-STATUS-8: to a peer in a lower view, or still changing to this one: NEWVIEW when this replica is active, its view
 * change (with the certificate that takes the peer along) while it is changing too.
 */
function missingView(state: ReplicaState, status: Status, peer: PeerProgress): Message[] {
  const { view, phase, viewState } = state;
  if (status.view > view || (status.view === view && status.phase === 'active')) return [];
  const lastSentAtMs = Math.max(peer.viewSentAtMs, viewState.enteredAtMs);
  if (!isOldEnough(state, lastSentAtMs)) return [];
  const message = phase === 'active' ? newViewMessage(state) : ownViewChange(state);
  const isHeld = status.view === view && (status.viewChanges[state.seats.self ?? -1] ?? false);
  if (message === undefined || (message.type === 'viewChange' && isHeld)) return [];
  peer.viewSentAtMs = state.nowMs;
  return [message];
}

function ownViewChange(state: ReplicaState): Message | undefined {
  const { timeout, changes } = state.viewState;
  const change = state.seats.self === undefined ? undefined : changes.get(state.seats.self);
  if (timeout === undefined || change?.view !== state.view) return undefined;
  return { type: 'viewChange', timeout, change };
}

/** PBFT-RECOVER-4: to a peer that is waking, what was last heard under its key. */
function missingEcho(state: ReplicaState, from: PeerIndex, status: Status): Message[] {
  return status.standing === 'waking' ? [createEcho(state, from)] : [];
}

/** PBFT-STATUS-7: the own proposals above what the peer holds, when it could not take them at the time, or they are old. */
function missingProposals(state: ReplicaState, status: Status, peer: PeerProgress): Message[] {
  if (!mayVote(state) || status.view !== state.view || status.phase !== 'active') return [];
  const readySinceMs = Math.max(peer.connectedAtMs, peer.activeIn?.sinceMs ?? -Infinity);
  const isJustReady = peer.proposalsSentAtMs < readySinceMs;
  if (!isJustReady && state.nowMs - peer.proposalsSentAtMs < proposalAgeMs(state)) return [];
  const messages: Message[] = [];
  const first = Math.max(status.proposalHeight, state.committed.height) + 1;
  for (let height = first; height < first + RESENT_MAX; height++) {
    const proposal = state.proposed.get(height);
    const acceptedAtMs = state.voted.get(height)?.acceptedAtMs;
    if (proposal === undefined || acceptedAtMs === undefined) break;
    const isOld = state.nowMs - acceptedAtMs >= proposalAgeMs(state);
    const isMissed =
      acceptedAtMs <= peer.connectedAtMs ||
      (acceptedAtMs <= readySinceMs && isOldEnough(state, acceptedAtMs));
    if (isOld || isMissed) messages.push(proposal);
  }
  if (messages.length > 0) peer.proposalsSentAtMs = state.nowMs;
  return messages;
}

/** PBFT-STATUS-5: in the same view, the own votes that the peer does not hold. */
function missingVotes(state: ReplicaState, status: Status): Message[] {
  const self = state.seats.self;
  if (self === undefined || !mayVote(state) || status.view !== state.view || status.phase !== 'active')
    return [];
  const messages: Message[] = [];
  const first = Math.max(status.committedHeight, state.committed.height) + 1;
  const last = Math.min(state.acceptedHeight, first + RESENT_MAX - 1);
  for (let height = first; height <= last; height++) {
    const own = state.voted.get(height);
    if (own === undefined) break;
    const prepare = state.votes.find('prepare', state.view, height, self);
    const holdsPrepare = height <= status.preparedHeight || isHeld(status.prepareVotes, status, height, self);
    if (isOldEnough(state, own.acceptedAtMs) && prepare !== undefined && !holdsPrepare)
      messages.push(prepare);
    const commit = state.votes.find('commit', state.view, height, self);
    const holdsCommit = isHeld(status.commitVotes, status, height, self);
    if (isOldEnough(state, own.preparedAtMs) && commit !== undefined && !holdsCommit) messages.push(commit);
  }
  return messages;
}

function isHeld(
  bitmaps: readonly (readonly boolean[])[],
  status: Status,
  height: Height,
  signer: ValidatorIndex,
): boolean {
  return bitmaps[height - status.committedHeight - 1]?.[signer] ?? false;
}

/**
 * PBFT-EPOCH-4: the certificates of ends of epochs that the peer lacks, or else every line that is held of them, whosever it
 * is: a validator that has left may have given its own to this replica alone.
 */
function missingEnds(state: ReplicaState, { lackedEnds }: Status): Message[] {
  return lackedEnds.flatMap((height): readonly Message[] => {
    const end = endAt(state, height);
    if (end === undefined) return [];
    const { checkpoint, seats } = end;
    if (checkpoint === undefined) return state.checkpoints.lines.at(height);
    return [{ type: 'checkpointCertified', epoch: seats.epoch, certificate: checkpoint }];
  });
}

/** PBFT-STATUS-6: the highest checkpoint certificate, and the own line of the executed height that lacks one. */
function missingCheckpoint(state: ReplicaState, status: Status): Message[] {
  const { certificate, certifiedHeight, lines } = state.checkpoints;
  const messages: Message[] = [];
  if (certificate !== undefined && certificate.height > status.certifiedHeight) {
    const epoch = seatsAt(state, certificate.height)?.epoch ?? state.epoch;
    messages.push({ type: 'checkpointCertified', epoch, certificate });
  }
  const self = seatsAt(state, state.executedHeight)?.self;
  const uncertified = Math.max(certifiedHeight, status.certifiedHeight) < state.executedHeight;
  const line = self === undefined ? undefined : lines.find(state.executedHeight, self);
  if (uncertified && line !== undefined) messages.push(line);
  return messages;
}
