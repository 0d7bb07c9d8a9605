/**
 * What is searched of the records of a block: pure, and the same for the same block whenever it is extracted, so that an index
 * can be thrown away and made again. A change of what comes out must change EXTRACTION_VERSION.
 */
import { planTransaction, type PlannedRecord } from '../../protocol/execution/plan-transaction.js';
import type { RecordLimits } from '../../protocol/execution/record-plan.js';
import { organisationOf } from '../../protocol/ledger/identity.js';
import { decodeOutcome } from '../../protocol/ledger/outcome.js';
import { decodeSignedTransaction, type Command } from '../../protocol/ledger/transaction.js';
import { parseUtf8 } from '../../protocol/primitives/bytes.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { stateKeyParts } from '../../protocol/state/state-key.js';
import { MENTION_ROLE, type BlockToIndex, type IndexedRecord, type EventFields } from '../index-ports.js';
import { eventFields, eventMentions, parseRecord } from './event-fields.js';

/** Of rows in the index that this code has made. */
export const EXTRACTION_VERSION = 1;

/** Kind of the records of a captured EPCIS document. */
const EPCIS_KIND = 'epcis';

/** Execution has judged the limits of the transaction's epoch. */
const NO_LIMITS: RecordLimits & { readonly transactionBytesMax: number } = {
  subjectsPerTransactionMax: Number.MAX_SAFE_INTEGER,
  subjectBytesMax: Number.MAX_SAFE_INTEGER,
  recordsPerTransactionMax: Number.MAX_SAFE_INTEGER,
  stateWritesPerBlockMax: Number.MAX_SAFE_INTEGER,
  transactionBytesMax: Number.MAX_SAFE_INTEGER,
};

const NO_FIELDS: EventFields = {
  eventType: undefined,
  action: undefined,
  bizStep: undefined,
  disposition: undefined,
  readPoint: undefined,
  bizLocation: undefined,
  eventId: undefined,
  transformationId: undefined,
  eventTimeMs: undefined,
};

function corrupt(height: number, index: number, reason: string): LedgerError {
  return new LedgerError(
    'DATABASE_CORRUPT',
    `transaction ${index} of block ${height} is not what was committed (${reason}): run "countersign audit run"`,
  );
}

type Content = EventFields & Pick<IndexedRecord, 'kind' | 'mentions'>;

function documentContent(kind: string, subjects: PlannedRecord['subjects']): Content {
  const mentions = subjects.map((key) => {
    const subject = stateKeyParts(key).map(parseUtf8).join('');
    return { subject, roles: MENTION_ROLE.named };
  });
  return { ...NO_FIELDS, kind, mentions };
}

function contentOf(command: Command, position: number, record: PlannedRecord, body: Uint8Array): Content {
  if (command.type === 'recordDocuments')
    return documentContent(command.documents[position]?.kind ?? '', record.subjects);
  const event = parseRecord(body.subarray(record.start, record.end));
  const mentions = [...eventMentions(event)].map(([subject, roles]) => ({ subject, roles }));
  return { ...eventFields(event), kind: EPCIS_KIND, mentions };
}

/** Records of one transaction of the block; none unless it had its effect. Throws LedgerError DATABASE_CORRUPT. */
export function extractRecords(
  { height, transactions }: BlockToIndex,
  index: number,
): readonly IndexedRecord[] {
  const stored = transactions[index];
  if (stored === undefined) return [];
  const outcome = decodeOutcome(stored.outcome);
  if (!outcome.ok) throw corrupt(height, index, 'its outcome cannot be decoded');
  const organisation = organisationOf(outcome.value.identity);
  if (outcome.value.code !== 'OK' || organisation === undefined) return [];
  const decoded = decodeSignedTransaction(stored.body, stored.signature, NO_LIMITS);
  if (!decoded.ok) throw corrupt(height, index, decoded.rejection.message);
  const { command } = decoded.value;
  const { records, rejection } = planTransaction(decoded.value, NO_LIMITS);
  if (rejection !== undefined) throw corrupt(height, index, rejection.message);
  return records.map((record, recordIndex) => ({
    height,
    transactionIndex: index,
    recordIndex,
    recordDigest: record.digest,
    start: record.start,
    end: record.end,
    organisation,
    ...contentOf(command, recordIndex, record, stored.body),
  }));
}
