import { describe, expect, it } from '@jest/globals';
import type { Digest, TransactionId } from '../../protocol/primitives/identifiers.js';
import type { TraceEvent, TraceResource } from '../../sdk/index.js';
import { formatTrace } from './trace.js';

function event(height: number): TraceEvent {
  return {
    ...{ height, transactionIndex: 0, recordIndex: 1, organisation: 'acme' },
    transactionId: '5f'.repeat(32) as TransactionId,
    recordDigest: '9f'.repeat(32) as Digest,
    timestamp: '2026-03-02T10:00:02.000Z',
    receipt: '/v1/transactions/5f/receipt',
    ...(height === 1 ? { eventTime: '2026-03-02T10:00:00.000Z' } : {}),
  };
}

const TRACE: TraceResource = {
  ...{ subject: 'item', direction: 'forward', asOfHeight: 9 },
  nodes: [
    { subject: 'item', depth: 0 },
    { subject: 'case', depth: 1 },
    { subject: 'pallet', depth: 2, open: true },
  ],
  edges: [
    { kind: 'aggregation', from: 'item', to: 'case', events: [0] },
    { kind: 'disaggregation', from: 'case', to: 'item', events: [1] },
    { kind: 'aggregation', from: 'case', to: 'pallet', events: [0, 1] },
  ],
  events: [event(1), event(2)],
  withheld: [{ height: 3, transactionIndex: 4, recordIndex: 5, subject: 'case', withheld: true }],
};

describe('a trace in words', () => {
  it('is a tree with what proves each step, and each branch once', () => {
    expect(formatTrace(TRACE).split('\n')).toEqual([
      'item',
      '  → aggregation [2026-03-02T10:00:00.000Z acme 1.0.1] case',
      '    withheld by its organisation [3.4.5]',
      '    → aggregation [2026-03-02T10:00:00.000Z acme 1.0.1; 2026-03-02T10:00:02.000Z acme 2.0.1] pallet (goes on)',
      '  ← disaggregation [2026-03-02T10:00:02.000Z acme 2.0.1] case (above)',
    ]);
  });
});
