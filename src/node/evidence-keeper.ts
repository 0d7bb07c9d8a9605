/**
 * Keeps the proofs that a validator signed what no correct one does: said once in the log and in the metrics, saved for the
 * people who will ask. Nothing else follows from evidence by itself (PBFT-EVIDENCE-3).
 */
import { evidenceSlot, type Evidence } from '../protocol/pbft/evidence.js';
import { invariant } from '../protocol/primitives/invariant.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import type { EpochHistory } from './epochs/epoch-history.js';
import type { Clock, LedgerStore, NodeObserver } from './ports.js';

const RETRY_MS = 1_000;

export interface EvidenceKeeperPorts {
  readonly epochs: Pick<EpochHistory, 'termsOf'>;
  readonly store: Pick<LedgerStore, 'saveEvidence'>;
  readonly clock: Clock;
  readonly observer: NodeObserver;
  readonly onError: (error: unknown) => void;
}

export class EvidenceKeeper {
  /** Proofs that wait for the database; the replica hands out a bounded number of them. */
  private readonly queue: Evidence[] = [];
  private saving = false;
  private stopped = false;

  constructor(private readonly ports: EvidenceKeeperPorts) {}

  onEvidence(evidence: Evidence): void {
    const { observer, epochs } = this.ports;
    const organisation = epochs.termsOf(evidence.epoch)?.validators[evidence.offender]?.organisation;
    invariant(organisation !== undefined, 'evidence is verified with the validators of its epoch');
    observer.onEquivocation(organisation);
    observer.log('error', 'a validator signed what no correct one does; see /v1/evidence', {
      organisation,
      evidence: evidence.type,
      slot: evidenceSlot(evidence),
    });
    this.queue.push(evidence);
    if (!this.saving && !this.stopped) void this.save();
  }

  stop(): void {
    this.stopped = true;
  }

  /** `stopped` may change while the database is asked, which control flow analysis does not see. */
  private isStopped(): boolean {
    return this.stopped;
  }

  private async save(): Promise<void> {
    this.saving = true;
    for (let next = this.queue[0]; next !== undefined && !this.stopped; next = this.queue[0]) {
      try {
        await this.ports.store.saveEvidence(next);
        this.queue.shift();
      } catch (error) {
        if (this.isStopped()) return;
        if (!(error instanceof LedgerError) || error.code !== 'DATABASE_UNAVAILABLE') {
          this.ports.onError(error);
          return;
        }
        await new Promise<void>((resolve) => {
          this.ports.clock.schedule(RETRY_MS, resolve);
        });
      }
    }
    this.saving = false;
  }
}
