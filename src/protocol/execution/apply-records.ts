/**
 * Appends records to the histories of their subjects. subject/<subject> holds the frontier of an RFC 6962 tree whose
 * size is the count; a leaf is record digest ‖ height u64 ‖ transaction index u32 ‖ record index u32 (SUBJ-1).
 */
import {
  appendLeaf,
  decodeFrontier,
  EMPTY_FRONTIER,
  encodeFrontier,
  type MerkleFrontier,
  type MerkleNode,
} from '../crypto/merkle/merkle-frontier.js';
import { leafHash } from '../crypto/merkle/merkle-hash.js';
import type { Height } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import type { StateKey } from '../state/state-key.js';
import type { WriteSet } from '../state/write-set.js';
import type { PlannedRecord } from './plan-transaction.js';

/** A record's place on the ledger. */
export interface RecordPlace {
  readonly height: Height;
  readonly transactionIndex: number;
  readonly recordIndex: number;
}

/** A record's place in the history of one subject. */
export interface AppendedEntry extends RecordPlace {
  readonly subjectKey: StateKey;
  readonly sequence: number;
  readonly record: PlannedRecord;
  /** Perfect subtrees of level SUBJECT_NODE_LEVEL_MIN and above that the entry completes in the subject's tree. */
  readonly completed: readonly MerkleNode[];
}

/**
 * Subtrees from 256 leaves on are kept, so that a page of a long history is proven without hashing all of it. Smaller ones are
 * made from the leaves: keeping them too would cost as many rows as there are entries.
 */
export const SUBJECT_NODE_LEVEL_MIN = 8;

const LEAF_BYTES = 32 + 8 + 4 + 4;

/** Leaf hash of a record in the history of each of its subjects. */
export function subjectLeafHash(recordDigest: Uint8Array, place: RecordPlace): Uint8Array {
  const data = new Uint8Array(LEAF_BYTES);
  const view = new DataView(data.buffer);
  data.set(recordDigest);
  view.setUint32(32, Math.floor(place.height / 0x1_0000_0000));
  view.setUint32(36, place.height % 0x1_0000_0000);
  view.setUint32(40, place.transactionIndex);
  view.setUint32(44, place.recordIndex);
  return leafHash(data);
}

/** History of a subject in the state; empty when it has none. */
export function subjectFrontier(value: Uint8Array | undefined): MerkleFrontier {
  if (value === undefined) return EMPTY_FRONTIER;
  const frontier = decodeFrontier(value);
  invariant(frontier !== undefined, 'a subject entry of the state is not one that this ledger writes');
  return frontier;
}

/** Writes the new histories; the entries come in record order. */
export function applyRecords(
  records: readonly PlannedRecord[],
  place: Omit<RecordPlace, 'recordIndex'>,
  state: WriteSet,
): readonly AppendedEntry[] {
  const frontiers = new Map<StateKey, MerkleFrontier>();
  const entries: AppendedEntry[] = [];
  for (const [recordIndex, record] of records.entries()) {
    if (record.subjects.length === 0) continue;
    const { height, transactionIndex } = place;
    const hash = subjectLeafHash(record.digest, { height, transactionIndex, recordIndex });
    for (const key of record.subjects) {
      const frontier = frontiers.get(key) ?? subjectFrontier(state.get(key));
      const appended = appendLeaf(frontier, hash);
      frontiers.set(key, appended.frontier);
      entries.push({
        subjectKey: key,
        sequence: frontier.size,
        record,
        height,
        transactionIndex,
        recordIndex,
        completed: appended.completed.slice(SUBJECT_NODE_LEVEL_MIN),
      });
    }
  }
  for (const [key, frontier] of frontiers) state.put(key, encodeFrontier(frontier));
  return entries;
}
