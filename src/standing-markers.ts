/**
 * Durable notes about a node's standing. HALTED: it met a contradiction that more than f faulty validators must have
 * caused, and must not start again by itself. QUARANTINED: its result differed from a countersigned one, or its key has said
 * what its journal does not know; it follows, and does not vote: with that key, where the note names one. Whoever has found
 * out what happened removes the file.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Divergence, Quarantine } from './node/node-surroundings.js';
import type { PublicKey } from './protocol/primitives/identifiers.js';
import { LedgerError } from './protocol/primitives/ledger-error.js';

type Marker = 'HALTED' | 'QUARANTINED';

const KEY_LINE = /\nkey ([0-9a-f]{64})$/;

export function writeQuarantine(dataDirectory: string, { reason, key }: Quarantine): void {
  writeMarker(dataDirectory, 'QUARANTINED', key === undefined ? reason : `${reason}\nkey ${key}`);
}

/** When and why, and for which key; `undefined` for a node that is not quarantined. */
export function readQuarantine(dataDirectory: string): Quarantine | undefined {
  const note = readMarker(dataDirectory, 'QUARANTINED');
  if (note === undefined) return undefined;
  const key = KEY_LINE.exec(note)?.[1] as PublicKey | undefined;
  return { reason: note.replace(KEY_LINE, ''), key };
}

/** The file that it was written to. A later one of the same height takes its place. */
export function writeDivergence(dataDirectory: string, divergence: Divergence): string {
  const name = path.join(dataDirectory, `DIVERGENCE-${divergence.height}.json`);
  writeDurably(name, `${JSON.stringify({ at: new Date().toISOString(), ...divergence }, undefined, 2)}\n`);
  return name;
}

export function writeMarker(dataDirectory: string, marker: Marker, reason: string): void {
  writeDurably(path.join(dataDirectory, marker), `${new Date().toISOString()} ${reason}\n`);
}

function writeDurably(name: string, text: string): void {
  const file = openSync(name, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** When and why the marker was written; `undefined` when there is none. */
function readMarker(dataDirectory: string, marker: Marker): string | undefined {
  try {
    return readFileSync(path.join(dataDirectory, marker), 'utf8').trim();
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT')
      return undefined;
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
