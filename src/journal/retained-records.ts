/** What the journal remembers of its own records: enough to know which segments nobody needs any more. */
import type { JournalRecord } from '../protocol/pbft/effect.js';
import type { Epoch, Height, View } from '../protocol/primitives/identifiers.js';
import { journalRecordHeight } from './journal-record-bytes.js';

/** Checkpoint roots are kept for this many heights: a second, different root for a size must be refused (CP-4). */
export const CHECKPOINT_HEIGHTS_KEPT = 1000;

type CheckpointSigned = Extract<JournalRecord, { type: 'checkpointSigned' }>;
type EndCertified = Extract<JournalRecord, { type: 'endCertified' }>;
type ViewRecord = Extract<JournalRecord, { type: 'viewLeft' | 'viewEntered' }>;

interface Placed<Record> {
  readonly record: Record;
  /** The segment that holds it. */
  readonly segment: number;
}

function placeOf(record: ViewRecord): { readonly epoch: Epoch; readonly view: View } {
  return record.type === 'viewLeft' ? record.content : record;
}

/** Negative when `left` is of an earlier view than `right`. */
function compareViews(left: ViewRecord, right: ViewRecord): number {
  const [one, other] = [placeOf(left), placeOf(right)];
  return one.epoch === other.epoch ? one.view - other.view : one.epoch - other.epoch;
}

export class RetainedRecords {
  /** Highest height of a vote, lock or block in each segment. */
  private readonly highest = new Map<number, Height>();
  /** Signed checkpoints by height; at most CHECKPOINT_HEIGHTS_KEPT heights. */
  private readonly checkpoints = new Map<Height, Placed<CheckpointSigned>>();
  private highestCheckpoint: Height = 0;
  /** The newest end of an epoch. */
  private end: Placed<EndCertified> | undefined;
  /** The newest view that was left and the newest that was entered; a view that was left and then entered is entered. */
  private left: Placed<ViewRecord> | undefined;
  private entered: Placed<ViewRecord> | undefined;

  note(record: JournalRecord, segment: number): void {
    switch (record.type) {
      case 'checkpointSigned':
        this.noteCheckpoint(record, segment);
        return;
      case 'viewLeft':
      case 'viewEntered':
        this.noteView(record, segment);
        return;
      case 'endCertified':
        this.noteEnd(record, segment);
        return;
      default:
        this.highest.set(segment, Math.max(this.highest.get(segment) ?? 0, journalRecordHeight(record) ?? 0));
    }
  }

  private noteCheckpoint(record: CheckpointSigned, segment: number): void {
    const { height } = record;
    if (height <= this.highestCheckpoint - CHECKPOINT_HEIGHTS_KEPT) return;
    this.checkpoints.set(height, { record, segment });
    if (height <= this.highestCheckpoint) return;
    this.highestCheckpoint = height;
    for (const kept of this.checkpoints.keys()) {
      if (kept <= height - CHECKPOINT_HEIGHTS_KEPT) this.checkpoints.delete(kept);
    }
  }

  /** One that is read or written again is of the same height, and its later place counts. */
  private noteEnd(record: EndCertified, segment: number): void {
    const known = this.end?.record.certificate.height ?? 0;
    if (record.certificate.height >= known) this.end = { record, segment };
  }

  /** A record that is read or written again is of the same view, and its later place counts. */
  private noteView(record: ViewRecord, segment: number): void {
    const side = record.type === 'viewLeft' ? 'left' : 'entered';
    const known = this[side];
    if (known === undefined || compareViews(record, known.record) >= 0) this[side] = { record, segment };
    if (this.left && this.entered && compareViews(this.left.record, this.entered.record) <= 0) {
      this.left = undefined;
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

  /**
   * What would go with the segments before `segment` and is needed whatever the database holds: the last checkpoints by
   * height, the newest end of an epoch, and what tells the view, entered before left.
   */
  keptBefore(segment: number): readonly JournalRecord[] {
    const checkpoints = [...this.checkpoints.values()].sort(
      (one, other) => one.record.height - other.record.height,
    );
    const newest = [this.end, this.entered, this.left].filter((placed) => placed !== undefined);
    return [...checkpoints, ...newest]
      .filter((placed) => placed.segment < segment)
      .map(({ record }) => record);
  }

  forgetBefore(segment: number): void {
    for (const known of this.highest.keys()) if (known < segment) this.highest.delete(known);
  }
}
