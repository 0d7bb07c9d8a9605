/** The lines of a file as bytes, numbered from 1; a file of any size is read in bounded memory. */
import { createReadStream } from 'node:fs';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { LINE_BYTES_MAX } from './capture-line.js';

export interface NumberedLine {
  readonly number: number;
  /** Without the line feed. A line beyond the bound is cut one byte behind it, so that its reader refuses it. */
  readonly bytes: Uint8Array;
}

const LINE_FEED = 0x0a;

/** Collects the pieces of one line and stops keeping them once the line is too long. */
class LineBuffer {
  private pieces: Uint8Array[] = [];
  private length = 0;

  add(piece: Uint8Array): void {
    const room = LINE_BYTES_MAX + 1 - this.length;
    if (room <= 0 || piece.length === 0) return;
    const kept = piece.subarray(0, room);
    this.pieces.push(kept);
    this.length += kept.length;
  }

  take(): Uint8Array {
    const line = Buffer.concat(this.pieces);
    this.pieces = [];
    this.length = 0;
    return line;
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }
}

/** Throws LedgerError FILE_UNREADABLE. */
export async function* readLines(file: string): AsyncGenerator<NumberedLine> {
  const buffer = new LineBuffer();
  let number = 0;
  try {
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
        buffer.add(chunk.subarray(start, end));
        yield { number: ++number, bytes: buffer.take() };
        start = end + 1;
      }
      buffer.add(chunk.subarray(start));
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LedgerError('FILE_UNREADABLE', `${file} cannot be read: ${reason}`, { cause: error });
  }
  if (!buffer.isEmpty) yield { number: number + 1, bytes: buffer.take() };
}
