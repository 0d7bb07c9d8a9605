/** Too few validators that vote: nothing can be committed anywhere, and nobody else is to blame. */
import type { NodeStatusReport, QuorumStatus, ValidatorStatus } from '../../use-cases.js';
import type { NodeSnapshot } from '../node-snapshot.js';
import { listOf, silenceOf } from './wording.js';

type Role = NodeStatusReport['role'];

/**
 * A validator needs a quorum. Who has no vote needs f + 1 = n − Q + 1 to know that what it shows is not held back: one of so
 * many is correct, and passes on what is decided.
 */
function neededBy(role: Role, { needed, validators }: QuorumStatus): number {
  return role === 'validator' ? needed : validators - needed + 1;
}

export function isQuorumPresent(role: Role, quorum: QuorumStatus): boolean {
  return quorum.present >= neededBy(role, quorum);
}

/** `2 of 4 validators reachable, 3 needed: globex and initech do not answer since …` */
export function describeQuorumLoss(
  role: Role,
  quorum: QuorumStatus,
  validators: readonly ValidatorStatus[],
): string {
  const { reachable, present, validators: count } = quorum;
  const voting = present === reachable ? '' : ` and ${present} of them voting`;
  const missing = [...silenceOf(validators.filter((validator) => !validator.reachable))];
  const voteless = validators.filter((validator) => validator.reachable && !validator.voting);
  if (voteless.length > 0) {
    const named = voteless.map(({ organisation, self, standing = 'unknown' }) =>
      self ? `${organisation} (this node, ${standing})` : `${organisation} (${standing})`,
    );
    missing.push(`reachable but not voting: ${listOf(named)}`);
  }
  return `${reachable} of ${count} validators reachable${voting}, ${neededBy(role, quorum)} needed: ${missing.join('; ')}`;
}

export function quorumLost({ report: { role, quorum, validators } }: NodeSnapshot): string | undefined {
  if (isQuorumPresent(role, quorum)) return undefined;
  const node = role === 'observer' ? 'observer' : 'node';
  const head = role === 'validator' ? 'no progress' : `this ${node} may be behind without knowing`;
  return `${head}: ${describeQuorumLoss(role, quorum, validators)}`;
}
