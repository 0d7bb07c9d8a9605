/**
 * Makes the file of the next segment, where possible before it is needed. Segments are written full of zeros before they
 * hold a record, so this is the one place where a full disk shows: what was half made is removed, and it is tried again
 * every second until there is room. Who writes waits meanwhile; nothing that was promised is touched.
 */
import type { Clock } from '../../node/ports.js';
import { isDiskFull, journalFailure } from '../journal-errors.js';
import type { JournalFile, JournalFiles } from '../journal-files.js';
import type { SegmentHeader } from './segment-header.js';
import { beginSegment, prepareSegment, removePrepared } from './segment-writer.js';

const RETRY_MS = 1_000;

export interface SegmentMakerPorts {
  readonly files: JournalFiles;
  readonly clock: Pick<Clock, 'schedule'>;
  /** Told once when the disk is full, and once when there is room again. */
  readonly onRoom: (hasRoom: boolean) => void;
  /** A file could not be made ahead of time, and not because the disk is full. */
  readonly onFailure: (cause: unknown) => void;
}

export class SegmentMaker {
  /** Settles when the file that is made ahead of time is there. */
  private ahead: Promise<void> | undefined;
  private full = false;
  private stopped = false;
  /** True when `stop` ended a wait, so that its error is no failure of the disk. */
  private hasEndedWait = false;
  private endPause: () => void = () => undefined;

  constructor(
    private readonly ports: SegmentMakerPorts,
    private readonly segmentBytes: number,
  ) {}

  /** True from the moment when the disk was found full until a file could be made. */
  get isDiskFull(): boolean {
    return this.full;
  }

  /** Begins to make the next file, unless that was done already. */
  makeAhead(): void {
    if (this.ahead !== undefined || this.stopped) return;
    this.ahead = this.untilRoom(() => prepareSegment(this.ports.files, this.segmentBytes));
    this.ahead.catch((cause: unknown) => {
      if (!this.hasEndedWait) this.ports.onFailure(cause);
    });
  }

  /** The next segment, open for writing. */
  async begin(header: SegmentHeader): Promise<JournalFile> {
    const { files } = this.ports;
    let isPrepared = this.ahead !== undefined;
    await this.ahead;
    this.ahead = undefined;
    return this.untilRoom(async () => {
      if (!isPrepared) await prepareSegment(files, this.segmentBytes);
      // Whatever fails from here on, the next attempt starts with a new file.
      isPrepared = false;
      return beginSegment(files, header);
    });
  }

  /** Ends a wait for room: who waits is told JOURNAL_FULL. Only what needs no waiting succeeds afterwards. */
  stop(): void {
    this.stopped = true;
    this.endPause();
  }

  /** Resolves when no file is being made; its failure was told to `onFailure`. */
  async settle(): Promise<void> {
    await this.ahead?.catch(() => undefined);
  }

  private async untilRoom<Made>(attempt: () => Promise<Made>): Promise<Made> {
    for (;;) {
      try {
        const made = await attempt();
        this.tellRoom(true);
        return made;
      } catch (cause) {
        if (!isDiskFull(cause)) throw cause;
        await this.freeBlocks();
        this.tellRoom(false);
        if (!this.stopped) await this.pause();
        if (this.isStopped()) {
          this.hasEndedWait = true;
          throw journalFailure('make the next segment', cause);
        }
      }
    }
  }

  /** A file that is half made holds the very blocks that others need meanwhile. */
  private async freeBlocks(): Promise<void> {
    try {
      await removePrepared(this.ports.files);
    } catch (cause) {
      // Some file systems need a block even to remove a file. The next attempt begins with the same removal.
      if (!isDiskFull(cause)) throw cause;
    }
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.ports.clock.schedule(RETRY_MS, resolve);
      this.endPause = () => {
        cancel();
        resolve();
      };
    });
  }

  /** `stopped` may change during a pause, which control flow analysis does not see. */
  private isStopped(): boolean {
    return this.stopped;
  }

  private tellRoom(hasRoom: boolean): void {
    if (this.full === !hasRoom || this.stopped) return;
    this.full = !hasRoom;
    this.ports.onRoom(hasRoom);
  }
}
