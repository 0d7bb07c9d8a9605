/** What the journal remembers of its own records: enough to know which segments nobody needs any more. */
import type { JournalRecord } from '../protocol/pbft/effect.js';
import type { Height } from '../protocol/primitives/identifiers.js';
import { journalRecordHeight } from './journal-record-bytes.js';

/** Checkpoint roots are kept for this many heights: a second, different root for a size must be refused (protocol.md 3). */
export const CHECKPOINT_HEIGHTS_KEPT = 1000;

type CheckpointSigned = Extract<JournalRecord, { type: 'checkpointSigned' }>;

export class RetainedRecords {
  /** Highest height of a vote, lock or block in each segment. */
  private readonly highest = new Map<number, Height>();
  /** Signed checkpoints by height, with the segment that holds them; at most CHECKPOINT_HEIGHTS_KEPT heights. */
  private readonly checkpoints = new Map<Height, { record: CheckpointSigned; segment: number }>();
  private highestCheckpoint: Height = 0;

  note(record: JournalRecord, segment: number): void {
    const height = journalRecordHeight(record);
    if (record.type !== 'checkpointSigned') {
      this.highest.set(segment, Math.max(this.highest.get(segment) ?? 0, height));
      return;
    }
    if (height <= this.highestCheckpoint - CHECKPOINT_HEIGHTS_KEPT) return;
    this.checkpoints.set(height, { record, segment });
    if (height <= this.highestCheckpoint) return;
    this.highestCheckpoint = height;
    for (const kept of this.checkpoints.keys()) {
      if (kept <= height - CHECKPOINT_HEIGHTS_KEPT) this.checkpoints.delete(kept);
    }
  }

  /** The oldest segment that holds a vote, lock or block above `appliedHeight`; `current` when there is none. */
  firstNeededSegment(appliedHeight: Height, current: number): number {
    let first = current;
    for (const [segment, height] of this.highest) {
      if (height > appliedHeight && segment < first) first = segment;
    }
    return first;
  }

  /** Checkpoints that would go with the segments before `segment`, by height. */
  checkpointsBefore(segment: number): readonly CheckpointSigned[] {
    return [...this.checkpoints.values()]
      .filter((entry) => entry.segment < segment)
      .map(({ record }) => record)
      .sort((left, right) => left.height - right.height);
  }

  forgetBefore(segment: number): void {
    for (const known of this.highest.keys()) if (known < segment) this.highest.delete(known);
  }
}
