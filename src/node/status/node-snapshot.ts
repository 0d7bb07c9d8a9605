/**
 * Everything that the sentence of the status page is made of, at one moment: the page itself, and what only the sentence
 * needs. Taken on request, never at a tick; bounded by validators times heights in flight.
 */
import type { ValidatorSet } from '../../protocol/ledger/validator-set.js';
import type { SuspicionReason } from '../../protocol/pbft/effect.js';
import type { Replica } from '../../protocol/pbft/replica.js';
import type { HeightInFlight, ReplicaReport } from '../../protocol/pbft/replica-report.js';
import type {
  Height,
  OrganisationName,
  TimestampMs,
  ValidatorIndex,
} from '../../protocol/primitives/identifiers.js';
import { quorumSize } from '../../protocol/primitives/quorum.js';
import type { ScrubReport } from '../audit/scrub.js';
import type { BlockFetcher } from '../catch-up/block-fetcher.js';
import type { EpochHistory } from '../epochs/epoch-history.js';
import type { Roster } from '../members/roster.js';
import type { Voice } from '../epochs/voice.js';
import type { Mempool } from '../mempool/mempool.js';
import type { Clock } from '../ports.js';
import type { CatchUpStatus, InFlightHeight, NodeStatusReport, QuorumStatus } from '../use-cases.js';
import type { Chronicle, OpenCheck, Refusal } from './chronicle.js';
import type { HealthBoard, HealthProblem } from './health-board.js';
import type { PeerStatuses, PeerWord } from './peer-statuses.js';
import { peerOf, readValidators, roleIn, validatorsOf } from './read-validators.js';

export interface NodeSnapshot {
  readonly report: Omit<NodeStatusReport, 'cause'>;
  /** What voice the organisation has, not regarding a quarantine; `undefined` for an observer. */
  readonly voice: Voice | undefined;
  readonly nowMs: TimestampMs;
  readonly problem: HealthProblem | undefined;
  readonly startedAtMs: TimestampMs;
  readonly phaseSinceMs: TimestampMs;
  readonly committedHeight: Height;
  readonly acceptedHeight: Height;
  /** Height that the view stands on; above the committed one while that is still being fetched. */
  readonly baseHeight: Height;
  readonly pipelineDepth: number;
  readonly clockDriftMs: number;
  /** While waking: whose echo has come, how many are needed, and up to where the database has to come. */
  readonly echoedBy: readonly OrganisationName[];
  readonly echoesNeeded: number;
  readonly knownHeight: Height;
  readonly suspicion: { readonly reason: SuspicionReason; readonly sinceMs: TimestampMs } | undefined;
  readonly early: { readonly height: Height; readonly aheadMs: number } | undefined;
  /** The next proposal, when it was refused. */
  readonly refusal: Pick<Refusal, 'height' | 'reason'> | undefined;
  /** The next proposal, while the node judges it. */
  readonly check: OpenCheck | undefined;
  /** Since when the first accepted height is accepted. */
  readonly firstAcceptedSinceMs: TimestampMs;
  readonly executionSinceMs: TimestampMs;
  readonly uncertifiedSinceMs: TimestampMs;
  /** Since when the primary could have proposed what waits here; meaningless while nothing waits. */
  readonly unproposedSinceMs: TimestampMs;
  /** What the primary last told of itself; `undefined` when it is this node. */
  readonly primaryWord: PeerWord | undefined;
}

export interface SnapshotSources {
  readonly epochs: Pick<EpochHistory, 'termsAt' | 'termsOf' | 'pipelineDepth'>;
  readonly roster: Pick<Roster, 'peerOf' | 'organisationOf'>;
  readonly organisation: OrganisationName;
  /** The same, with or without a vote; `undefined` for an observer. */
  readonly member: OrganisationName | undefined;
  /** `undefined` for an observer. */
  readonly voice: (own: Pick<ReplicaReport, 'epoch' | 'isLeaving'>) => Voice | undefined;
  readonly replica: Pick<Replica, 'view' | 'report'>;
  readonly peers: PeerStatuses;
  readonly mempool: Pick<Mempool, 'size' | 'bytes' | 'oldestWaitingMs'>;
  readonly fetcher: Pick<BlockFetcher, 'active' | 'targetHeight' | 'source'>;
  readonly health: HealthBoard;
  readonly chronicle: Chronicle;
  /** `undefined` without a scrub. */
  readonly scrub: () => ScrubReport | undefined;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** A reachable validator that has said nothing for so long is called silent. */
  readonly silenceTimeoutMs: number;
}

const NOTHING: ReadonlySet<never> = new Set();

