/** The two files of a witness: what it remembers, written whole or not at all, and beside it the evidence of a fork. */
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import {
  decodeWitnessState,
  encodeWitnessState,
  type Genesis,
  type LogFork,
  type WitnessState,
} from '../../sdk/index.js';

const EVIDENCE_FORMAT = 'countersign-fork-evidence/v1';

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}

function unwritable(file: string, cause: unknown): LedgerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new LedgerError('FILE_UNWRITABLE', `${file} cannot be written (${reason})`, { cause });
}

/** A reader sees the old content or the new one, also after a crash. */
function writeWhole(file: string, bytes: Uint8Array | string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, bytes, { mode: 0o644 });
    sync(temporary);
    renameSync(temporary, file);
    sync(path.dirname(file));
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

function sync(place: string): void {
  const descriptor = openSync(place, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** `undefined` when there is no file yet. Throws FILE_UNREADABLE, WITNESS_STATE_INVALID. */
export function loadWitnessState(file: string, genesis: Genesis): WitnessState | undefined {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LedgerError('FILE_UNREADABLE', `${file} cannot be read (${reason}); check the path`, { cause });
  }
  return decodeWitnessState(bytes, genesis);
}

/** Throws FILE_UNWRITABLE. */
export function saveWitnessState(file: string, state: WitnessState, genesis: Genesis): void {
  writeWhole(file, encodeWitnessState(state, genesis));
}

/** Name of the file with the evidence; the same fork has the same name, so it is kept once. Throws FILE_UNWRITABLE. */
export function saveForkEvidence(stateFile: string, fork: LogFork): string {
  const { remembered, presented } = fork;
  const digest = createHash('sha256').update(remembered.note).update(presented.note).digest('hex');
  const file = `${stateFile}.fork-${remembered.height}-${presented.height}-${digest.slice(0, 8)}.json`;
  writeWhole(file, `${JSON.stringify({ format: EVIDENCE_FORMAT, ...fork }, undefined, 2)}\n`);
  return file;
}
