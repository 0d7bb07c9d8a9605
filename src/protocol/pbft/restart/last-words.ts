/** The newest thing of each kind that was heard under each key, own words included: what an echo is made of. */
import type { Echo, Vote } from '../message.js';
import type { PeerIndex } from '../../primitives/identifiers.js';
import { seatOf } from '../state/epochs.js';
import type { ReplicaState } from '../state/replica-state.js';
import type { ViewChange } from '../view-change.js';

function isNewer(vote: Vote, known: Vote | undefined): boolean {
  if (known === undefined || vote.view > known.view) return true;
  return vote.view === known.view && vote.height > known.height;
}

export function rememberVote(state: ReplicaState, vote: Vote): void {
  const words = state.lastWords[vote.signer];
  if (words !== undefined && isNewer(vote, words[vote.kind])) words[vote.kind] = vote;
}

export function rememberChange(state: ReplicaState, change: ViewChange): void {
  const words = state.lastWords[change.signer];
  if (words !== undefined && change.view > (words.change?.view ?? 0)) words.change = change;
}

/** PBFT-RECOVER-4: for a peer that has started anew; empty when nothing was heard of it. */
export function createEcho(state: ReplicaState, peer: PeerIndex): Echo {
  const words = state.lastWords[seatOf(state, peer) ?? -1];
  const votes = [words?.prepare, words?.commit].filter((vote) => vote !== undefined);
  return { type: 'echo', epoch: state.epoch, votes, change: words?.change };
}
