/** The proposal checker's twin: known transactions, each once in the chain, and the lagged root. */
import type { Effect } from '../../../src/protocol/pbft/effect.js';
import type { Cluster } from '../cluster.js';
import { transactionsOf, type SimulatedLedger } from './simulated-ledger.js';

type CheckProposal = Extract<Effect, { type: 'checkProposal' }>;

/** Why the proposal must be refused, or `undefined`. */
export function findProposalProblem(
  { block, ancestors }: CheckProposal,
  ledger: SimulatedLedger,
  cluster: Cluster,
): string | undefined {
  const { header } = block;
  const seen = new Set(ancestors.flatMap(transactionsOf));
  for (const name of transactionsOf(block)) {
    if (!cluster.submitted.has(name)) return `unknown transaction ${name}`;
    if (seen.has(name) || ledger.transactions.has(name)) return `transaction ${name} twice`;
    seen.add(name);
  }
  const lagged = Math.max(0, header.height - cluster.options.pipelineDepth);
  return header.resultRoot === ledger.rootAt(lagged) ? undefined : 'another result root';
}
