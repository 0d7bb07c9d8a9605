/** What a set of runs must contain before its silence means anything. */
import type { RunSummary } from '../run-summary.js';

/** Each of these must happen at least so often in a thousand runs. */
export const COVERAGE_GOALS: Readonly<Record<string, number>> = {
  'compared with a restart': 10_000,
  crash: 2_000,
  'crash while active': 1_000,
  'crash while changing': 300,
  'database set back': 5,
  'lost prepared': 20,
  'lost locked': 20,
  'lost committed': 10,
  'lost checkpointSigned': 10,
  'lost viewLeft': 20,
  'lost viewEntered': 20,
  'received prePrepare': 10_000,
  'received vote': 100_000,
  'received status': 100_000,
  'received decided': 1_000,
  'received fetchBlock': 1_000,
  'received blockReply': 1_000,
  'received checkpointVote': 10_000,
  'received checkpointCertified': 1_000,
  'received suspect': 10_000,
  'received viewChange': 10_000,
  'received newView': 5_000,
  'received echo': 5_000,
  'received evidence': 500,
  'committed before prepared': 1_000,
  'left an accepted chain': 1_000,
  'learnt a commit while changing': 100,
  proposalRefused: 20,
  'caught up': 200,
  synced: 50,
  quarantined: 10,
  'amnesia noticed': 20,
  'evidence conflictingVotes': 500,
  'evidence conflictingCheckpoints': 100,
  'evidence concealedCommit': 100,
  'suspected: progress': 1_000,
  'suspected: silence': 50,
  'suspected: refusal': 5,
  'suspected: equivocation': 50,
  'suspected: rotation': 200,
  'suspected: followed': 500,
  epochBegun: 1_000,
  'began an epoch with a voice': 500,
  'began an epoch without a voice': 200,
  retired: 100,
  'lost endCertified': 1,
  'view begins with blocks': 1_000,
  'view begins with blocks of two views': 10,
  'view leaves a tip behind': 200,
};

/** Goals that the runs miss, in words; fewer than a thousand runs owe their share. */
export function missedGoals({ seeds, coverage }: RunSummary): readonly string[] {
  const share = Math.min(1, seeds / 1_000);
  return Object.entries(COVERAGE_GOALS)
    .filter(([thing, goal]) => (coverage[thing] ?? 0) < Math.floor(goal * share))
    .map(([thing, goal]) => `${thing}: ${coverage[thing] ?? 0} times, ${Math.floor(goal * share)} wanted`);
}
