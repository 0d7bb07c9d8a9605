/**
 * The small file by which a test tells a running node what fails: the test writes it, the node reads it again and again. It
 * lies in the node's data folder; where there is none, nothing fails.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface Faults {
  /** Every fdatasync of the journal takes so much longer. */
  readonly syncDelayMs?: number;
  /** Every fdatasync of the journal fails like this, for example EIO. */
  readonly syncError?: string;
  /** No file of a new journal segment can be written, for example for want of room: ENOSPC. */
  readonly segmentError?: string;
  /** The wall clock is wrong by so much. */
  readonly wallOffsetMs?: number;
  /** The node takes no notice of the transactions of this organisation, and as primary includes none. */
  readonly leftOut?: string;
}

const FILE_NAME = 'faults.json';
/** A clock is asked thousands of times a second, and a test does not mind this. */
const READ_AGAIN_MS = 20;

/** Complete whenever it is there. */
export function writeFaults(dataFolder: string, faults: Faults): void {
  const file = path.join(dataFolder, FILE_NAME);
  writeFileSync(`${file}.draft`, JSON.stringify(faults));
  renameSync(`${file}.draft`, file);
}

/** What fails now, as the file in the data folder says. */
export function readFaultsOf(dataFolder: string): () => Faults {
  const file = path.join(dataFolder, FILE_NAME);
  let faults: Faults = {};
  let readAtMs = -Infinity;
  return () => {
    if (performance.now() - readAtMs < READ_AGAIN_MS) return faults;
    readAtMs = performance.now();
    try {
      faults = JSON.parse(readFileSync(file, 'utf8')) as Faults;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      faults = {};
    }
    return faults;
  };
}
