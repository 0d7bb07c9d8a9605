/** What this node knows of each validator, itself included: the table of the status page. */
import type { ValidatorSet } from '../../protocol/ledger/validator-set.js';
import type { ReplicaView } from '../../protocol/pbft/replica-report.js';
import type { OrganisationName, PeerIndex, TimestampMs } from '../../protocol/primitives/identifiers.js';
import { invariant } from '../../protocol/primitives/invariant.js';
import type { EpochHistory } from '../epochs/epoch-history.js';
import type { Roster } from '../members/roster.js';
import type { Clock } from '../ports.js';
import type { LastVote, NodeStatusReport, ValidatorStatus } from '../use-cases.js';
import type { Chronicle } from './chronicle.js';
import type { PeerStatuses, VoteSeen } from './peer-statuses.js';

export interface ValidatorSources {
  readonly epochs: Pick<EpochHistory, 'termsOf'>;
  readonly roster: Pick<Roster, 'peerOf' | 'organisationOf'>;
  /** Own organisation; `undefined` for an observer, whose organisation's node is a peer like the others. */
  readonly member: OrganisationName | undefined;
  readonly peers: PeerStatuses;
  readonly chronicle: Chronicle;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly silenceTimeoutMs: number;
}

export function readValidators(sources: ValidatorSources, own: ReplicaView): readonly ValidatorStatus[] {
  const nowMs = sources.clock.wallMs();
  return validatorsOf(sources, own).map(({ organisation }) =>
    organisation === sources.member
      ? describeSelf(organisation, sources.chronicle, own, nowMs)
      : { organisation, ...describePeer(sources, peerOf(sources, organisation), nowMs) },
  );
}

/** Who counts towards the quorum, and who is there: cheap enough to be asked at every tick. */
export function readPresence(
  sources: Pick<ValidatorSources, 'epochs' | 'roster' | 'member' | 'peers'>,
  own: Pick<ReplicaView, 'epoch' | 'standing'>,
): readonly { readonly reachable: boolean; readonly voting: boolean }[] {
  const { member, peers } = sources;
  return validatorsOf(sources, own).map(({ organisation }) => {
    if (organisation === member) return { reachable: true, voting: own.standing === 'voting' };
    const peer = peerOf(sources, organisation);
    return { reachable: peers.isConnected(peer), voting: peers.isVoting(peer) };
  });
}

/** Those of the epoch that the replica is in. */
export function validatorsOf(
  { epochs }: Pick<ValidatorSources, 'epochs'>,
  { epoch }: Pick<ReplicaView, 'epoch'>,
): ValidatorSet {
  const terms = epochs.termsOf(epoch);
  invariant(terms !== undefined, `the replica is in epoch ${epoch}, which this ledger does not have`);
  return terms.validators;
}

/** A member's node is a validator's while its organisation has a place. */
export function roleIn(
  sources: Pick<ValidatorSources, 'epochs' | 'member'>,
  own: Pick<ReplicaView, 'epoch'>,
): NodeStatusReport['role'] {
  if (sources.member === undefined) return 'observer';
  const isValidator = validatorsOf(sources, own).some(({ organisation }) => organisation === sources.member);
  return isValidator ? 'validator' : 'member';
}

export function peerOf(
  { roster }: Pick<ValidatorSources, 'roster'>,
  organisation: OrganisationName,
): PeerIndex {
  const peer = roster.peerOf(organisation);
  invariant(peer !== undefined, `validator ${organisation} is no organisation of this ledger`);
  return peer;
}

function describeSelf(
  organisation: OrganisationName,
  chronicle: Chronicle,
  { standing, view, phase, executedHeight }: ReplicaView,
  nowMs: TimestampMs,
): ValidatorStatus {
  return {
    organisation,
    self: true,
    reachable: true,
    voting: standing === 'voting',
    reachableSinceMs: chronicle.startedAtMs,
    unreachableSinceMs: undefined,
    silentSinceMs: undefined,
    standing,
    view,
    phase,
    height: executedHeight,
    lastVote: aged(chronicle.lastVote, nowMs),
    lastVoteHeight: chronicle.lastVote?.height,
    clockOffsetMs: 0,
  };
}

function describePeer(
  { peers, silenceTimeoutMs }: ValidatorSources,
  index: PeerIndex,
  nowMs: TimestampMs,
): Omit<ValidatorStatus, 'organisation'> {
  const reachable = peers.isConnected(index);
  const changedAtMs = peers.changedAtMs(index);
  const heardAtMs = peers.heardAtMs(index) ?? nowMs;
  const word = peers.wordOf(index);
  const vote = peers.lastVoteOf(index);
  return {
    self: false,
    reachable,
    voting: peers.isVoting(index),
    reachableSinceMs: reachable ? changedAtMs : undefined,
    unreachableSinceMs: reachable ? undefined : changedAtMs,
    silentSinceMs: reachable && nowMs - heardAtMs > silenceTimeoutMs ? heardAtMs : undefined,
    standing: word?.standing,
    view: word?.view,
    phase: word?.phase,
    height: word?.height,
    lastVote: aged(vote, nowMs),
    lastVoteHeight: vote?.height,
    clockOffsetMs: word?.clockOffsetMs,
  };
}

function aged(vote: VoteSeen | undefined, nowMs: TimestampMs): LastVote | undefined {
  if (vote === undefined) return undefined;
  const { kind, view, height, atMs } = vote;
  return { kind, view, height, ageMs: Math.max(0, nowMs - atMs) };
}
