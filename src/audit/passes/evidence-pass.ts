/** Proofs of misbehaviour: each must be readable, and the columns beside it must repeat what it says. */
import { evidenceSlot } from '../../protocol/pbft/evidence.js';
import type { AuditContext } from '../audit-context.js';

const PROOFS_PER_READ = 100;

/** Resolves false when the audit is to stop. */
export async function auditEvidence({ rows, pace, findings }: AuditContext): Promise<boolean> {
  for (let after = 0; ;) {
    const proofs = await rows.readProofs(after, PROOFS_PER_READ);
    for (const { sequence, slot, offender, epoch, kind, evidence } of proofs) {
      if (!(await pace(1))) return false;
      after = sequence;
      const add = (problem: string, expected: string, found: string): void => {
        findings.add({ table: 'evidence', row: { sequence }, heights: [], problem, expected, found });
      };
      if (!evidence.ok) {
        add('the proof cannot be read', 'an encoded proof', evidence.fault);
        continue;
      }
      const { value } = evidence;
      const columns = `${slot}, offender ${offender}, epoch ${epoch}, ${kind}`;
      const document = `${evidenceSlot(value)}, offender ${value.offender}, epoch ${value.epoch}, ${value.type}`;
      if (columns !== document) add('the columns are not what the proof says', document, columns);
    }
    if (proofs.length < PROOFS_PER_READ) return true;
  }
}
