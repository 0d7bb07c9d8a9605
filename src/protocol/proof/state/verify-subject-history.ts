/**
 * Opens pages of a subject's history offline (HIST-4, HIST-5): the genesis file is all that is trusted. From genesis to the state
 * root of a countersigned result, from there to size and frontier of the subject's tree, from there to the entries.
 */
import { decodeFrontier, frontierRoot, type MerkleFrontier } from '../../crypto/merkle/merkle-frontier.js';
import { rangePathLength } from '../../crypto/merkle/stored-proofs.js';
import { verifyRange } from '../../crypto/merkle/verify-range.js';
import { sha256 } from '../../crypto/sha256.js';
import { subjectLeafHash, type RecordPlace } from '../../execution/apply-records.js';
import { parseGenesis } from '../../ledger/genesis.js';
import { decodeResultRecord } from '../../ledger/result-record.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '../../primitives/bytes.js';
import type { ChainId, Digest, Height, TimestampMs } from '../../primitives/identifiers.js';
import { accept, reject, type Result } from '../../primitives/rejection.js';
import { stateKey, stateKeyDigest } from '../../state/state-key.js';
import { verifyKeyProof } from '../countersigned/key-proof.js';
import {
  verifyCountersignedResult,
  type Countersignatures,
  type ProofNaming,
} from '../countersigned/verify-countersigned-result.js';
import { decodeSubjectHistory, type HistoryFileEntry, type SubjectHistory } from './subject-history.js';

const NAMING: ProofNaming = { noun: 'history', invalid: 'HISTORY_INVALID' };
/** Leaves hold positions in 32 bits; a larger one would pass for another. */
const INDEX_MAX = 0xffff_ffff;
/** Larger than any subject that genesis may permit; beyond it a key cannot even be written. */
const SUBJECT_BYTES_MAX = 65_535;

export interface VerifiedHistoryEntry extends RecordPlace {
  /** Position in the history, 0 first. */
  readonly sequence: number;
  readonly recordDigest: Digest;
  /** Exact bytes of the record; `undefined` where whoever fetched the page may not see it. */
  readonly record: Uint8Array | undefined;
}

export interface VerifiedSubjectHistory extends Countersignatures {
  readonly chainId: ChainId;
  readonly subject: string;
  /** The history is as of this height. */
  readonly height: Height;
  /** Time of that block. */
  readonly timestampMs: TimestampMs;
  /** Length of the whole history; 0 when no record names the subject. */
  readonly count: number;
  /** Root of the subject's tree; `undefined` when no record names it. */
  readonly historyRoot: Digest | undefined;
  /** Position of the first entry. */
  readonly from: number;
  readonly entries: readonly VerifiedHistoryEntry[];
  /** The page is the whole history. */
  readonly isWhole: boolean;
}

function invalid(message: string, field: string): ReturnType<typeof reject> {
  return reject('HISTORY_INVALID', message, field);
}

function comparePlaces(left: RecordPlace, right: RecordPlace): number {
  return (
    left.height - right.height ||
    left.transactionIndex - right.transactionIndex ||
    left.recordIndex - right.recordIndex
  );
}

/** What is wrong with the page's place, or with the order of its entries. */
function findPageFault(
  { subject, count, from, entries, range }: SubjectHistory,
  size: number,
  height: Height,
): string | undefined {
  if (count !== size)
    return `the file says that ${count} records name ${subject}, the ledger counts ${size} as of height ${height}`;
  if (count === 0) {
    const isEmpty = from === 0 && entries.length === 0 && range.length === 0;
    return isEmpty ? undefined : 'a subject that no record names has no page: records were added';
  }
  const to = from + entries.length;
  if (to > count)
    return `the page reaches from ${from} to ${to}, beyond the ${count} records of the subject: records were added`;
  for (const [index, entry] of entries.entries()) {
    const sequence = from + index;
    const previous = entries[index - 1];
    if (entry.transactionIndex > INDEX_MAX || entry.recordIndex > INDEX_MAX)
      return `entry ${sequence} stands where no record can: its position is above ${INDEX_MAX}`;
    if (entry.height > height)
      return `entry ${sequence} is of height ${entry.height}, above that of the page, ${height}`;
    if (previous !== undefined && comparePlaces(previous, entry) >= 0)
      return `entry ${sequence} does not come after entry ${sequence - 1} on the ledger: records were reordered or doubled`;
  }
  return entries.length === 0
    ? 'the page has no entry, and the history has: records were removed'
    : undefined;
}

