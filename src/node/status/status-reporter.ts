/** The status page: where the node stands, and in one sentence why there is progress or none. */
import type { NodeHealth } from '../ports.js';
import type { NodeReadiness, NodeStatus, NodeStatusReport } from '../use-cases.js';
import { describeQuorumLoss, isQuorumPresent } from './causes/quorum.js';
import { explainStanding } from './explain-standing.js';
import { countQuorum, takeSnapshot, type SnapshotSources } from './node-snapshot.js';
import { readPresence, readValidators, roleIn } from './read-validators.js';

export class StatusReporter implements NodeStatus {
  constructor(private readonly sources: SnapshotSources) {}

  readiness(): NodeReadiness {
    return this.sources.health.readiness();
  }

  health(): NodeHealth {
    return this.sources.health.current();
  }

  read(): NodeStatusReport {
    const snapshot = takeSnapshot(this.sources);
    const cause = explainStanding(snapshot);
    const { damaged } = this.sources.health;
    // A quarantine for it says so already.
    const isSaid = damaged === undefined || snapshot.problem?.cause === 'quarantined';
    return {
      ...snapshot.report,
      cause: isSaid ? cause : `${cause}; the database of this node is damaged: ${damaged}`,
    };
  }

  /** Why too few validators are there, or `undefined`; costs little while they are. */
  quorumProblem(): string | undefined {
    const own = this.sources.replica.view();
    const role = roleIn(this.sources, own);
    const quorum = countQuorum(readPresence(this.sources, own));
    if (isQuorumPresent(role, quorum)) return undefined;
    return describeQuorumLoss(role, quorum, readValidators(this.sources, own));
  }
}
