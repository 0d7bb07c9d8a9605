/** A finding about one row of subject_entries. */
import { bytesToHex } from '../protocol/primitives/bytes.js';
import type { AuditContext } from './audit-context.js';
import type { StoredEntry } from './stored-rows.js';

export function reportEntry(
  { findings }: Pick<AuditContext, 'findings'>,
  { subjectDigest, sequence, height }: StoredEntry,
  problem: string,
  expected: string,
  found: string,
): void {
  findings.add({
    table: 'subject_entries',
    row: { subject_digest: bytesToHex(subjectDigest), sequence },
    heights: [height],
    problem,
    expected,
    found,
  });
}
