/** The segments of one journal on disk: the one that is written, its successor made ahead of time, and the old ones. */
import type { Height } from '../../protocol/primitives/identifiers.js';
import type { JournalFile } from '../journal-files.js';
import type { Batch } from '../pending-batches.js';
import { encodeFrame, FRAME_TYPE } from './record-frame.js';
import { fileOffset, type RecoveredSegments } from './recover-segments.js';
import { segmentName } from './segment-header.js';
import { SegmentMaker, type SegmentMakerPorts } from './segment-maker.js';
import { beginSegment, eraseTornEnd, prepareSegment, writeWhole } from './segment-writer.js';

interface OpenSegment {
  readonly file: JournalFile;
  readonly number: number;
  readonly startPosition: number;
  endPosition: number;
}

export class SegmentChain {
  private readonly maker: SegmentMaker;
  /** True while a write needs a segment that is not there yet. */
  private isRotating = false;

  private constructor(
    private readonly ports: SegmentMakerPorts,
    readonly journalId: string,
    private readonly segmentBytes: number,
    private open: OpenSegment,
    private first: number,
  ) {
    this.maker = new SegmentMaker(ports, segmentBytes);
  }

  /** The first segment of a new journal. A full disk is an error here: whoever starts a node for the first time is there to see it. */
  static async create(
    ports: SegmentMakerPorts,
    journalId: string,
    segmentBytes: number,
  ): Promise<SegmentChain> {
    const { files } = ports;
    await prepareSegment(files, segmentBytes);
    const header = {
      journalId,
      number: 0,
      segmentBytes,
      startPosition: 0,
      appliedHeight: 0,
      firstSegment: 0,
    };
    const file = await beginSegment(files, header);
    const open = { file, number: 0, startPosition: 0, endPosition: 0 };
    return new SegmentChain(ports, journalId, segmentBytes, open, 0);
  }

  /** Opens the last segment, cuts its torn end off, and finishes a removal that was decided. */
  static async resume(ports: SegmentMakerPorts, recovered: RecoveredSegments): Promise<SegmentChain> {
    const { files } = ports;
    const { number, startPosition, endPosition, tornBytes } = recovered.tail;
    for (const obsolete of recovered.obsolete) await files.remove(segmentName(obsolete));
    if (recovered.obsolete.length > 0) await files.syncFolder();
    const file = await files.open(segmentName(number), 'existing');
    // Also makes durable what a process that crashed between write and sync left behind, before anyone acts on it.
    await eraseTornEnd(file, fileOffset(startPosition, endPosition), tornBytes);
    const open = { file, number, startPosition, endPosition };
    const { journalId, segmentBytes, firstSegment } = recovered;
    return new SegmentChain(ports, journalId, segmentBytes, open, firstSegment);
  }

  get firstSegment(): number {
    return this.first;
  }

  /** True while a write waits for room on the disk. */
  get isStalled(): boolean {
    return this.isRotating && this.maker.isDiskFull;
  }

  /** One durable write. Batches come in the order of their positions. */
  async write(batch: Batch, appliedHeight: Height): Promise<void> {
    if (batch.segment !== this.open.number) await this.rotate(batch, appliedHeight);
    const { file, startPosition } = this.open;
    await writeWhole(file, Buffer.concat(batch.frames), fileOffset(startPosition, batch.start));
    await file.sync();
    this.open.endPosition = batch.end;
    if (this.open.endPosition - startPosition > this.segmentBytes / 2) this.maker.makeAhead();
  }

  /** Segments are removed oldest first, so that an interrupted removal leaves a chain without a hole. */
  async removeBefore(number: number): Promise<void> {
    while (this.first < number) {
      await this.ports.files.remove(segmentName(this.first));
      this.first += 1;
    }
    await this.ports.files.syncFolder();
  }

  /** Ends a wait for room on the disk: the write that waits fails with JOURNAL_FULL. */
  stopWaiting(): void {
    this.maker.stop();
  }

  async close(): Promise<void> {
    this.maker.stop();
    await this.maker.settle();
    await this.open.file.close();
  }

  private async rotate(batch: Batch, appliedHeight: Height): Promise<void> {
    this.isRotating = true;
    const file = await this.maker.begin({
      journalId: this.journalId,
      number: batch.segment,
      segmentBytes: this.segmentBytes,
      startPosition: batch.segmentStart,
      appliedHeight,
      firstSegment: this.first,
    });
    this.isRotating = false;
    const old = this.open;
    this.open = {
      file,
      number: batch.segment,
      startPosition: batch.segmentStart,
      endPosition: batch.segmentStart,
    };
    // From here on the loss of the new file shows in the old one.
    const position = old.endPosition;
    const mark = encodeFrame({
      type: FRAME_TYPE.continued,
      position,
      batchStart: position,
      payload: new Uint8Array(),
    });
    await writeWhole(old.file, mark, fileOffset(old.startPosition, position));
    await old.file.sync();
    await old.file.close();
  }
}
