/**
 * The node's metrics, all in one place: prefix `countersign_`, base units (seconds, bytes), labels from closed lists,
 * never an identifier. A test holds that every metric which the documents name exists here.
 */
import type { Registry } from 'prom-client';
import { Counter, Gauge, Histogram } from 'prom-client';

export const METRIC_PREFIX = 'countersign_';

const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const DISK_BUCKETS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
];
const COUNT_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
const SIZE_BUCKETS = [1, 4, 16, 64, 128, 256, 512, 1024, 2048, 4096].map((kibibytes) => kibibytes * 1024);

type Labels<Name extends string> = readonly Name[];

class MetricFactory {
  constructor(private readonly registry: Registry) {}

  gauge<Name extends string = never>(name: string, help: string, labelNames: Labels<Name> = []): Gauge<Name> {
    return new Gauge({ name: METRIC_PREFIX + name, help, labelNames, registers: [this.registry] });
  }

  counter<Name extends string = never>(
    name: string,
    help: string,
    labelNames: Labels<Name> = [],
  ): Counter<Name> {
    return new Counter({ name: METRIC_PREFIX + name, help, labelNames, registers: [this.registry] });
  }

  histogram<Name extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: Labels<Name> = [],
  ): Histogram<Name> {
    const shape = {
      name: METRIC_PREFIX + name,
      help,
      labelNames,
      buckets: [...buckets],
      registers: [this.registry],
    };
    return new Histogram(shape);
  }
}

function consensusMetrics(make: MetricFactory) {
  return {
    height: make.gauge('height', 'Highest executed and durable height of this node'),
    indexHeight: make.gauge(
      'index_height',
      'Height up to which records can be searched and traced at this node',
    ),
    certifiedHeight: make.gauge('certified_height', 'Highest height with a quorum of countersignatures'),
    view: make.gauge('view', 'PBFT view of this replica'),
    isPrimary: make.gauge('is_primary', '1 while this node is the primary of its view'),
    validators: make.gauge('validators', 'Validators of the current epoch'),
    validatorsReachable: make.gauge(
      'validators_reachable',
      'Validators with an open stream, this node included',
    ),
    quorumSize: make.gauge('quorum_size', 'Votes that decide'),
    phaseDuration: make.histogram(
      'phase_duration_seconds',
      'Time a block spent in a phase of agreement',
      LATENCY_BUCKETS,
      ['phase'],
    ),
    blockInterval: make.histogram(
      'block_interval_seconds',
      'Time between two commits at this node',
      LATENCY_BUCKETS,
    ),
    blockTransactions: make.histogram('block_transactions', 'Transactions in a block', COUNT_BUCKETS),
    blockSize: make.histogram('block_size_bytes', 'Bytes of bodies and signatures in a block', SIZE_BUCKETS),
    lastCommitTimestamp: make.gauge(
      'last_commit_timestamp_seconds',
      'Wall clock of the last commit at this node',
    ),
    viewChanges: make.counter(
      'view_changes_total',
      'Views that this replica has left, by what made it want another primary',
      ['reason'],
    ),
    equivocations: make.counter(
      'equivocations_total',
      'Proofs that the organisation signed what no correct node does (see /v1/evidence)',
      ['organisation'],
    ),
    stateRootMismatch: make.counter(
      'state_root_mismatch_total',
      'Times that the own result differed from a certified one (the node is quarantined)',
    ),
    refusals: make.counter('peer_messages_refused_total', 'Messages of a peer that failed verification', [
      'organisation',
    ]),
    healthState: make.gauge('health_state', '1 for the state that the node is in', ['state']),
  };
}

function workMetrics(make: MetricFactory) {
  return {
    mempoolTransactions: make.gauge('mempool_transactions', 'Transactions that wait for a block'),
    mempoolBytes: make.gauge('mempool_bytes', 'Bytes of the transactions that wait'),
    admitted: make.counter('transactions_admitted_total', 'Transactions taken into the mempool'),
    rejected: make.counter('transactions_rejected_total', 'Transactions refused at admission, by code', [
      'code',
    ]),
    committed: make.counter(
      'transactions_committed_total',
      'Transactions in blocks that this node committed',
    ),
    records: make.counter('records_committed_total', 'Records in blocks that this node committed'),
    commitLatency: make.histogram(
      'transaction_commit_latency_seconds',
      'From admission at this node to durable commit at this node',
      LATENCY_BUCKETS,
    ),
  };
}

