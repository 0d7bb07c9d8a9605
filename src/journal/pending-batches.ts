/**
 * What was appended and is not durable: one batch for each write, each inside one segment. Positions are given here, at
 * the moment of the append; which file they land in follows from the segment size alone.
 */
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import { encodeFrame, FRAME_HEADER_BYTES, frameBytes } from './segments/record-frame.js';
import { SEGMENT_HEADER_BYTES } from './segments/segment-header.js';

export interface Batch {
  readonly segment: number;
  readonly segmentStart: number;
  readonly start: number;
  readonly frames: Buffer[];
  end: number;
  records: number;
}

export interface TailPosition {
  readonly segment: number;
  readonly segmentStart: number;
  readonly position: number;
}

export class PendingBatches {
  private batches: Batch[] = [];
  private unsyncedBytes = 0;
  private segment: number;
  private segmentStart: number;
  private end: number;

  constructor(
    tail: TailPosition,
    private readonly segmentBytes: number,
    private readonly unsyncedBytesMax: number,
  ) {
    this.segment = tail.segment;
    this.segmentStart = tail.segmentStart;
    this.end = tail.position;
  }

  /** Position after the last append. */
  get position(): number {
    return this.end;
  }

  /** Segment that the next append goes to, unless it does not fit. */
  get currentSegment(): number {
    return this.segment;
  }

  get isEmpty(): boolean {
    return this.batches.length === 0;
  }

  /** Number of the segment that the frame will lie in. Throws LedgerError JOURNAL_FULL past the bound on unsynced bytes. */
  append(type: number, payload: Uint8Array): number {
    const bytes = frameBytes(payload.length);
    // The mark that the next segment exists must fit behind the last frame.
    const room = this.segmentBytes - SEGMENT_HEADER_BYTES - FRAME_HEADER_BYTES;
    if (bytes > room) {
      throw new LedgerError(
        'JOURNAL_FAILED',
        `a journal record of ${bytes} bytes does not fit a segment of ${this.segmentBytes}: blocks are larger than the segments were made for`,
      );
    }
    // One record alone may always wait: it fits a segment.
    if (this.unsyncedBytes > 0 && this.unsyncedBytes + bytes > this.unsyncedBytesMax) {
      throw new LedgerError(
        'JOURNAL_FULL',
        `${this.unsyncedBytes} bytes of the journal wait for the disk, the bound is ${this.unsyncedBytesMax}: the disk is too slow or stuck`,
      );
    }
    if (this.end + bytes - this.segmentStart > room) {
      this.segment += 1;
      this.segmentStart = this.end;
    }
    let batch = this.batches.at(-1);
    if (batch?.segment !== this.segment) {
      batch = {
        segment: this.segment,
        segmentStart: this.segmentStart,
        start: this.end,
        frames: [],
        end: this.end,
        records: 0,
      };
      this.batches.push(batch);
    }
    batch.frames.push(encodeFrame({ type, position: this.end, batchStart: batch.start, payload }));
    this.end += bytes;
    batch.end = this.end;
    batch.records += 1;
    this.unsyncedBytes += bytes;
    return this.segment;
  }

  /** Everything appended so far; later appends start a new batch. */
  take(): readonly Batch[] {
    const taken = this.batches;
    this.batches = [];
    return taken;
  }

  /** The bytes of a batch are durable and no longer count. */
  release(batch: Batch): void {
    this.unsyncedBytes -= batch.end - batch.start;
  }
}
