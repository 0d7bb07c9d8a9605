/**
 * A page of the history of a subject with its proof (HIST-1): one file that shows, with the genesis file and nothing else, that
 * these records and no others name the subject there. Bytes are base64, hashes hex; the file is its own RFC 8785 form.
 */
import type { RecordPlace } from '../../execution/apply-records.js';
import { bytesToBase64 } from '../../primitives/base64.js';
import { bytesToHex, utf8ToBytes } from '../../primitives/bytes.js';
import type { Result } from '../../primitives/rejection.js';
import { stateKey, stateKeyDigest } from '../../state/state-key.js';
import type { StateProof } from '../../state/state-proof.js';
import { formatCanonicalJson, type CanonicalValue } from '../canonical-json.js';
import {
  buildCountersignedResult,
  pathToJson,
  resultToJson,
  type CountersignedResult,
  type ResultParts,
} from '../countersigned/countersigned-result.js';
import { keyProofOf, keyProofToJson, type KeyProof } from '../countersigned/key-proof.js';
import { readProofFile, type ProofFileForm, type ProofFileReader } from '../countersigned/proof-file.js';

export const SUBJECT_HISTORY_FORMAT = 'countersign-history/v1';
/**
 * Records of 4 MiB in base64 fit, or one of 1 MiB, and beside them a validator history as long as a receipt can have
 * (RECEIPT_BYTES_MAX).
 */
const SUBJECT_HISTORY_BYTES_MAX = 24 * 1024 * 1024;

const FORM: ProofFileForm = {
  format: SUBJECT_HISTORY_FORMAT,
  noun: 'history',
  bytesMax: SUBJECT_HISTORY_BYTES_MAX,
  malformed: 'HISTORY_MALFORMED',
  notCanonical: 'HISTORY_NOT_CANONICAL',
};

/** A record that names the subject: its exact bytes or, where the reader may not see it, their digest. */
export type HistoryFileEntry = RecordPlace &
  ({ readonly record: Uint8Array } | { readonly record?: undefined; readonly digest: Uint8Array });

export interface SubjectHistory extends CountersignedResult {
  readonly subject: string;
  /** Length of the whole history at the height of the result record. */
  readonly count: number;
  /** Position of the first entry. */
  readonly from: number;
  readonly entries: readonly HistoryFileEntry[];
  /** Roots of the subtrees beside the entries, left to right; empty for a subject without a history. */
  readonly range: readonly Uint8Array[];
  /** The state's value of the subject: size and frontier of its tree; `undefined` when no record names it. */
  readonly frontier: Uint8Array | undefined;
  readonly stateProof: KeyProof;
}

export interface SubjectHistoryParts
  extends ResultParts, Pick<SubjectHistory, 'subject' | 'count' | 'from' | 'entries' | 'range' | 'frontier'> {
  /** Under the state root of the result record. */
  readonly stateProof: StateProof;
}

/** The file's bytes. */
export function buildSubjectHistory(parts: SubjectHistoryParts): Uint8Array {
  const { subject, count, from, entries, range, frontier } = parts;
  const stateProof = keyProofOf(parts.stateProof, stateKeyDigest(stateKey('subject', subject)));
  const result = buildCountersignedResult(parts);
  return encodeSubjectHistory({ subject, count, from, entries, range, frontier, stateProof, ...result });
}

function entryToJson(entry: HistoryFileEntry): CanonicalValue {
  const { height, transactionIndex, recordIndex } = entry;
  const place = { height, transactionIndex, recordIndex };
  return entry.record === undefined
    ? { ...place, digest: bytesToHex(entry.digest) }
    : { ...place, record: bytesToBase64(entry.record) };
}

export function encodeSubjectHistory(history: SubjectHistory): Uint8Array {
  return utf8ToBytes(
    formatCanonicalJson({
      format: SUBJECT_HISTORY_FORMAT,
      subject: history.subject,
      count: history.count,
      from: history.from,
      entries: history.entries.map(entryToJson),
      range: pathToJson(history.range),
      frontier: history.frontier === undefined ? [] : [bytesToBase64(history.frontier)],
      stateProof: keyProofToJson(history.stateProof),
      ...resultToJson(history),
    }),
  );
}

function readEntry(reader: ProofFileReader): HistoryFileEntry {
  const isWithheld = reader.isNext('{"digest":');
  reader.literal(isWithheld ? '{"digest":' : '{"height":');
  const digest = isWithheld ? reader.hash('entries.digest') : undefined;
  if (isWithheld) reader.literal(',"height":');
  const height = reader.integer();
  if (!isWithheld) reader.literal(',"record":');
  const record = isWithheld ? undefined : reader.bytes('entries.record');
  reader.literal(',"recordIndex":');
  const recordIndex = reader.integer();
  reader.literal(',"transactionIndex":');
  const transactionIndex = reader.integer();
  reader.literal('}');
  const place = { height, transactionIndex, recordIndex };
  return digest === undefined ? { ...place, record: record ?? new Uint8Array(0) } : { ...place, digest };
}

function readHistory(reader: ProofFileReader): SubjectHistory {
  reader.literal('{"checkpoint":');
  const checkpoint = reader.string();
  reader.literal(',"count":');
  const count = reader.integer();
  reader.literal(',"entries":');
  const entries = reader.list(() => readEntry(reader));
  reader.literal(`,"format":"${SUBJECT_HISTORY_FORMAT}","from":`);
  const from = reader.integer();
  reader.literal(',"frontier":');
  const frontier = reader.optional('frontier');
  reader.literal(',"logPath":');
  const logPath = reader.path('logPath');
  reader.literal(',"range":');
  const range = reader.path('range');
  reader.literal(',"resultRecord":');
  const resultRecord = reader.bytes('resultRecord');
  reader.literal(',"stateProof":');
  const stateProof = reader.keyProof();
  reader.literal(',"subject":');
  const subject = reader.string();
  reader.literal(',"validatorHistory":');
  const validatorHistory = reader.list(() => reader.epochChange());
  reader.literal('}');
  reader.end();
  const result = { checkpoint, logPath, resultRecord, validatorHistory };
  return { subject, count, from, entries, range, frontier, stateProof, ...result };
}

/** Refusals: HISTORY_MALFORMED (size, UTF-8), HISTORY_NOT_CANONICAL with the place and what is expected there. */
export function decodeSubjectHistory(bytes: Uint8Array): Result<SubjectHistory> {
  return readProofFile(bytes, FORM, readHistory, encodeSubjectHistory);
}
