/** The status page: where the node stands, and in one sentence why there is progress or none. */
import type { Genesis } from '../../protocol/ledger/genesis.js';
import { primaryOf } from '../../protocol/ledger/validator-set.js';
import type { Replica } from '../../protocol/pbft/replica.js';
import type { ValidatorIndex } from '../../protocol/primitives/identifiers.js';
import { quorumSize } from '../../protocol/primitives/quorum.js';
import type { BlockFetcher } from '../catch-up/block-fetcher.js';
import type { HealthBoard } from './health-board.js';
import type { Mempool } from '../mempool/mempool.js';
import type { PeerStatuses } from './peer-statuses.js';
import type { NodeReadiness, NodeStatus, NodeStatusReport, ValidatorStatus } from '../use-cases.js';

export interface StatusReporterPorts {
  readonly genesis: Genesis;
  readonly organisation: string;
  readonly self: ValidatorIndex | undefined;
  readonly replica: Pick<Replica, 'view'>;
  readonly peers: PeerStatuses;
  readonly mempool: Pick<Mempool, 'size' | 'bytes'>;
  readonly fetcher: Pick<BlockFetcher, 'active' | 'targetHeight'>;
  readonly health: HealthBoard;
}

export class StatusReporter implements NodeStatus {
  constructor(private readonly ports: StatusReporterPorts) {}

  readiness(): NodeReadiness {
    return this.ports.health.readiness();
  }

  read(): NodeStatusReport {
    const { genesis, organisation, replica, mempool, health } = this.ports;
    const view = replica.view();
    const inFlightHeights: number[] = [];
    for (let height = view.executedHeight + 1; height <= view.acceptedHeight; height++)
      inFlightHeights.push(height);
    const primary = genesis.validators[primaryOf(genesis.validators.length, view.epoch, view.view)];
    return {
      organisation,
      height: view.executedHeight,
      certifiedHeight: view.certifiedHeight,
      epoch: view.epoch,
      view: view.view,
      phase: view.phase,
      primary: primary?.organisation ?? '',
      quorum: {
        needed: quorumSize(genesis.validators.length),
        reachable: this.present(),
        validators: genesis.validators.length,
      },
      validators: genesis.validators.map((validator, index) =>
        this.validatorStatus(validator.organisation, index),
      ),
      inFlightHeights,
      mempool: { transactions: mempool.size, bytes: mempool.bytes },
      health: health.current(),
      cause: this.cause(primary?.organisation ?? ''),
    };
  }

  /** Why a quorum cannot be reached, or `undefined`. */
  quorumProblem(): string | undefined {
    const { genesis, self, peers } = this.ports;
    const needed = quorumSize(genesis.validators.length);
    const present = this.present();
    if (present >= needed) return undefined;
    const missing = genesis.validators
      .filter((_, index) => index !== self && !peers.isConnected(index))
      .map(({ organisation }) => organisation);
    const verb = missing.length === 1 ? 'does' : 'do';
    return `${present} of ${genesis.validators.length} validators reachable, ${needed} needed: ${missing.join(' and ')} ${verb} not answer`;
  }

  private present(): number {
    const { self, peers } = this.ports;
    return peers.connectedCount + (self === undefined ? 0 : 1);
  }

  private validatorStatus(organisation: string, index: ValidatorIndex): ValidatorStatus {
    const { self, peers, replica } = this.ports;
    if (index === self) {
      const { executedHeight, acceptedHeight } = replica.view();
      return {
        organisation,
        self: true,
        reachable: true,
        height: executedHeight,
        lastVoteHeight: acceptedHeight,
        clockOffsetMs: 0,
      };
    }
    const word = peers.wordOf(index);
    return {
      organisation,
      self: false,
      reachable: peers.isConnected(index),
      height: word?.height,
      lastVoteHeight: peers.lastVoteOf(index),
      clockOffsetMs: word?.clockOffsetMs,
    };
  }

  private cause(primary: string): string {
    const { health, fetcher, mempool, peers, genesis, self, replica } = this.ports;
    const current = health.current();
    if (current.state === 'quarantined' || current.state === 'halted') return `stopped: ${current.reason}`;
    if (current.state === 'starting') return 'the node is reading its ledger';
    const quorumProblem = this.quorumProblem();
    if (quorumProblem !== undefined) return `no progress: ${quorumProblem}`;
    if (current.state === 'degraded') return `no progress here: ${current.reason}`;
    const { executedHeight, acceptedHeight } = replica.view();
    if (fetcher.active)
      return `catching up: at height ${executedHeight} of ${fetcher.targetHeight ?? executedHeight}`;
    const primaryIndex = genesis.validators.findIndex(({ organisation }) => organisation === primary);
    if (primaryIndex !== self && !peers.isConnected(primaryIndex))
      return `no progress: the primary ${primary} does not answer`;
    if (mempool.size === 0 && acceptedHeight === executedHeight) return 'idle: no transaction is waiting';
    return `in progress: ${mempool.size} transactions waiting, blocks up to ${acceptedHeight} in flight`;
  }
}
