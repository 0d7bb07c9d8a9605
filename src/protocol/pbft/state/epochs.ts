/** Which validators a height belongs to, as far as this replica knows, and where the present epoch ends. */
import type { Height, PeerIndex, ValidatorIndex } from '../../primitives/identifiers.js';
import { quorumSize } from '../../primitives/quorum.js';
import type { EpochSeats } from '../epoch-seats.js';
import { LACKED_ENDS_MAX } from '../message.js';
import type { KeptEnd, ReplicaState } from './replica-state.js';

/** Last height of the present epoch; Infinity while no change is scheduled (PBFT-EPOCH-2). */
export function lastHeight({ pending }: ReplicaState): Height {
  return pending === undefined ? Infinity : pending.firstHeight - 1;
}

/** The validators of a height; beyond what is scheduled, those that are known last. `undefined` for one that is forgotten. */
export function seatsAt(state: ReplicaState, height: Height): EpochSeats | undefined {
  const { pending, seats, ended } = state;
  if (pending !== undefined && height >= pending.firstHeight) return pending;
  if (height >= seats.firstHeight) return seats;
  return ended.findLast((end) => height >= end.seats.firstHeight)?.seats;
}

/** Q of the validators of a height. */
export function quorumAt(state: ReplicaState, height: Height): number {
  return quorumSize((seatsAt(state, height) ?? state.seats).validators.length);
}

/** The place of a peer in the present epoch. */
export function seatOf({ seats }: ReplicaState, peer: PeerIndex): ValidatorIndex | undefined {
  const place = seats.peers.indexOf(peer);
  return place < 0 ? undefined : place;
}

/** The peer at a place of the present epoch. */
export function peerAt({ seats }: ReplicaState, place: ValidatorIndex): PeerIndex {
  return seats.peers[place] ?? -1;
}

/** Own peer index; `undefined` without a place in the present epoch. */
export function ownPeer({ seats }: ReplicaState): PeerIndex | undefined {
  return seats.self === undefined ? undefined : seats.peers[seats.self];
}

/** The epoch that ended at `height`. */
export function endAt({ ended }: ReplicaState, height: Height): KeptEnd | undefined {
  return ended.findLast((end) => end.header.height === height);
}

/** Ends whose checkpoint certificate is not known here, the oldest of them (PBFT-EPOCH-4). */
export function lackedEnds({ ended }: ReplicaState): readonly Height[] {
  return ended
    .filter(({ checkpoint }) => checkpoint === undefined)
    .slice(0, LACKED_ENDS_MAX)
    .map(({ header }) => header.height);
}

/** PBFT-EPOCH-3: nothing is proposed or voted for at the first height of an epoch before the last one of the epoch before is certified here. */
export function isBarrierOpen({ seats, ended }: ReplicaState, height: Height): boolean {
  if (height !== seats.firstHeight || seats.epoch === 0) return true;
  return ended.at(-1)?.checkpoint !== undefined;
}
