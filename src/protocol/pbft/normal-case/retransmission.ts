/**
 * What a peer lacks according to its Status is sent again (PBFT-STATUS-2): certified blocks it has not committed, else
 * this replica's proposals and votes that it does not hold, and checkpoint signatures. Everything that can get lost is
 * among these, so nothing needs to be sent twice for safety's sake.
 */
import type { Height, ValidatorIndex } from '../../primitives/identifiers.js';
import type { Effect } from '../effect.js';
import type { Message, Status } from '../message.js';
import { mayVote, type CommittedBlock, type PeerProgress, type ReplicaState } from '../replica-state.js';

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

export function onStatus(state: ReplicaState, from: ValidatorIndex, status: Status, effects: Effect[]): void {
  const peer = state.peers[from];
  if (peer === undefined || status.epoch !== state.epoch || !isAnswerDue(state, peer, status)) return;
  const messages = [
    ...missingDecided(state, status, peer),
    ...missingProposals(state, status, peer),
    ...missingVotes(state, status),
    ...missingCheckpoint(state, status),
  ];
  if (messages.length > 0) peer.answeredAtMs = state.nowMs;
  for (const message of messages) effects.push({ type: 'send', to: from, message });
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

/** PBFT-STATUS-4: up to 8 recent blocks, or the highest one as proof that the peer has to catch up. */
function missingDecided(state: ReplicaState, status: Status, peer: PeerProgress): Message[] {
  const committedHeight = state.committed.height;
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
  const head = state.recent.get(committedHeight);
  const isOutOfReach = !state.recent.has(status.committedHeight + 1);
  if (isOutOfReach && head !== undefined) messages.push(decidedMessage(head));
  return messages;
}

/** PBFT-STATUS-7: the own proposals above what the peer holds, when its stream is younger than they are or they are old. */
function missingProposals(state: ReplicaState, status: Status, peer: PeerProgress): Message[] {
  if (!mayVote(state) || status.view !== state.view || status.phase !== 'active') return [];
  if (state.nowMs - peer.proposalsSentAtMs < proposalAgeMs(state)) return [];
  const messages: Message[] = [];
  const first = Math.max(status.proposalHeight, state.committed.height) + 1;
  for (let height = first; height < first + RESENT_MAX; height++) {
    const proposal = state.proposed.get(height);
    const acceptedAtMs = state.voted.get(height)?.acceptedAtMs;
    if (proposal === undefined || acceptedAtMs === undefined) break;
    const isOld = state.nowMs - acceptedAtMs >= proposalAgeMs(state);
    if (isOld || acceptedAtMs <= peer.connectedAtMs) messages.push(proposal);
  }
  if (messages.length > 0) peer.proposalsSentAtMs = state.nowMs;
  return messages;
}

/** PBFT-STATUS-5: in the same view, the own votes that the peer does not hold. */
function missingVotes(state: ReplicaState, status: Status): Message[] {
  const self = state.config.self;
  if (self === undefined || !mayVote(state) || status.view !== state.view || status.phase !== 'active')
    return [];
  const messages: Message[] = [];
  const first = Math.max(status.committedHeight, state.committed.height) + 1;
  const last = Math.min(state.acceptedHeight, first + RESENT_MAX - 1);
  for (let height = first; height <= last; height++) {
    const own = state.voted.get(height);
    if (own?.view !== state.view) break;
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

/** PBFT-STATUS-6: the highest checkpoint certificate, and the own line of the executed height that lacks one. */
function missingCheckpoint(state: ReplicaState, status: Status): Message[] {
  const { certificate, certifiedHeight, lines } = state.checkpoints;
  const messages: Message[] = [];
  if (certificate !== undefined && certificate.height > status.certifiedHeight) {
    messages.push({ type: 'checkpointCertified', certificate });
  }
  const self = state.config.self;
  const uncertified = Math.max(certifiedHeight, status.certifiedHeight) < state.executedHeight;
  const line = self === undefined ? undefined : lines.find(state.executedHeight, self);
  if (uncertified && line !== undefined) messages.push(line);
  return messages;
}
