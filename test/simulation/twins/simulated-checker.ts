/** The proposal checker's twin: known transactions, each once in the chain, and the lagged root. */
import { ZERO_DIGEST } from '../../../src/protocol/primitives/identifiers.js';
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
  const { governance } = ledger;
  if (header.validatorsDigest !== governance.termsAt(header.height).digest) return 'other validators';
  const { pending } = governance;
  const next = pending?.firstHeight === header.height + 1 ? pending.digest : undefined;
  if (header.epochFinal !== (next !== undefined)) return 'another end of the epoch';
  if (header.nextValidatorsDigest !== (next ?? ZERO_DIGEST)) return 'other next validators';
  const lagged = Math.max(0, header.height - cluster.options.pipelineDepth);
  return header.resultRoot === ledger.rootAt(lagged) ? undefined : 'another result root';
}
