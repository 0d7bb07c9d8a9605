import { afterEach, describe, expect, it } from '@jest/globals';
import { createLogger } from './create-logger.js';
import { METRIC_PREFIX } from './node-metrics.js';
import { PrometheusObserver } from './prometheus-observer.js';

const observers: PrometheusObserver[] = [];
afterEach(() => {
  for (const observer of observers.splice(0)) observer.close();
});

function observe(lines: string[] = []): PrometheusObserver {
  const observer = new PrometheusObserver({
    version: '0.1.0',
    organisations: ['acme', 'globex', 'initech', 'umbrella'],
    self: 0,
    logger: createLogger({ level: 'debug', format: 'json' }, {}, { write: (line) => lines.push(line) }),
  });
  observers.push(observer);
  return observer;
}

const EXPECTED: readonly [string, string, readonly string[]][] = [
  ['block_execute_seconds', 'histogram', []],
  ['block_interval_seconds', 'histogram', []],
  ['block_size_bytes', 'histogram', []],
  ['block_transactions', 'histogram', []],
  ['build_info', 'gauge', ['version', 'node']],
  ['certified_height', 'gauge', []],
  ['clock_skew_seconds', 'gauge', ['organisation']],
  ['database_commit_seconds', 'histogram', []],
  ['event_loop_lag_seconds', 'gauge', ['quantile']],
  ['health_state', 'gauge', ['state']],
  ['height', 'gauge', []],
  ['is_primary', 'gauge', []],
  ['journal_sync_records', 'histogram', []],
  ['journal_sync_seconds', 'histogram', []],
  ['last_commit_timestamp_seconds', 'gauge', []],
  ['mempool_bytes', 'gauge', []],
  ['mempool_transactions', 'gauge', []],
  ['peer_connected', 'gauge', ['organisation']],
  ['peer_height', 'gauge', ['organisation']],
  ['peer_messages_refused_total', 'counter', ['organisation']],
  ['peer_messages_total', 'counter', ['direction', 'type']],
  ['phase_duration_seconds', 'histogram', ['phase']],
  ['process_cpu_seconds_total', 'counter', ['mode']],
  ['process_external_memory_bytes', 'gauge', []],
  ['process_heap_used_bytes', 'gauge', []],
  ['process_resident_memory_bytes', 'gauge', []],
  ['process_start_time_seconds', 'gauge', []],
  ['quorum_size', 'gauge', []],
  ['records_committed_total', 'counter', []],
  ['state_root_mismatch_total', 'counter', []],
  ['transaction_commit_latency_seconds', 'histogram', []],
  ['transactions_admitted_total', 'counter', []],
  ['transactions_committed_total', 'counter', []],
  ['transactions_rejected_total', 'counter', ['code']],
  ['validators', 'gauge', []],
  ['validators_reachable', 'gauge', []],
  ['view', 'gauge', []],
];

function labelNamesOf(metric: object): readonly string[] {
  return (metric as { labelNames: readonly string[] }).labelNames;
}

describe('PrometheusObserver', () => {
  it('has exactly these metrics, types and labels', async () => {
    const { registry } = observe();
    const described = await registry.getMetricsAsJSON();
    const shapes = described
      .map(({ name, type }) => {
        const metric = registry.getSingleMetric(name);
        return [name, String(type), labelNamesOf(metric!)];
      })
      .sort(([left], [right]) => (String(left) < String(right) ? -1 : 1));
    expect(shapes).toEqual(EXPECTED.map(([name, type, labels]) => [METRIC_PREFIX + name, type, [...labels]]));
  });

  it('reports what it is told, in base units', async () => {
    const observer = observe();
    observer.onReplica({ height: 41, view: 2, isPrimary: true, certifiedHeight: 40 });
    observer.onBlockCommitted({
      height: 42,
      transactions: 3,
      records: 5,
      bytes: 4096,
      executeMs: 2,
      databaseMs: 4,
    });
    observer.onTransactionAdmitted();
    observer.onTransactionRejected('SIGNATURE_INVALID');
    observer.onTransactionRejected('tx-4711');
    observer.onTransactionCommitted(250);
    observer.onMempool(7, 900);
    observer.onPeer(1, true);
    observer.onPeerStatus(1, { height: 40, clockOffsetMs: -20 });
    observer.onPeerMessage('in', 'vote', 12);
    observer.onPeerMessageRefused(2, 'CERTIFICATE_INVALID');
    observer.onJournalSync(3, 8);
    observer.onPhase('prepare', 5);
    observer.onHealth({ state: 'ready' });
    const text = await observer.render();
    for (const line of [
      'countersign_height 42',
      'countersign_view 2',
      'countersign_is_primary 1',
      'countersign_validators 4',
      'countersign_validators_reachable 2',
      'countersign_quorum_size 3',
      'countersign_transactions_committed_total 3',
      'countersign_records_committed_total 5',
      'countersign_transactions_rejected_total{code="SIGNATURE_INVALID"} 1',
      'countersign_transactions_rejected_total{code="OTHER"} 1',
      'countersign_transaction_commit_latency_seconds_sum 0.25',
      'countersign_database_commit_seconds_sum 0.004',
      'countersign_journal_sync_seconds_sum 0.003',
      'countersign_peer_connected{organisation="globex"} 1',
      'countersign_peer_connected{organisation="umbrella"} 0',
      'countersign_clock_skew_seconds{organisation="globex"} -0.02',
      'countersign_peer_messages_total{direction="in",type="vote"} 12',
      'countersign_peer_messages_refused_total{organisation="initech"} 1',
      'countersign_health_state{state="ready"} 1',
      'countersign_health_state{state="starting"} 0',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    expect(text).toMatch(/countersign_event_loop_lag_seconds\{quantile="0.99"\} /);
  });

  it('counts a divergence once, and logs a change of health once', async () => {
    const lines: string[] = [];
    const observer = observe(lines);
    observer.onHealth({ state: 'quarantined', reason: 'own root differs at height 9' });
    observer.onHealth({ state: 'quarantined', reason: 'own root differs at height 9' });
    expect(await observer.render()).toContain('countersign_state_root_mismatch_total 1\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('"level":"error"');
  });

  it('keeps the labels bounded when it is told types without end', async () => {
    const observer = observe();
    for (let index = 0; index < 100; index++) observer.onPeerMessage('out', `type-${index}`, 1);
    const text = await observer.render();
    expect(text.match(/countersign_peer_messages_total\{/g)).toHaveLength(33);
  });
});
