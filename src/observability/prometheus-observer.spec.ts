import { afterEach, describe, expect, it } from '@jest/globals';
import type { TraceKind } from '../protocol/pbft/effect.js';
import { createLogger } from './create-logger.js';
import { METRIC_PREFIX } from './node-metrics.js';
import { PrometheusObserver } from './prometheus-observer.js';
import type { ObservedMembers } from '../node/ports.js';

const observers: PrometheusObserver[] = [];
afterEach(() => {
  for (const observer of observers.splice(0)) observer.close();
});

function observe(lines: string[] = []): PrometheusObserver {
  const observer = new PrometheusObserver({
    version: '0.1.0',
    self: 'acme',
    logger: createLogger({ level: 'debug', format: 'json' }, {}, { write: (line) => lines.push(line) }),
  });
  observers.push(observer);
  observer.onMembers(membersOf('acme', 'globex', 'initech', 'umbrella'));
  return observer;
}

/** All of them validators. */
function membersOf(...organisations: readonly string[]): ObservedMembers {
  const members = organisations.map((organisation, peer) => ({ peer, organisation }));
  return { members, validators: organisations };
}

function traceOf(kind: TraceKind) {
  return { type: 'trace', kind, epoch: 0, view: 3, height: 12 } as const;
}

const EXPECTED: readonly [string, string, readonly string[]][] = [
  ['auditor_sessions_ended_total', 'counter', ['reason']],
  ['block_execute_seconds', 'histogram', []],
  ['block_interval_seconds', 'histogram', []],
  ['block_size_bytes', 'histogram', []],
  ['block_transactions', 'histogram', []],
  ['build_info', 'gauge', ['version', 'node']],
  ['certificate_expiry_timestamp_seconds', 'gauge', []],
  ['certified_height', 'gauge', []],
  ['clock_skew_seconds', 'gauge', ['organisation']],
  ['database_commit_seconds', 'histogram', []],
  ['equivocations_total', 'counter', ['organisation']],
  ['event_loop_lag_seconds', 'gauge', ['quantile']],
  ['health_state', 'gauge', ['state']],
  ['height', 'gauge', []],
  ['index_height', 'gauge', []],
  ['is_primary', 'gauge', []],
  ['journal_sync_records', 'histogram', []],
  ['journal_sync_seconds', 'histogram', []],
  ['last_commit_timestamp_seconds', 'gauge', []],
  ['mempool_bytes', 'gauge', []],
  ['mempool_transactions', 'gauge', []],
  ['observers_connected', 'gauge', []],
  ['peer_connected', 'gauge', ['organisation']],
  ['peer_height', 'gauge', ['organisation']],
  ['peer_messages_refused_total', 'counter', ['organisation']],
  ['peer_messages_total', 'counter', ['direction', 'type']],
  ['peer_send_queue_bytes', 'gauge', []],
  ['phase_duration_seconds', 'histogram', ['phase']],
  ['process_cpu_seconds_total', 'counter', ['mode']],
  ['process_external_memory_bytes', 'gauge', []],
  ['process_heap_used_bytes', 'gauge', []],
  ['process_resident_memory_bytes', 'gauge', []],
  ['process_start_time_seconds', 'gauge', []],
  ['quorum_size', 'gauge', []],
  ['records_committed_total', 'counter', []],
  ['scrub_findings_total', 'counter', ['table']],
  ['scrub_height', 'gauge', []],
  ['scrub_last_pass_timestamp_seconds', 'gauge', []],
  ['scrub_passes_total', 'counter', []],
  ['state_root_mismatch_total', 'counter', []],
  ['transaction_commit_latency_seconds', 'histogram', []],
  ['transactions_admitted_total', 'counter', []],
  ['transactions_committed_total', 'counter', []],
  ['transactions_rejected_total', 'counter', ['code']],
  ['validator_last_vote_height', 'gauge', ['organisation']],
  ['validators', 'gauge', []],
  ['validators_reachable', 'gauge', []],
  ['view', 'gauge', []],
  ['view_changes_total', 'counter', ['reason']],
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
    observer.onPeer(4, true);
    observer.onPeer(5, true);
    observer.onPeer(4, false);
    observer.onPeerStatus(5, { height: 3, clockOffsetMs: 9000 });
    observer.onPeerStatus(1, { height: 40, clockOffsetMs: -20 });
    observer.onPeerMessage('in', 'vote', 12);
    observer.onPeerMessageRefused(2, 'CERTIFICATE_INVALID');
    observer.onJournalSync(3, 8);
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
      'countersign_observers_connected 1',
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

  it('counts the views that were left by reason, and shows every reason from the start', async () => {
    const observer = observe();
    const left = (detail?: string) => {
      observer.onTrace({ ...traceOf('viewLeft'), ...(detail === undefined ? {} : { detail }) });
    };
    expect(await observer.render()).toContain('countersign_view_changes_total{reason="rotation"} 0\n');
    for (const detail of ['silence', 'silence', 'rotation', 'tx-4711', 'toString', undefined]) left(detail);
    observer.onTrace({ ...traceOf('suspected'), detail: 'progress' });
    observer.onTrace(traceOf('viewEntered'));
    const text = await observer.render();
    for (const [reason, count] of [
      ['silence', 2],
      ['rotation', 1],
      ['other', 3],
      ['progress', 0],
    ] as const) {
      expect(text).toContain(`countersign_view_changes_total{reason="${reason}"} ${count}\n`);
    }
    expect(text.match(/countersign_view_changes_total\{/g)).toHaveLength(8);
  });

  it('logs what people should know of the replica, and the rest for whoever looks for a fault', () => {
    const lines: string[] = [];
    const observer = observe(lines);
    const levels = [
      'accepted',
      'suspected',
      'viewLeft',
      'viewEntered',
      'evidence',
      'messageDropped',
    ] as const;
    for (const kind of levels) observer.onTrace(traceOf(kind));
    const logged = lines.map((line) => JSON.parse(line) as { level: string; msg: string; height: number });
    expect(logged.map(({ level, msg }) => `${msg} ${level}`)).toEqual([
      'accepted debug',
      'suspected info',
      'viewLeft info',
      'viewEntered info',
      'evidence error',
      'messageDropped debug',
    ]);
    expect(logged[1]).toMatchObject({ epoch: 0, view: 3, height: 12 });
  });

  it('measures the phases of a block from one trace to the next', async () => {
    const observer = observe();
    for (const kind of ['accepted', 'prepared', 'committed', 'executed', 'certified'] as const)
      observer.onTrace(traceOf(kind));
    const text = await observer.render();
    for (const phase of ['prepare', 'commit', 'execute', 'certify'])
      expect(text).toContain(`countersign_phase_duration_seconds_count{phase="${phase}"} 1\n`);
  });

  it('counts proofs of misbehaviour for each organisation, from zero', async () => {
    const observer = observe();
    observer.onEquivocation('initech');
    observer.onEquivocation('initech');
    const text = await observer.render();
    expect(text).toContain('countersign_equivocations_total{organisation="initech"} 2\n');
    expect(text).toContain('countersign_equivocations_total{organisation="umbrella"} 0\n');
  });

  it('follows the members: the series of one that is removed end, those of a new one begin', async () => {
    const observer = observe();
    for (const peer of [1, 2, 3, 65_536]) observer.onPeer(peer, true);
    for (const peer of [1, 2]) observer.onPeerStatus(peer, { height: 9, clockOffsetMs: 1 });
    observer.onPeerMessageRefused(1, 'CERTIFICATE_INVALID');
    observer.onEquivocation('globex');
    const before = await observer.render();
    expect(before).toContain('countersign_validators_reachable 4\n');
    expect(before).toContain('countersign_observers_connected 1\n');
    expect(before.match(/organisation="globex"/g)).toHaveLength(5);
    // Globex leaves; Hooli is a member, and does not vote yet.
    const { members } = membersOf('acme', 'globex', 'initech', 'umbrella', 'hooli');
    observer.onMembers({
      members: members.filter(({ organisation }) => organisation !== 'globex'),
      validators: ['acme', 'initech', 'umbrella'],
    });
    observer.onPeer(1, false);
    observer.onPeer(4, true);
    const text = await observer.render();
    expect(text).not.toContain('globex');
    for (const line of ['validators 3', 'quorum_size 2', 'validators_reachable 3', 'observers_connected 1'])
      expect(text).toContain(`countersign_${line}\n`);
    expect(text).toContain('countersign_peer_connected{organisation="hooli"} 1\n');
    expect(text).toContain('countersign_equivocations_total{organisation="hooli"} 0\n');
    expect(text).toContain('countersign_peer_height{organisation="initech"} 9\n');
  });

  it('reads at every scrape what nobody tells', async () => {
    const observer = observe();
    expect(await observer.render()).not.toContain('countersign_validator_last_vote_height{');
    let height = 41;
    observer.readAtScrape(() => ({
      validators: [
        { organisation: 'acme', lastVoteHeight: height++ },
        { organisation: 'globex', lastVoteHeight: undefined },
      ],
      sendQueueBytes: 900,
      certificateExpiresMs: 1_750_000_000_500,
      indexHeight: 39,
    }));
    await observer.render();
    const text = await observer.render();
    expect(text).toContain('countersign_validator_last_vote_height{organisation="acme"} 42\n');
    expect(text).not.toContain('countersign_validator_last_vote_height{organisation="globex"}');
    expect(text).toContain('countersign_peer_send_queue_bytes 900\n');
    expect(text).toContain('countersign_index_height 39\n');
    expect(text).toContain('countersign_certificate_expiry_timestamp_seconds 1750000000.5\n');
  });

  it('keeps the labels bounded when it is told types without end', async () => {
    const observer = observe();
    for (let index = 0; index < 100; index++) observer.onPeerMessage('out', `type-${index}`, 1);
    const text = await observer.render();
    expect(text.match(/countersign_peer_messages_total\{/g)).toHaveLength(33);
  });
});
