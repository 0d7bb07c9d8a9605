/**
 * The vote journal in a folder of segment files (port `Journal`). One write and one fdatasync are outstanding at a time;
 * what is appended meanwhile rides on the next pair. Any error of a write or a sync is final: what the disk holds is not
 * known any more, so every later call fails and the process must exit (PBFT-GATE-1). A disk without room for the next
 * segment is no such error: syncs wait until there is room (segments/segment-maker.ts).
 */
import { randomUUID } from 'node:crypto';
import type { Clock, Journal, JournalPosition, NodeObserver } from '../node/ports.js';
import type { JournalRecord } from '../protocol/pbft/effect.js';
import type { Height } from '../protocol/primitives/identifiers.js';
import { invariant } from '../protocol/primitives/invariant.js';
import type { LedgerError } from '../protocol/primitives/ledger-error.js';
import { DISK_FULL, journalFailure } from './journal-errors.js';
import type { JournalFiles } from './journal-files.js';
import { encodeJournalRecord } from './journal-record-bytes.js';
import { PendingBatches } from './pending-batches.js';
import { FRAME_TYPE } from './segments/record-frame.js';
import { encodeDeletionMark, recoverSegments, type RecoveredSegments } from './segments/recover-segments.js';
import { RetainedRecords } from './retained-records.js';
import { SegmentChain } from './segments/segment-chain.js';
import type { SegmentMakerPorts } from './segments/segment-maker.js';

export interface FileJournalSettings {
  /** Size of one segment's file; a record must fit. Only new journals take a new value. */
  readonly segmentBytes: number;
  /** Most bytes that may be appended and not durable; beyond it the journal fails with JOURNAL_FULL. */
  readonly unsyncedBytesMax: number;
}

export const FILE_JOURNAL_DEFAULTS: FileJournalSettings = {
  segmentBytes: 16 << 20,
  unsyncedBytesMax: 64 << 20,
};

export interface FileJournalSurroundings {
  readonly files: JournalFiles;
  readonly clock: Pick<Clock, 'monotonicMs' | 'schedule'>;
  readonly observer: Pick<NodeObserver, 'log' | 'onJournalSync'>;
}

interface Waiter {
  readonly position: number;
  readonly resolve: () => void;
  readonly reject: (error: LedgerError) => void;
}

export class FileJournal implements Journal {
  private chain: SegmentChain | undefined;
  private pending: PendingBatches | undefined;
  private readonly retained = new RetainedRecords();
  private durablePosition = 0;
  private waiters: Waiter[] = [];
  private flushing: Promise<void> | undefined;
  private truncating: Promise<void> = Promise.resolve();
  private failure: LedgerError | undefined;
  private unlock: (() => Promise<void>) | undefined;
  private closed = false;
  private height: Height = 0;

  constructor(
    private readonly surroundings: FileJournalSurroundings,
    private readonly settings: FileJournalSettings = FILE_JOURNAL_DEFAULTS,
  ) {}

  /** Height that the database was known to hold when the newest segment was begun, or since; 0 for a new journal. */
  appliedHeight(): Height {
    return this.height;
  }

  stall(): string | undefined {
    return this.failure === undefined && this.chain?.isStalled === true ? DISK_FULL : undefined;
  }

  /** Rejects with JOURNAL_LOCKED, JOURNAL_CORRUPT, JOURNAL_VERSION_UNSUPPORTED, JOURNAL_FULL, JOURNAL_FAILED. */
  async recover(): Promise<readonly JournalRecord[]> {
    invariant(this.chain === undefined && this.failure === undefined, 'a journal is recovered once');
    const { files } = this.surroundings;
    try {
      this.unlock = await files.lock();
      const recovered = await recoverSegments(files);
      return recovered === undefined ? await this.createJournal() : await this.resume(recovered);
    } catch (cause) {
      await this.release();
      throw this.fail('recover', cause);
    }
  }

  append(record: JournalRecord): void {
    const { pending } = this.requireUsable();
    try {
      this.retained.note(record, pending.append(FRAME_TYPE.record, encodeJournalRecord(record)));
    } catch (cause) {
      throw this.fail('append', cause);
    }
  }

