/** What the next height waits for: its time, its acceptance, its votes, its countersignatures. */
import type { InFlightHeight, ValidatorStatus } from '../../use-cases.js';
import type { NodeSnapshot } from '../node-snapshot.js';
import { findValidator, listOf, missingFrom, momentOf, primaryLabel } from './wording.js';

/** Votes that are younger than this are still on their way. */
const VOTES_SHOWN_AFTER_MS = 1_000;
/** Lines under a checkpoint follow the database of a quorum. */
const LINES_SHOWN_AFTER_MS = 2_000;

function offsetWords(offsetMs: number): string {
  const ahead = Math.round(offsetMs);
  return `${Math.abs(ahead)} ms ${ahead >= 0 ? 'ahead of' : 'behind'}`;
}

/** PBFT-TIME-2: from a clock ahead; when most clocks are ahead alike, it is the own one that is behind. */
export function proposalEarly(snapshot: NodeSnapshot): string | undefined {
  const { report, early, clockDriftMs } = snapshot;
  if (early === undefined) return undefined;
  const head = `no progress here: the proposal of height ${early.height} is held, its time lies ${Math.round(early.aheadMs)} ms ahead of the clock of this node and ${clockDriftMs} ms are allowed`;
  const peers = report.validators.filter(({ self }) => !self);
  const ahead = peers.filter(({ clockOffsetMs = 0 }) => clockOffsetMs > clockDriftMs);
  if (ahead.length > 1 && 2 * ahead.length > peers.length)
    return `${head}: the clock of this node is behind those of ${listOf(ahead.map(({ organisation }) => organisation))}`;
  const offset = findValidator(snapshot, report.primary)?.clockOffsetMs;
  const measured = offset === undefined ? '' : `, whose clock is ${offsetWords(offset)} it`;
  return `${head}: it comes from ${primaryLabel(snapshot)}${measured}`;
}

/** PBFT-PROPOSE-4, PBFT-TIME-3. */
export function proposalRefused(snapshot: NodeSnapshot): string | undefined {
  const { report, refusal, clockDriftMs } = snapshot;
  if (refusal === undefined) return undefined;
  const reason = refusal.reason === undefined ? '' : `: ${refusal.reason}`;
  const offset = findValidator(snapshot, report.primary)?.clockOffsetMs ?? 0;
  const clock =
    Math.abs(offset) > clockDriftMs ? `; its clock is ${offsetWords(offset)} that of this node` : '';
  return `no progress here: the proposal of height ${refusal.height} by ${primaryLabel(snapshot)} was refused${reason}${clock}`;
}

/** The lowest accepted height holds all others back (PBFT-PREPARE-1). */
export function votesMissing(snapshot: NodeSnapshot): string | undefined {
  const { report, committedHeight, firstAcceptedSinceMs, nowMs } = snapshot;
  if (nowMs - firstAcceptedSinceMs <= VOTES_SHOWN_AFTER_MS) return undefined;
  const first = report.inFlight.find(({ height }) => height === committedHeight + 1);
  if (first?.stage !== 'accepted' && first?.stage !== 'prepared') return undefined;
  const { needed } = report.quorum;
  const [name, votes] =
    first.stage === 'accepted'
      ? (['PREPARE', first.prepares] as const)
      : (['COMMIT', first.commits] as const);
  const head = `no progress: height ${first.height}`;
  const since = `since ${momentOf(firstAcceptedSinceMs)}`;
  if (votes.length >= needed)
    return `${head} has ${name}s of ${votes.length} validators here, and not ${needed} for one block, in flight ${since}`;
  return `${head} has ${votes.length} of ${needed} ${name}s here, in flight ${since}: missing from ${missingFrom(snapshot, votes)}`;
}

/** Others go on with a height of which this node lacks the proposal, its block or its parent. */
export function blockMissing(snapshot: NodeSnapshot): string | undefined {
  const { report, acceptedHeight, pipelineDepth, check, nowMs } = snapshot;
  const next = report.inFlight.find(({ stage }) => stage === 'awaited' || stage === 'proposed');
  if (next === undefined || check?.height === next.height) return undefined;
  if (acceptedHeight >= report.height + pipelineDepth) return undefined;
  const voters = votersOf(next, report.validators);
  const youngestMs = Math.min(...voters.map(({ lastVote }) => lastVote?.ageMs ?? 0));
  if (voters.length === 0 || youngestMs <= VOTES_SHOWN_AFTER_MS) return undefined;
  const voted = `${listOf(voters.map(({ organisation }) => organisation))} voted for height ${next.height}, the last at ${momentOf(nowMs - youngestMs)}`;
  return next.stage === 'awaited'
    ? `no progress here: ${voted}, and its proposal has not come to this node`
    : `no progress here: ${voted}, and this node still lacks its block or the one before`;
}

function votersOf(
  { prepares, commits }: InFlightHeight,
  validators: readonly ValidatorStatus[],
): readonly ValidatorStatus[] {
  return validators.filter(
    ({ organisation, self }) => !self && (prepares.includes(organisation) || commits.includes(organisation)),
  );
}

/** PBFT-CHECKPOINT-2: executed here, and without a quorum of lines for long. */
export function linesMissing(snapshot: NodeSnapshot): string | undefined {
  const { report, uncertifiedSinceMs, nowMs } = snapshot;
  const { height, certifiedHeight, quorum, validators } = report;
  if (height <= certifiedHeight || nowMs - uncertifiedSinceMs <= LINES_SHOWN_AFTER_MS) return undefined;
  const head = `height ${height} is executed and not countersigned by ${quorum.needed} validators since ${momentOf(uncertifiedSinceMs)} (countersigned up to ${certifiedHeight})`;
  const done = validators.filter((validator) => validator.voting && (validator.height ?? 0) >= height);
  if (done.length >= quorum.needed)
    return `${head}: ${done.length} have executed it, so their results differ or lines were lost`;
  return `${head}: not executed yet, as far as told, by ${missingFrom(
    snapshot,
    done.map(({ organisation }) => organisation),
  )}`;
}
