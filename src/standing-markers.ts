/**
 * Durable notes about a node's standing. HALTED: it met a contradiction that more than f faulty validators must have
 * caused, and must not start again by itself. QUARANTINED: its result differed from a countersigned one; it follows, and
 * does not vote. Whoever has found out what happened removes the file.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { LedgerError } from './protocol/primitives/ledger-error.js';

export type Marker = 'HALTED' | 'QUARANTINED';

export function writeMarker(dataDirectory: string, marker: Marker, reason: string): void {
  const file = openSync(path.join(dataDirectory, marker), 'w', 0o600);
  try {
    writeSync(file, `${new Date().toISOString()} ${reason}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** When and why the marker was written; `undefined` when there is none. */
export function readMarker(dataDirectory: string, marker: Marker): string | undefined {
  try {
    return readFileSync(path.join(dataDirectory, marker), 'utf8').trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Throws LedgerError NODE_HALTED while that marker exists. */
export function assertNotHalted(dataDirectory: string): void {
  const reason = readMarker(dataDirectory, 'HALTED');
  if (reason === undefined) return;
  const file = path.join(dataDirectory, 'HALTED');
  throw new LedgerError(
    'NODE_HALTED',
    `this node halted and must not start by itself (${reason}); find the cause with the other organisations, then remove ${file}`,
  );
}
