/** From what the node has found to the answers of searches and traces. */
import type { FoundRecord } from '../../node/index-ports.js';
import type { RecordSearchPage, Trace, TraceQuery } from '../../node/use-cases.js';
import { timestampToText } from '../pages/value-schemas.js';
import type { FoundRecordBody, TraceBody } from './search-schemas.js';

function proofOf(found: Omit<FoundRecord, 'record'>): Omit<FoundRecordBody, 'record'> {
  const { height, transactionIndex, recordIndex, transactionId, timestampMs, recordDigest, organisation } =
    found;
  return {
    height,
    transactionIndex,
    recordIndex,
    transactionId,
    timestamp: timestampToText(timestampMs),
    recordDigest,
    organisation,
    receipt: `/v1/transactions/${transactionId}/receipt`,
  };
}

/** The record's text is put in as it is: parsing and printing it again could change its bytes. */
export function itemToJson(item: RecordSearchPage['items'][number]): string {
  if ('withheld' in item) return JSON.stringify(item);
  return `${JSON.stringify(proofOf(item)).slice(0, -1)},"record":${Buffer.from(item.record).toString('utf8')}}`;
}

export function traceToBody({ subject, direction, asOfHeight }: TraceQuery, trace: Trace): TraceBody {
  return {
    subject,
    direction,
    asOfHeight,
    truncated: trace.truncated,
    nodes: trace.nodes.map(({ open, ...node }) => (open ? { ...node, open } : node)),
    edges: trace.edges.map((edge) => ({ ...edge, events: [...edge.events] })),
    events: trace.events.map(({ eventType, action, bizStep, eventTime, ...found }) => ({
      ...proofOf(found),
      eventType,
      action,
      bizStep,
      eventTime,
    })),
    withheld: trace.withheld.map((link) => ({ ...link })),
  };
}