export function takeSnapshot(sources: SnapshotSources): NodeSnapshot {
  const { chronicle, clock, epochs, health, peers, roster } = sources;
  const replica = sources.replica.report();
  const nowMs = clock.wallMs();
  const validators = validatorsOf(sources, replica);
  const primary = validators[replica.primary]?.organisation;
  const next = replica.acceptedHeight + 1;
  const { reason } = replica.suspicion ?? {};
  return {
    report: readReport(sources, replica),
    voice: sources.voice(replica),
    nowMs,
    problem: health.problem(),
    startedAtMs: chronicle.startedAtMs,
    phaseSinceMs: chronicle.phaseSinceMs,
    committedHeight: replica.committedHeight,
    acceptedHeight: replica.acceptedHeight,
    baseHeight: replica.baseHeight,
    pipelineDepth: epochs.pipelineDepth,
    clockDriftMs: epochs.termsAt(next).parameters.clockDriftMs,
    echoedBy: replica.echoedBy.flatMap((peer) => roster.organisationOf(peer) ?? []),
    echoesNeeded: quorumSize(validators.length) - 1,
    knownHeight: replica.knownHeight,
    suspicion: reason === undefined ? undefined : { reason, sinceMs: chronicle.suspectedSinceMs },
    early: replica.early,
    refusal: readRefusal(replica, chronicle),
    check: chronicle.check?.height === next && replica.refusedHeight !== next ? chronicle.check : undefined,
    firstAcceptedSinceMs: chronicle.acceptedSinceMs(replica.committedHeight + 1),
    executionSinceMs: chronicle.executionSinceMs(replica.executedHeight),
    uncertifiedSinceMs: chronicle.uncertifiedSinceMs,
    unproposedSinceMs: Math.max(
      nowMs - sources.mempool.oldestWaitingMs(NOTHING),
      chronicle.acceptedAtMs,
      chronicle.phaseSinceMs,
    ),
    primaryWord: primary === undefined ? undefined : peers.wordOf(peerOf(sources, primary)),
  };
}

function namesIn(
  validators: ValidatorSet,
): (indices: readonly ValidatorIndex[]) => readonly OrganisationName[] {
  return (indices) => validators.filter((_, index) => indices.includes(index)).map(nameOf);
}

function nameOf({ organisation }: { readonly organisation: OrganisationName }): OrganisationName {
  return organisation;
}

function readReport(sources: SnapshotSources, replica: ReplicaReport): Omit<NodeStatusReport, 'cause'> {
  const { organisation, mempool, health, chronicle, scrub } = sources;
  const seats = validatorsOf(sources, replica);
  const validators = readValidators(sources, replica);
  const marked = (marks: readonly boolean[]): readonly OrganisationName[] =>
    seats.filter((_, index) => marks[index] === true).map(nameOf);
  return {
    role: roleIn(sources, replica),
    organisation,
    standing: replica.standing,
    height: replica.executedHeight,
    certifiedHeight: replica.certifiedHeight,
    epoch: replica.epoch,
    view: replica.view,
    phase: replica.phase,
    primary: seats[replica.primary]?.organisation ?? '',
    quorum: countQuorum(validators),
    validators,
    inFlight: readInFlight(replica, marked),
    viewChange: {
      sinceMs: replica.phase === 'changing' ? chronicle.phaseSinceMs : undefined,
      held: marked(replica.viewChanges),
      suspectedBy: namesIn(seats)(replica.suspectedBy),
    },
    catchUp: readCatchUp(sources, replica.executedHeight),
    mempool: { transactions: mempool.size, bytes: mempool.bytes },
    scrub: scrub(),
    health: health.current(),
  };
}

export function countQuorum(
  validators: readonly { readonly reachable: boolean; readonly voting: boolean }[],
): QuorumStatus {
  return {
    needed: quorumSize(validators.length),
    reachable: validators.filter(({ reachable }) => reachable).length,
    present: validators.filter(({ voting }) => voting).length,
    validators: validators.length,
  };
}

/** Heights of which nothing is known in this view are left out: votes of earlier views may lie above them. */
function readInFlight(
  { executedHeight, committedHeight, preparedHeight, inFlight }: ReplicaReport,
  marked: (marks: readonly boolean[]) => readonly OrganisationName[],
): readonly InFlightHeight[] {
  const committed = Array.from({ length: committedHeight - executedHeight }, (_, offset) => {
    return { height: executedHeight + 1 + offset, stage: 'committed', prepares: [], commits: [] } as const;
  });
  const open = inFlight.map((known) => ({
    height: known.height,
    stage: stageOf(known, preparedHeight),
    prepares: marked(known.prepares),
    commits: marked(known.commits),
  }));
  const isKnown = ({ stage, prepares, commits }: InFlightHeight): boolean =>
    stage !== 'awaited' || prepares.length > 0 || commits.length > 0;
  return [...committed, ...open.filter(isKnown)];
}

function stageOf(
  { height, isProposed, isAccepted }: HeightInFlight,
  preparedHeight: Height,
): InFlightHeight['stage'] {
  if (isAccepted) return height <= preparedHeight ? 'prepared' : 'accepted';
  return isProposed ? 'proposed' : 'awaited';
}

function readCatchUp({ fetcher, chronicle, roster }: SnapshotSources, at: Height): CatchUpStatus | undefined {
  if (!fetcher.active) return undefined;
  return {
    at,
    target: fetcher.targetHeight ?? at,
    blocksPerSecond: chronicle.blocksPerSecond(at),
    from: roster.organisationOf(fetcher.source ?? -1),
  };
}

function readRefusal(
  { refusedHeight, view }: ReplicaReport,
  { refusal }: Chronicle,
): NodeSnapshot['refusal'] {
  if (refusedHeight === undefined) return undefined;
  const isThis = refusal?.height === refusedHeight && refusal.view === view;
  return { height: refusedHeight, reason: isThis ? refusal.reason : undefined };
}
