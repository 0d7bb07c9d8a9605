/** What this node knows of each validator, itself included: the table of the status page. */
import type { Genesis } from '../../protocol/ledger/genesis.js';
import type { ReplicaView } from '../../protocol/pbft/replica-report.js';
import type { OrganisationName, TimestampMs, ValidatorIndex } from '../../protocol/primitives/identifiers.js';
import type { Clock } from '../ports.js';
import type { LastVote, ValidatorStatus } from '../use-cases.js';
import type { Chronicle } from './chronicle.js';
import type { PeerStatuses, VoteSeen } from './peer-statuses.js';

export interface ValidatorSources {
  readonly genesis: Genesis;
  /** Own place in the validator set; an observer has none, and its organisation's validator is a peer like the others. */
  readonly member: ValidatorIndex | undefined;
  readonly peers: PeerStatuses;
  readonly chronicle: Chronicle;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly silenceTimeoutMs: number;
}

export function readValidators(sources: ValidatorSources, own: ReplicaView): readonly ValidatorStatus[] {
  const nowMs = sources.clock.wallMs();
  return sources.genesis.validators.map(({ organisation }, index) =>
    index === sources.member
      ? describeSelf(organisation, sources.chronicle, own, nowMs)
      : { organisation, ...describePeer(sources, index, nowMs) },
  );
}

/** Who counts towards the quorum, and who is there: cheap enough to be asked at every tick. */
export function readPresence(
  { genesis, member, peers }: Pick<ValidatorSources, 'genesis' | 'member' | 'peers'>,
  { standing }: Pick<ReplicaView, 'standing'>,
): readonly { readonly reachable: boolean; readonly voting: boolean }[] {
  return genesis.validators.map((_, index) =>
    index === member
      ? { reachable: true, voting: standing === 'voting' }
      : { reachable: peers.isConnected(index), voting: peers.isVoting(index) },
  );
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
  index: ValidatorIndex,
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
