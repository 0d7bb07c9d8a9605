/** Asks preflight.ts with what this node sees at the moment of itself and of its peers. */
import type { OrganisationName } from '../../protocol/primitives/identifiers.js';
import type { EpochHistory } from '../epochs/epoch-history.js';
import type { RecentResults } from '../proposal/recent-results.js';
import type { PeerStatuses } from '../status/peer-statuses.js';
import type { StatusReporter } from '../status/status-reporter.js';
import type { Preflights } from '../use-cases.js';
import type { Membership } from './membership.js';
import { judgeChange, type MembershipStep, type Preflight, type SeenNode } from './preflight.js';

export interface ChangeJudgeSources {
  readonly reporter: Pick<StatusReporter, 'read'>;
  readonly membership: Pick<Membership, 'membersAt'>;
  readonly peers: Pick<PeerStatuses, 'isConnected' | 'wordOf'>;
  readonly epochs: Pick<EpochHistory, 'pendingAt' | 'pipelineDepth'>;
  readonly results: Pick<RecentResults, 'executedHeight'>;
  /** Own organisation, which has no stream to itself. */
  readonly organisation: OrganisationName;
}

export class ChangeJudge implements Preflights {
  constructor(private readonly sources: ChangeJudgeSources) {}

  judge(step: MembershipStep, organisation: OrganisationName): Preflight {
    const { reporter, epochs, results } = this.sources;
    const validators: readonly SeenNode[] = reporter.read().validators;
    const learners = this.learners(validators);
    const heights = [...validators, ...learners].map(({ height }) => height ?? 0);
    return judgeChange(step, organisation, {
      validators,
      learners,
      head: Math.max(results.executedHeight, ...heights),
      pipelineDepth: epochs.pipelineDepth,
      pendingFirstHeight: epochs.pendingAt(results.executedHeight + 1)?.firstHeight,
    });
  }

  private learners(validators: readonly SeenNode[]): readonly SeenNode[] {
    const { membership, peers, results, organisation: own } = this.sources;
    const voting = new Set(validators.map(({ organisation }) => organisation));
    return membership
      .membersAt(results.executedHeight)
      .filter(({ organisation }) => !voting.has(organisation))
      .map(({ peer, organisation }) =>
        organisation === own
          ? { organisation, reachable: true, height: results.executedHeight }
          : { organisation, reachable: peers.isConnected(peer), height: peers.wordOf(peer)?.height },
      );
  }
}