function digestOf(entry: HistoryFileEntry): Uint8Array {
  return entry.record === undefined ? entry.digest : sha256(entry.record);
}

/** That the entries stand there in the subject's tree. */
function findEntriesFault(history: SubjectHistory, frontier: MerkleFrontier): string | undefined {
  const { count, from, entries, range } = history;
  const to = from + entries.length;
  const expected = rangePathLength(from, to, count);
  if (range.length !== expected)
    return `entries ${from} to ${to} of ${count} are proven by ${expected} hashes, not by ${range.length}: records were removed or added, or the page is of another place`;
  const isThere = verifyRange({
    leafHashes: entries.map((entry) => subjectLeafHash(digestOf(entry), entry)),
    from,
    size: count,
    path: range,
    root: frontierRoot(frontier),
  });
  return isThere
    ? undefined
    : `entries ${from} to ${to} are not those of the ledger: a record was changed, removed or added, or the page is of another place`;
}

/** Size and frontier of the subject's tree, which the state names. */
function verifyFrontier(history: SubjectHistory, stateRoot: Digest): Result<MerkleFrontier | undefined> {
  const { subject, frontier, stateProof } = history;
  const keyDigest = stateKeyDigest(stateKey('subject', subject));
  const proven = verifyKeyProof(hexToBytes(stateRoot), keyDigest, frontier, stateProof);
  if (!proven.ok) return proven;
  const decoded = frontier && decodeFrontier(frontier);
  if (frontier !== undefined && decoded === undefined)
    return invalid('the value that the state has for the subject is no history', 'frontier');
  return accept(decoded);
}

/**
 * Verifies the bytes of a page against the bytes of the genesis file. Refusals: GENESIS_INVALID, HISTORY_MALFORMED,
 * HISTORY_NOT_CANONICAL, HISTORY_INVALID, PROOF_INVALID, NOTE_MALFORMED, NOTE_UNVERIFIED, and those of a malformed result record.
 */
export function verifySubjectHistory(
  historyBytes: Uint8Array,
  genesisBytes: Uint8Array,
): Result<VerifiedSubjectHistory> {
  const genesis = parseGenesis(genesisBytes);
  if (!genesis.ok) return genesis;
  const decoded = decodeSubjectHistory(historyBytes);
  if (!decoded.ok) return decoded;
  const history = decoded.value;
  const { subject, count, from } = history;
  if (utf8ToBytes(subject).length > SUBJECT_BYTES_MAX)
    return invalid('the subject is longer than any can be', 'subject');
  const record = decodeResultRecord(history.resultRecord);
  if (!record.ok) return record;
  const { chainId, height, timestampMs, stateRoot } = record.value;
  if (chainId !== genesis.value.chainId) {
    const message = `the history is of chain ${chainId}, the genesis file is of ${genesis.value.chainId}`;
    return invalid(message, 'resultRecord');
  }
  const signed = verifyCountersignedResult(history, record.value, genesis.value, NAMING);
  if (!signed.ok) return signed;
  const frontier = verifyFrontier(history, stateRoot);
  if (!frontier.ok) return frontier;
  const fault =
    findPageFault(history, frontier.value?.size ?? 0, height) ??
    (frontier.value && findEntriesFault(history, frontier.value));
  if (fault !== undefined) return invalid(fault, 'entries');
  const historyRoot = frontier.value && (bytesToHex(frontierRoot(frontier.value)) as Digest);
  const entries = history.entries.map((entry, index): VerifiedHistoryEntry => {
    const { transactionIndex, recordIndex, record: bytes } = entry;
    const recordDigest = bytesToHex(digestOf(entry)) as Digest;
    const place = { height: entry.height, transactionIndex, recordIndex };
    return { sequence: from + index, ...place, recordDigest, record: bytes };
  });
  const isWhole = entries.length === count;
  const page = { subject, height, timestampMs, count, historyRoot, from, entries, isWhole };
  return accept({ chainId, ...page, ...signed.value });
}
