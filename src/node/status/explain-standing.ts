/**
 * The one sentence of the status page: what this node waits for, named. A list of small rules over one snapshot, the
 * gravest first; the first that applies speaks. What stands on a quorum comes after the quorum, what stands on a primary
 * after the primary, so that a consequence is never told for its cause.
 */
import { describeVoice, type Voice } from '../epochs/voice.js';
import { blockMissing, linesMissing, proposalEarly, proposalRefused, votesMissing } from './causes/height.js';
import {
  baseMissing,
  catchingUp,
  checkingProposal,
  executionBehind,
  ownProblem,
  waking,
} from './causes/own-node.js';
import { quorumLost } from './causes/quorum.js';
import {
  changingView,
  nothingProposed,
  primarySilent,
  primarySuspected,
  withSuspects,
} from './causes/view.js';
import type { Rule } from './causes/wording.js';
import { countOf } from './causes/wording.js';
import type { NodeSnapshot } from './node-snapshot.js';

/** What holds a voter back in an active view, and with it the ledger; whoever wants another primary is named beside it. */
const HINDRANCES: readonly Rule[] = [
  primarySilent,
  proposalEarly,
  proposalRefused,
  executionBehind,
  votesMissing,
  checkingProposal,
  blockMissing,
  nothingProposed,
];

function hindered(snapshot: NodeSnapshot): string | undefined {
  for (const rule of HINDRANCES) {
    const cause = rule(snapshot);
    if (cause !== undefined) return withSuspects(cause, snapshot);
  }
  return primarySuspected(snapshot);
}

/** A node without a vote accepts nothing and is not told everything: it does not judge what the voters wait for. */
function asVoter(rule: Rule): Rule {
  return (snapshot) => (snapshot.report.standing === 'voting' ? rule(snapshot) : undefined);
}

const UNNAMED: ReadonlySet<Voice['kind']> = new Set(['stranger', 'removed', 'otherKey']);

/** Nobody lets in whom the ledger does not name; who is missing here is no news of the others. */
function unnamed(snapshot: NodeSnapshot): string | undefined {
  const kind = snapshot.voice?.kind;
  return kind !== undefined && UNNAMED.has(kind) ? following(snapshot) : undefined;
}

/** No stall: a node that is not meant to vote in this epoch. */
function following({ report, voice }: NodeSnapshot): string | undefined {
  if (report.standing !== 'observing') return undefined;
  const head = `this node follows at height ${report.height} without a vote`;
  if (voice === undefined || voice.kind === 'validator') return head;
  return `${head}: ${describeVoice(voice, report.organisation)}`;
}

const RULES: readonly Rule[] = [
  ownProblem,
  waking,
  unnamed,
  quorumLost,
  catchingUp,
  asVoter(changingView),
  baseMissing,
  asVoter(hindered),
  executionBehind,
  linesMissing,
  following,
];

/** Always one sentence; without a rule that applies nothing waits, or what waits is on its way. */
export function explainStanding(snapshot: NodeSnapshot): string {
  for (const rule of RULES) {
    const cause = rule(snapshot);
    if (cause !== undefined) return cause;
  }
  const { inFlight, mempool } = snapshot.report;
  if (mempool.transactions === 0 && inFlight.length === 0) return 'idle: no transaction is waiting';
  const highest = inFlight.at(-1)?.height;
  const blocks = highest === undefined ? 'no block in flight yet' : `blocks up to ${highest} in flight`;
  return `in progress: ${countOf(mempool.transactions, 'transaction')} waiting, ${blocks}`;
}
