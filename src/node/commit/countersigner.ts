/**
 * Keeps what the consortium has countersigned: saves each checkpoint certificate and tells who waits for a receipt.
 * The line itself is asked for by the replica, signed behind the durability gate and pooled there (PBFT-CHECKPOINT-1).
 */
import type { CheckpointCertificate } from '../../protocol/pbft/certificate.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type { CommitFeed } from './commit-feed.js';
import type { Clock, LedgerStore } from '../ports.js';

const RETRY_MS = 250;
/** Certificates that wait for the database; the oldest go first, since a later checkpoint proves every earlier record. */
const QUEUE_MAX = 256;

export class Countersigner {
  private queue: CheckpointCertificate[] = [];
  private saving = false;
  private stopped = false;

  constructor(
    private readonly store: Pick<LedgerStore, 'saveCheckpoint'>,
    private readonly feed: CommitFeed,
    private readonly clock: Clock,
    /** The certificate of this height is saved. */
    private readonly onSaved: (height: Height) => void,
    /** The database is away; the certificate is tried again after a pause. */
    private readonly onUnavailable: (reason: string) => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  onCertified(certificate: CheckpointCertificate): void {
    this.queue.push(certificate);
    if (this.queue.length > QUEUE_MAX) this.queue.shift();
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
        await this.store.saveCheckpoint(next);
        this.queue = this.queue.filter((certificate) => certificate !== next);
        this.onSaved(next.height);
        this.feed.publishCertified(next.height);
      } catch (error) {
        if (this.isStopped()) return;
        if (!(error instanceof LedgerError) || error.code !== 'DATABASE_UNAVAILABLE') {
          this.onError(error);
          return;
        }
        this.onUnavailable(error.message);
        await new Promise<void>((resolve) => {
          this.clock.schedule(RETRY_MS, resolve);
        });
      }
    }
    this.saving = false;
  }
}