function peerMetrics(make: MetricFactory) {
  return {
    peerConnected: make.gauge('peer_connected', '1 while a stream to the organisation is open', [
      'organisation',
    ]),
    observersConnected: make.gauge('observers_connected', 'Observers that follow this node at the moment'),
    peerHeight: make.gauge('peer_height', 'Executed height that the peer told last', ['organisation']),
    lastVoteHeight: make.gauge(
      'validator_last_vote_height',
      'Highest height that the organisation is known to have voted for',
      ['organisation'],
    ),
    clockSkew: make.gauge('clock_skew_seconds', "The peer's clock minus the clock of this node", [
      'organisation',
    ]),
    peerMessages: make.counter('peer_messages_total', 'Messages sent and received', ['direction', 'type']),
    sendQueue: make.gauge('peer_send_queue_bytes', 'Bytes that wait to be sent, over all peers'),
    certificateExpiry: make.gauge(
      'certificate_expiry_timestamp_seconds',
      'When the TLS certificate of this node expires; it is renewed long before',
    ),
  };
}

function scrubMetrics(make: MetricFactory) {
  return {
    scrubHeight: make.gauge(
      'scrub_height',
      'Height up to which the present pass of the scrub has audited blocks',
    ),
    scrubPasses: make.counter(
      'scrub_passes_total',
      'Audits of the whole database that the scrub has finished',
    ),
    scrubFindings: make.counter(
      'scrub_findings_total',
      'Rows that the scrub found not to be those that the ledger wrote, each counted once',
      ['table'],
    ),
    scrubLastPass: make.gauge(
      'scrub_last_pass_timestamp_seconds',
      'Wall clock at the end of the last whole audit',
    ),
  };
}

function platformMetrics(make: MetricFactory) {
  return {
    execute: make.histogram(
      'block_execute_seconds',
      'Execution of a block, without the database',
      DISK_BUCKETS,
    ),
    databaseCommit: make.histogram(
      'database_commit_seconds',
      'The database transaction of a block',
      DISK_BUCKETS,
    ),
    auditorSessionsEnded: make.counter(
      'auditor_sessions_ended_total',
      'Database sessions of auditors that this node has ended, by what they had exceeded',
      ['reason'],
    ),
    journalSync: make.histogram('journal_sync_seconds', 'One fdatasync of the vote journal', DISK_BUCKETS),
    journalSyncRecords: make.histogram(
      'journal_sync_records',
      'Records made durable by one sync',
      COUNT_BUCKETS,
    ),
    eventLoopLag: make.gauge(
      'event_loop_lag_seconds',
      'Delay of the event loop since the last scrape, by quantile',
      ['quantile'],
    ),
    residentMemory: make.gauge('process_resident_memory_bytes', 'Resident memory of the process'),
    heapUsed: make.gauge('process_heap_used_bytes', 'Used heap of JavaScript'),
    externalMemory: make.gauge('process_external_memory_bytes', 'Memory of buffers outside the heap'),
    cpu: make.counter('process_cpu_seconds_total', 'Processor time of the process', ['mode']),
    startTime: make.gauge('process_start_time_seconds', 'Wall clock at the start of the process'),
    buildInfo: make.gauge('build_info', 'Always 1; the labels tell what runs', ['version', 'node']),
  };
}

export type NodeMetrics = ReturnType<typeof consensusMetrics> &
  ReturnType<typeof workMetrics> &
  ReturnType<typeof peerMetrics> &
  ReturnType<typeof scrubMetrics> &
  ReturnType<typeof platformMetrics>;

export function createNodeMetrics(registry: Registry): NodeMetrics {
  const make = new MetricFactory(registry);
  return {
    ...consensusMetrics(make),
    ...workMetrics(make),
    ...peerMetrics(make),
    ...scrubMetrics(make),
    ...platformMetrics(make),
  };
}
