/** Files that a command reads and writes; `-` is standard input, or standard output. */
import { readFileSync, writeFileSync } from 'node:fs';
import { LedgerError } from '../protocol/primitives/ledger-error.js';

const STDIN_BYTES_MAX = 256 * 1024 * 1024;

async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > STDIN_BYTES_MAX) {
      throw new LedgerError('FILE_UNREADABLE', `standard input has more than ${STDIN_BYTES_MAX} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Throws LedgerError FILE_UNREADABLE. */
export async function readInput(file: string): Promise<Uint8Array> {
  if (file === '-') return readStandardInput();
  try {
    return readFileSync(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LedgerError('FILE_UNREADABLE', `${file} cannot be read (${reason}); check the path`, { cause });
  }
}

export interface OutputOptions {
  readonly mode?: number;
  /** False refuses to touch a file that is there. */
  readonly overwrite?: boolean;
}

/** Throws LedgerError FILE_EXISTS, FILE_UNWRITABLE. */
export function writeOutput(file: string, bytes: Uint8Array | string, options: OutputOptions = {}): void {
  const { mode = 0o644, overwrite = true } = options;
  try {
    writeFileSync(file, bytes, { mode, flag: overwrite ? 'w' : 'wx' });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') {
      throw new LedgerError('FILE_EXISTS', `${file} exists already; remove it first or name another file`, {
        cause,
      });
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LedgerError('FILE_UNWRITABLE', `${file} cannot be written (${reason})`, { cause });
  }
}
