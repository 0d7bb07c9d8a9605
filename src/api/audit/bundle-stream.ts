/**
 * Bundles on their way to callers: a few at a time, at the pace of who reads, cut off when nobody reads, and ended when the
 * node shuts down. What is cut lacks its last line, which every verifier notices.
 */
import { Readable } from 'node:stream';
import type { OpenedExport } from '../../node/use-cases.js';
import type { ApiDrain } from '../api-drain.js';

/** Each holds at most a block and a few chunks, and one of the reader's connections now and then. */
export const EXPORTS_MAX = 2;
/** How long a caller may leave what was sent unread. */
const STALL_MS = 30_000;
/** Chunks that wait for the socket. */
const WAITING_CHUNKS = 2;

interface StreamSettings {
  readonly exportsMax: number;
  readonly stallMs: number;
}

export class BundleStreams {
  private open = 0;

  constructor(
    private readonly drain: Pick<ApiDrain, 'isDraining'>,
    private readonly settings: StreamSettings = { exportsMax: EXPORTS_MAX, stallMs: STALL_MS },
  ) {}

  /** A place for one more, to be given back once; `undefined` when all are taken. */
  reserve(): (() => void) | undefined {
    if (this.open >= this.settings.exportsMax) return undefined;
    this.open += 1;
    let held = true;
    return () => {
      if (held) this.open -= 1;
      held = false;
    };
  }

  /** Ends with the bundle, or early with the node's drain; `release` is called when it is over, however it ends. */
  stream(chunks: OpenedExport['chunks'], release: () => void): Readable {
    const { stallMs } = this.settings;
    const stall = setTimeout(() => {
      stream.destroy(new Error(`nothing of the bundle was read for ${stallMs} ms`));
    }, stallMs).unref();
    const stream = Readable.from(this.watched(chunks, stall), {
      objectMode: true,
      highWaterMark: WAITING_CHUNKS,
    });
    stream.once('close', () => {
      clearTimeout(stall);
      release();
    });
    return stream;
  }

  /** Goes on when there is room for a chunk, which is when the caller has read one. */
  private async *watched(
    chunks: OpenedExport['chunks'],
    stall: NodeJS.Timeout,
  ): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of chunks) {
      stall.refresh();
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      stall.refresh();
      if (this.drain.isDraining) return;
    }
  }
}