  sync(): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const { pending } = this.requireUsable();
    const { position } = pending;
    if (position <= this.durablePosition) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.waiters.push({ position, resolve, reject });
      this.flushing ??= this.flush();
    });
  }

  position(): JournalPosition {
    const { chain } = this.requireUsable();
    return { journalId: chain.journalId, position: this.durablePosition };
  }

  /**
   * Deletes the oldest segments whose every record is of a height ≤ `height`. Such votes, locks and blocks are not needed
   * again. The checkpoint roots signed for the last 1,000 heights are, and so is the newest view that was left or entered:
   * they are written again into the current segment.
   */
  truncateBefore(height: Height): Promise<void> {
    const run = this.truncating.then(() => this.truncate(height));
    this.truncating = run.catch(() => undefined);
    return run;
  }

  /** What waits for room on the disk is not waited for: those syncs reject with JOURNAL_FULL. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const { pending, chain } = this;
    chain?.stopWaiting();
    await this.flushing;
    await this.truncating;
    try {
      if (this.failure === undefined && pending !== undefined && chain !== undefined) {
        pending.append(FRAME_TYPE.closed, new Uint8Array());
        await this.syncInternal(pending);
      }
    } finally {
      try {
        await chain?.close();
      } finally {
        await this.release();
      }
    }
  }

  private async release(): Promise<void> {
    const unlock = this.unlock;
    this.unlock = undefined;
    await unlock?.();
  }

  private requireUsable(): { chain: SegmentChain; pending: PendingBatches } {
    if (this.failure !== undefined) throw this.failure;
    invariant(
      this.chain !== undefined && this.pending !== undefined,
      'a journal is recovered before its use',
    );
    invariant(!this.closed, 'the journal is closed');
    return { chain: this.chain, pending: this.pending };
  }

  /** Remembers the first failure, tells everyone who waits, and gives the error that every later call will give. */
  private fail(action: string, cause: unknown): LedgerError {
    if (this.failure === undefined) {
      this.failure = journalFailure(action, cause);
      this.surroundings.observer.log('error', this.failure.message, { code: this.failure.code });
      this.chain?.stopWaiting();
    }
    const waiters = this.waiters;
    this.waiters = [];
    for (const waiter of waiters) waiter.reject(this.failure);
    return this.failure;
  }

  private async createJournal(): Promise<readonly JournalRecord[]> {
    const { segmentBytes } = this.settings;
    this.chain = await SegmentChain.create(this.makerPorts(), randomUUID(), segmentBytes);
    this.begin(segmentBytes, { segment: 0, segmentStart: 0, position: 0 });
    return [];
  }

  private async resume(recovered: RecoveredSegments): Promise<readonly JournalRecord[]> {
    const { observer } = this.surroundings;
    const { tail } = recovered;
    this.chain = await SegmentChain.resume(this.makerPorts(), recovered);
    if (tail.tornBytes > 0) {
      observer.log('warn', 'the journal ended in a torn write, which was never durable: it is cut off', {
        position: tail.endPosition,
        bytes: tail.tornBytes,
      });
    }
    this.height = recovered.appliedHeight;
    for (const { record, segment } of recovered.records) this.retained.note(record, segment);
    this.begin(recovered.segmentBytes, {
      segment: tail.number,
      segmentStart: tail.startPosition,
      position: tail.endPosition,
    });
    return recovered.records.map(({ record }) => record);
  }

  private begin(segmentBytes: number, tail: ConstructorParameters<typeof PendingBatches>[0]): void {
    this.pending = new PendingBatches(tail, segmentBytes, this.settings.unsyncedBytesMax);
    this.durablePosition = tail.position;
  }

  private makerPorts(): SegmentMakerPorts {
    const { files, clock, observer } = this.surroundings;
    return {
      files,
      clock,
      onRoom: (hasRoom) => {
        if (hasRoom)
          observer.log('info', 'the disk of the vote journal has room again: the next segment is made');
        else
          observer.log('warn', `${DISK_FULL}; votes wait as soon as the current segment has no room either`);
      },
      onFailure: (cause) => {
        this.fail('prepare the next segment', cause);
      },
    };
  }

  private syncInternal(pending: PendingBatches): Promise<void> {
    const { position } = pending;
    return new Promise((resolve, reject) => {
      this.waiters.push({ position, resolve, reject });
      this.flushing ??= this.flush();
    });
  }

  private async flush(): Promise<void> {
    const { chain, pending, surroundings } = this;
    // What is appended in the same turn after the first sync call rides along.
    await Promise.resolve();
    try {
      while (this.failure === undefined && chain !== undefined && pending?.isEmpty === false) {
        for (const batch of pending.take()) {
          const startMs = surroundings.clock.monotonicMs();
          await chain.write(batch, this.height);
          pending.release(batch);
          this.durablePosition = batch.end;
          surroundings.observer.onJournalSync(surroundings.clock.monotonicMs() - startMs, batch.records);
          this.resolveWaiters();
        }
      }
    } catch (cause) {
      this.fail('write', cause);
    } finally {
      this.flushing = undefined;
    }
  }

  private resolveWaiters(): void {
    const done = this.waiters.filter(({ position }) => position <= this.durablePosition);
    this.waiters = this.waiters.filter(({ position }) => position > this.durablePosition);
    for (const waiter of done) waiter.resolve();
  }

  private async truncate(height: Height): Promise<void> {
    if (this.closed) return;
    const { chain, pending } = this.requireUsable();
    this.height = Math.max(this.height, height);
    // Without room the mark of a deletion would only wait behind the votes; a later call deletes.
    if (chain.isStalled) return;
    const keepFrom = this.retained.firstNeededSegment(this.height, pending.currentSegment);
    if (keepFrom <= chain.firstSegment) return;
    try {
      for (const record of this.retained.keptBefore(keepFrom)) {
        this.retained.note(record, pending.append(FRAME_TYPE.record, encodeJournalRecord(record)));
      }
      const mark = encodeDeletionMark({ firstSegment: keepFrom, appliedHeight: this.height });
      pending.append(FRAME_TYPE.firstSegment, mark);
      await this.syncInternal(pending);
      await chain.removeBefore(keepFrom);
      this.retained.forgetBefore(keepFrom);
    } catch (cause) {
      throw this.fail('delete old segments', cause);
    }
  }
}
