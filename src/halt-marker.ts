/**
 * A durable note that this node must not start again by itself: it met a contradiction that more than f faulty
 * validators must have caused. Whoever has found out what happened removes the file.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { LedgerError } from './protocol/primitives/ledger-error.js';

const FILE_NAME = 'HALTED';

export function writeHaltMarker(dataDirectory: string, reason: string): void {
  const file = openSync(path.join(dataDirectory, FILE_NAME), 'w', 0o600);
  try {
    writeSync(file, `${new Date().toISOString()} ${reason}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Throws LedgerError NODE_HALTED while the marker exists. */
export function assertNotHalted(dataDirectory: string): void {
  const file = path.join(dataDirectory, FILE_NAME);
  let reason: string;
  try {
    reason = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  throw new LedgerError(
    'NODE_HALTED',
    `this node halted and must not start by itself (${reason}); find the cause with the other organisations, then remove ${file}`,
  );
}
