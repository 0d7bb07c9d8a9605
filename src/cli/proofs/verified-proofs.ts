/** What `verify` and `history verify` say of histories and of entries of the state; receipts are in verify.ts. */
import {
  STATE_VALUE_FORMAT,
  SUBJECT_HISTORY_FORMAT,
  verifyState,
  verifySubjectHistory,
  type Rejection,
  type VerifiedHistoryEntry,
  type VerifiedState,
  type VerifiedSubjectHistory,
} from '../../sdk/index.js';
import { VerificationError } from '../exit-code.js';
import type { Terminal } from '../terminal.js';

/** With the place in the file. */
export function refusedFile(file: string, { code, message, field }: Rejection): VerificationError {
  const place = field === undefined || field === '' ? '' : ` (at ${field})`;
  return new VerificationError(code, `${file} is refused: ${message}${place}`);
}

/** `format` of the file; `undefined` when it says none. */
function formatOf(bytes: Uint8Array): unknown {
  try {
    const file: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof file === 'object' && file !== null && 'format' in file ? file.format : undefined;
  } catch {
    // Not JSON: whoever verifies it next says so, and where.
    return undefined;
  }
}

/** A record's text stands in it as it was recorded. */
export function entryToJson({ record, ...entry }: VerifiedHistoryEntry): object {
  return record === undefined
    ? { ...entry, withheld: true }
    : { ...entry, record: new TextDecoder().decode(record) };
}

export function describeEntries(entries: readonly VerifiedHistoryEntry[]): readonly string[] {
  return entries.map(({ sequence, height, transactionIndex, recordIndex, recordDigest, record }) => {
    const content =
      record === undefined ? `withheld, digest ${recordDigest}` : new TextDecoder().decode(record);
    return `${sequence}  ${height}.${transactionIndex}.${recordIndex}  ${content}`;
  });
}

function describeHistory(file: string, verified: VerifiedSubjectHistory): string {
  const { subject, count, from, entries, isWhole, height, timestampMs, signers, checkpoint } = verified;
  const page =
    count === 0
      ? 'no record names the subject'
      : isWhole
        ? `${count}, all of them here`
        : `${count}, here ${from} to ${from + entries.length - 1}`;
  return [
    `${file} is genuine`,
    `subject        ${subject}`,
    `records        ${page}`,
    `as of          block ${height}, ${new Date(timestampMs).toISOString()}`,
    `countersigned  ${signers.join(', ')} at height ${checkpoint.height}`,
    `chain id       ${verified.chainId}`,
    ...describeEntries(entries),
  ].join('\n');
}

function describeState(file: string, verified: VerifiedState): string {
  const { key, value, height, timestampMs, signers, checkpoint } = verified;
  return [
    `${file} is genuine`,
    `key            ${key}`,
    `value          ${value === undefined ? 'none: the state has no such entry' : Buffer.from(value).toString('base64')}`,
    `as of          block ${height}, ${new Date(timestampMs).toISOString()}`,
    `countersigned  ${signers.join(', ')} at height ${checkpoint.height}`,
    `chain id       ${verified.chainId}`,
  ].join('\n');
}

function showHistory(file: string, bytes: Uint8Array, genesis: Uint8Array, terminal: Terminal): void {
  const verified = verifySubjectHistory(bytes, genesis);
  if (!verified.ok) throw refusedFile(file, verified.rejection);
  const { timestampMs, entries, ...history } = verified.value;
  const timestamp = new Date(timestampMs).toISOString();
  terminal.data({ ...history, timestamp, entries: entries.map(entryToJson) }, () =>
    describeHistory(file, verified.value),
  );
}

function showState(file: string, bytes: Uint8Array, genesis: Uint8Array, terminal: Terminal): void {
  const verified = verifyState(bytes, genesis);
  if (!verified.ok) throw refusedFile(file, verified.rejection);
  const { timestampMs, value, ...state } = verified.value;
  const timestamp = new Date(timestampMs).toISOString();
  const shown =
    value === undefined
      ? { present: false }
      : { present: true, value: Buffer.from(value).toString('base64') };
  terminal.data({ ...state, timestamp, ...shown }, () => describeState(file, verified.value));
}

/** False when the file is neither a history nor a state proof. Throws VerificationError when it is one and is refused. */
export function showVerifiedProof(
  file: string,
  bytes: Uint8Array,
  genesis: Uint8Array,
  terminal: Terminal,
): boolean {
  const format = formatOf(bytes);
  if (format === SUBJECT_HISTORY_FORMAT) showHistory(file, bytes, genesis, terminal);
  else if (format === STATE_VALUE_FORMAT) showState(file, bytes, genesis, terminal);
  else return false;
  return true;
}
