/** A file of EPCIS documents, one a line: checked whole before the first line is sent, then read again line by line. */
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { readCaptureLine } from './capture-line.js';
import { readLines } from './line-reader.js';
import type { ReplayDocument } from './replay-documents.js';

export interface FlawedLine {
  readonly lineNumber: number;
  readonly message: string;
}

export interface CaptureFileCheck {
  readonly documents: number;
  readonly events: number;
  /** The first ones; `flawCount` counts all. */
  readonly flaws: readonly FlawedLine[];
  readonly flawCount: number;
}

const FLAWS_KEPT_MAX = 20;

/** Throws LedgerError FILE_UNREADABLE. */
export async function checkCaptureFile(file: string, organisationCount: number): Promise<CaptureFileCheck> {
  let documents = 0;
  let events = 0;
  let flawCount = 0;
  const flaws: FlawedLine[] = [];
  for await (const { number, bytes } of readLines(file)) {
    const reading = readCaptureLine(bytes, organisationCount);
    if (reading === undefined) continue;
    if (reading.ok) {
      documents++;
      events += reading.line.eventCount;
    } else {
      flawCount++;
      if (flaws.length < FLAWS_KEPT_MAX) flaws.push({ lineNumber: number, message: reading.message });
    }
  }
  return { documents, events, flaws, flawCount };
}

/** The documents of a file that was checked. Throws LedgerError FILE_UNREADABLE, FILE_CHANGED. */
export async function* readCaptureFile(
  file: string,
  organisationCount: number,
): AsyncGenerator<ReplayDocument> {
  for await (const { number, bytes } of readLines(file)) {
    const reading = readCaptureLine(bytes, organisationCount);
    if (reading === undefined) continue;
    if (!reading.ok) {
      const message = `line ${number} of ${file} has changed while it was replayed: ${reading.message}`;
      throw new LedgerError('FILE_CHANGED', message);
    }
    yield { lineNumber: number, ...reading.line };
  }
}
