/** What is wrong with the primary, or with the change to another one. */
import type { SuspicionReason } from '../../../protocol/pbft/effect.js';
import { faultsMax } from '../../../protocol/primitives/quorum.js';
import type { NodeSnapshot } from '../node-snapshot.js';
import {
  countOf,
  findValidator,
  hindranceOf,
  isOwn,
  listOf,
  missingFrom,
  momentOf,
  primaryLabel,
} from './wording.js';

/** Transactions that wait for a proposal for less than this may still be on their way to the primary. */
const UNPROPOSED_SHOWN_AFTER_MS = 2_000;

const REASON_WORDS: { readonly [Reason in SuspicionReason]: string } = {
  progress: 'nothing was committed although there is work',
  silence: 'it said nothing',
  refusal: 'it proposed what must be refused',
  equivocation: 'it signed two proposals for one height',
  censorship: 'it leaves out a transaction',
  rotation: 'its turn is over',
  followed: 'others want another one',
};

/** PBFT-VIEW-6: the new primary begins with a quorum of view changes, not before. */
export function changingView(snapshot: NodeSnapshot): string | undefined {
  const { report, phaseSinceMs } = snapshot;
  const { phase, view, viewChange, quorum, primary } = report;
  if (phase !== 'changing') return undefined;
  const head = `no progress: changing to view ${view} since ${momentOf(phaseSinceMs)}`;
  const held = viewChange.held.length;
  const newPrimary = findValidator(snapshot, primary);
  const hindrance = newPrimary === undefined ? undefined : hindranceOf(newPrimary, snapshot);
  const hindered = hindrance === undefined ? '' : ` (${hindrance})`;
  if (held < quorum.needed) {
    const lacking = `${held} of ${quorum.needed} view changes held, missing from ${missingFrom(snapshot, viewChange.held)}`;
    return `${head}: ${lacking}; its primary is ${newPrimary?.self === true ? 'this node' : `${primary}${hindered}`}`;
  }
  const all = `${countOf(held, 'view change')} held, enough`;
  if (newPrimary?.self === true) return `${head}: ${all}; this node is its primary and begins it`;
  return `${head}: ${all}; the new primary ${primary}${hindered} has not begun it`;
}

export function primarySilent(snapshot: NodeSnapshot): string | undefined {
  const { report } = snapshot;
  const primary = findValidator(snapshot, report.primary);
  if (primary === undefined || primary.self) return undefined;
  if (!primary.reachable)
    return `no progress: the primary ${report.primary} ${hindranceOf(primary, snapshot)}`;
  if (!primary.voting)
    return `no progress: the primary ${report.primary} does not vote (${primary.standing})`;
  if (primary.silentSinceMs === undefined) return undefined;
  return `no progress: the primary ${report.primary} is reachable and silent since ${momentOf(primary.silentSinceMs)}`;
}

/** The primary has work and proposes nothing, as far as can be seen from here. */
export function nothingProposed(snapshot: NodeSnapshot): string | undefined {
  const { report, unproposedSinceMs, nowMs, primaryWord, pipelineDepth } = snapshot;
  const { transactions } = report.mempool;
  const isUnderWay = report.inFlight.some(({ stage }) => stage !== 'committed');
  if (transactions === 0 || isUnderWay || nowMs - unproposedSinceMs <= UNPROPOSED_SHOWN_AFTER_MS)
    return undefined;
  const verb = transactions === 1 ? 'waits' : 'wait';
  const waiting = `no progress: ${countOf(transactions, 'transaction')} ${verb} and ${primaryLabel(snapshot)} has proposed nothing for ${Math.floor((nowMs - unproposedSinceMs) / 1_000)} s`;
  if (primaryWord === undefined || isOwn(snapshot, report.primary)) return waiting;
  const { acceptedHeight, height, mempoolTransactions } = primaryWord;
  if (acceptedHeight - height >= pipelineDepth)
    return `${waiting}: it waits for its own execution, which stands at height ${height} of ${acceptedHeight}`;
  return mempoolTransactions === 0 ? `${waiting}: it knows of none` : waiting;
}

function suspects({ report }: NodeSnapshot): string {
  const { quorum, viewChange } = report;
  return `${viewChange.suspectedBy.length} of ${quorum.needed} validators that it takes want another primary than ${report.primary}: ${listOf(viewChange.suspectedBy)}`;
}

/** f + 1 of them are enough to be joined by everybody; fewer are a private opinion, unless it is ours. */
function isSuspected({ report, suspicion }: NodeSnapshot): boolean {
  const count = report.viewChange.suspectedBy.length;
  return count > 0 && (suspicion !== undefined || count > faultsMax(report.quorum.validators));
}

/** With the cause that a rule has found: who wants to change the primary for it. */
export function withSuspects(cause: string, snapshot: NodeSnapshot): string {
  return isSuspected(snapshot) ? `${cause}; ${suspects(snapshot)}` : cause;
}

/** When nothing else was found: the suspicion itself, with the own reason. */
export function primarySuspected(snapshot: NodeSnapshot): string | undefined {
  if (!isSuspected(snapshot)) return undefined;
  const { suspicion } = snapshot;
  if (suspicion === undefined) return suspects(snapshot);
  return `${suspects(snapshot)}; this node since ${momentOf(suspicion.sinceMs)}, because ${REASON_WORDS[suspicion.reason]}`;
}
