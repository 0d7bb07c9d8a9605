/** Rows of ledger.evidence as domain values. The document alone is believed; the columns beside it are for people. */
import type { StoredEvidence } from '../../node/ports.js';
import { decodeEvidence } from '../evidence-bytes.js';

export interface EvidenceRow {
  readonly sequence: number;
  readonly document: Uint8Array;
  readonly saved_at_ms: number;
}

export function rowToStoredEvidence(row: EvidenceRow): StoredEvidence {
  return {
    sequence: row.sequence,
    savedAtMs: row.saved_at_ms,
    evidence: decodeEvidence(row.document),
  };
}
