/** Histories and entries of a state made by hand, proven by the ledger of receipt-ledger.ts: height 5, two epochs. */
import {
  appendLeaf,
  EMPTY_FRONTIER,
  encodeFrontier,
} from '../../src/protocol/crypto/merkle/merkle-frontier.js';
import { assembleRange, rangeNodes } from '../../src/protocol/crypto/merkle/stored-proofs.js';
import { sha256 } from '../../src/protocol/crypto/sha256.js';
import { subjectLeafHash } from '../../src/protocol/execution/apply-records.js';
import { bytesToHex, compareBytes, utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import type { Digest } from '../../src/protocol/primitives/identifiers.js';
import { buildStateValue } from '../../src/protocol/proof/state/state-value.js';
import {
  buildSubjectHistory,
  type HistoryFileEntry,
} from '../../src/protocol/proof/state/subject-history.js';
import { parseStateKeyText } from '../../src/protocol/state/state-key-text.js';
import {
  stateKey,
  stateKeyDigest,
  stateValueDigest,
  type StateKey,
} from '../../src/protocol/state/state-key.js';
import { bucketForProof, proveState, type StateProof } from '../../src/protocol/state/state-proof.js';
import { StateTree, type StateLeaf } from '../../src/protocol/state/state-tree.js';
import { createReceiptLedger, type ReceiptLedger } from './receipt-ledger.js';

export interface SubjectFiles {
  readonly ledger: ReceiptLedger;
  /** A page under the checkpoint of a height, which is 5 or more; the entries at `withheld` are shown as digests. */
  history(
    subject: string,
    from: number,
    to: number,
    checkpoint?: number,
    withheld?: readonly number[],
  ): Uint8Array;
  /** The proof that the state has this value for the key, or none. */
  state(keyText: string, checkpoint?: number): Uint8Array;
}

/** Record i of a subject. */
export function recordOf(subject: string, index: number): Uint8Array {
  return utf8ToBytes(JSON.stringify({ subject, index }));
}

/** Where record i stands: three in each transaction, two transactions in each of the heights 1 to 5. */
function placeOf(index: number, count: number) {
  const slot = Math.floor((index * 30) / Math.max(30, count));
  return { height: 1 + Math.floor(slot / 6), transactionIndex: Math.floor(slot / 3) % 2, recordIndex: index };
}

/** Subjects with the numbers of their records; the state has a few entries beside theirs. */
export function createSubjectFiles(counts: Readonly<Record<string, number>>): SubjectFiles {
  const values = new Map<StateKey, Uint8Array>();
  const nodes = new Map<string, Uint8Array>();
  for (const [subject, count] of Object.entries(counts)) {
    let frontier = EMPTY_FRONTIER;
    for (let index = 0; index < count; index++) {
      const hash = subjectLeafHash(sha256(recordOf(subject, index)), placeOf(index, count));
      const appended = appendLeaf(frontier, hash);
      frontier = appended.frontier;
      for (const node of appended.completed) nodes.set(`${subject} ${node.level}/${node.index}`, node.hash);
    }
    values.set(stateKey('subject', subject), encodeFrontier(frontier));
  }
  for (let index = 0; index < 40; index++)
    values.set(stateKey('readers', `member-${index}`), Uint8Array.of(index));
  const tree = new StateTree(4);
  const buckets = new Map<number, StateLeaf[]>();
  for (const [key, value] of values) {
    const leaf = { keyDigest: stateKeyDigest(key), valueDigest: stateValueDigest(value) };
    const bucket = tree.bucketOf(leaf.keyDigest);
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), leaf]);
  }
  for (const leaves of buckets.values())
    leaves.sort((left, right) => compareBytes(left.keyDigest, right.keyDigest));
  const ledger = createReceiptLedger(bytesToHex(tree.update(buckets)) as Digest);
  const prove = (key: StateKey): StateProof => {
    const digest = stateKeyDigest(key);
    return proveState(tree, buckets.get(bucketForProof(tree, digest)) ?? [], digest);
  };
  return {
    ledger,
    history: (subject, from, to, checkpoint = 11, withheld = []) => {
      const key = stateKey('subject', subject);
      const count = counts[subject] ?? 0;
      const entries = Array.from({ length: to - from }, (_, offset): HistoryFileEntry => {
        const record = recordOf(subject, from + offset);
        const place = placeOf(from + offset, count);
        return withheld.includes(from + offset) ? { ...place, digest: sha256(record) } : { ...place, record };
      });
      const hashes =
        from === to
          ? []
          : rangeNodes(from, to, count).map(({ level, index }) => nodes.get(`${subject} ${level}/${index}`)!);
      const range = from === to ? [] : assembleRange(from, to, count, hashes);
      const page = { subject, count, from, entries, range, frontier: values.get(key) };
      return buildSubjectHistory({ ...ledger.parts(0, checkpoint), ...page, stateProof: prove(key) });
    },
    state: (keyText, checkpoint = 11) => {
      const parsed = parseStateKeyText(keyText);
      if (!parsed.ok) throw new Error(parsed.rejection.message);
      const { key } = parsed.value;
      const entry = { key, keyText, value: values.get(key), stateProof: prove(key) };
      return buildStateValue({ ...ledger.parts(0, checkpoint), ...entry });
    },
  };
}
