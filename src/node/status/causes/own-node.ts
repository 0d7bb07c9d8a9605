/** What is wrong with this node alone: the others may well go on. */
import type { NodeSnapshot } from '../node-snapshot.js';
import { countOf, listOf, momentOf, silenceOf } from './wording.js';

/** A block that waits for its execution, or a proposal for its check, for less than this is on its way. */
const SHOWN_AFTER_MS = 1_000;

/** Starting, halted, quarantined, without its database without room for its votes or without its signer; the gravest comes first on the board. */
export function ownProblem({ problem }: NodeSnapshot): string | undefined {
  if (problem === undefined) return undefined;
  const since = problem.sinceMs === undefined ? '' : ` since ${momentOf(problem.sinceMs)}`;
  switch (problem.cause) {
    case 'starting':
      return problem.detail;
    case 'halted':
      return `this node has halted${since}: ${problem.detail}`;
    case 'quarantined':
      return `this node is quarantined${since} and votes no more: ${problem.detail}`;
    case 'databaseUnavailable':
      return `no progress here${since}: ${problem.detail}`;
    case 'journalStalled':
    case 'signerUnavailable':
      return `no progress here${since}, this node cannot vote: ${problem.detail}`;
    case 'quorumUnreachable':
      return undefined;
  }
}

/** PBFT-RECOVER-3: nothing is signed before the own last words are known, nor before the database is what it was. */
export function waking(snapshot: NodeSnapshot): string | undefined {
  const { report, echoedBy, echoesNeeded, knownHeight, startedAtMs } = snapshot;
  if (report.standing !== 'waking') return undefined;
  const head = `this node is waking since ${momentOf(startedAtMs)} and does not vote yet`;
  const lacking = echoesNeeded - echoedBy.length;
  if (lacking > 0) {
    const answered = echoedBy.length === 0 ? 'nobody has answered' : `${listOf(echoedBy)} answered`;
    const silent = silenceOf(report.validators.filter(({ reachable }) => !reachable));
    const waits = `it waits for the echo of its own last words from ${lacking} more ${lacking === 1 ? 'peer' : 'peers'}, ${answered}`;
    return `${head}: ${[waits, ...silent].join('; ')}`;
  }
  if (report.height >= knownHeight) return undefined;
  return `${head}: its database was set back to height ${report.height} and has to reach height ${knownHeight} again`;
}

export function catchingUp({ report: { catchUp } }: NodeSnapshot): string | undefined {
  if (catchUp === undefined) return undefined;
  const { at, target, blocksPerSecond: rate, from } = catchUp;
  const speed =
    rate === undefined ? '' : `, ${rate >= 10 ? Math.round(rate) : rate.toFixed(1)} blocks a second`;
  return `catching up: at height ${at} of ${target}${speed}, ${from === undefined ? 'nobody to fetch from' : `from ${from}`}`;
}

/** Committed blocks wait for this node's own execution, which is the pace of its database. */
export function executionBehind(snapshot: NodeSnapshot): string | undefined {
  const { report, committedHeight, executionSinceMs, nowMs } = snapshot;
  if (committedHeight <= report.height || nowMs - executionSinceMs <= SHOWN_AFTER_MS) return undefined;
  return `no progress here: blocks up to ${committedHeight} are committed and wait for the execution of this node, which stands at height ${report.height} since ${momentOf(executionSinceMs)}`;
}

/** The answer to "may this be voted for" is slow; it needs the database. */
export function checkingProposal({ report, check, early, nowMs }: NodeSnapshot): string | undefined {
  if (check === undefined || early !== undefined || nowMs - check.sinceMs <= SHOWN_AFTER_MS) return undefined;
  const isOpen = report.inFlight.some(({ height, stage }) => height === check.height && stage === 'proposed');
  if (!isOpen) return undefined;
  return `no progress here: the proposal of height ${check.height} is being checked since ${momentOf(check.sinceMs)}`;
}

/** PBFT-VIEW-6: nothing is accepted in a view before the height that it stands on. */
export function baseMissing(snapshot: NodeSnapshot): string | undefined {
  const { report, baseHeight, committedHeight, phaseSinceMs, nowMs } = snapshot;
  if (baseHeight <= committedHeight || nowMs - phaseSinceMs <= SHOWN_AFTER_MS) return undefined;
  return `no progress here: view ${report.view} stands on height ${baseHeight}, and this node has committed ${committedHeight}: it lacks ${countOf(baseHeight - committedHeight, 'block')} since ${momentOf(phaseSinceMs)}`;
}
