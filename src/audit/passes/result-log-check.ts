/**
 * A height's leaf of the result log, in its three places: the result record, the nodes and the root. One that was changed must
 * not make all later heights look wrong, so what agrees with the root of the height, or with what was countersigned, counts.
 */
import {
  appendLeaf,
  frontierRoot,
  type MerkleFrontier,
  type MerkleNode,
} from '../../protocol/crypto/merkle/merkle-frontier.js';
import { leafHash } from '../../protocol/crypto/merkle/merkle-hash.js';
import { bytesEqual, bytesToHex } from '../../protocol/primitives/bytes.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import type { Findings } from '../finding.js';

export interface StoredLogHeight {
  readonly height: Height;
  readonly resultRecord: Uint8Array;
  readonly logRoot: Uint8Array;
  /** Hash of each node that the leaf completes, the leaf first; `undefined` where there is no row. */
  readonly nodes: readonly (Uint8Array | undefined)[];
  /** Root that Q validators have signed for this height. */
  readonly certifiedRoot: string | undefined;
}

interface Appended {
  readonly frontier: MerkleFrontier;
  readonly completed: readonly MerkleNode[];
}

/** The log with this height, of what speaks for itself. */
export function checkResultLog(
  stored: StoredLogHeight,
  before: MerkleFrontier,
  findings: Findings,
): MerkleFrontier {
  const { height, resultRecord, logRoot } = stored;
  const own = appendLeaf(before, leafHash(resultRecord));
  const truth = stored.certifiedRoot ?? bytesToHex(logRoot);
  const chosen = choose(own, stored.nodes[0], before, truth);
  if (chosen !== own) {
    findings.add({
      table: 'blocks',
      row: { height, column: 'result_record' },
      heights: [height],
      problem: 'the result record is not the one in the result log',
      expected: `a record with the leaf hash ${hexOf(chosen)}`,
      found: `one with ${hexOf(own)}`,
    });
  }
  const root = bytesToHex(frontierRoot(chosen.frontier));
  if (root !== bytesToHex(logRoot)) {
    findings.add({
      table: 'blocks',
      row: { height, column: 'log_root' },
      heights: [height],
      problem: 'the root of the result log is not that of the records up to here',
      expected: root,
      found: bytesToHex(logRoot),
    });
  }
  checkNodes(stored, chosen.completed, findings);
  return chosen.frontier;
}

function hexOf({ completed: [leaf] }: Appended): string {
  return bytesToHex(leaf?.hash ?? new Uint8Array(0));
}

function choose(
  own: Appended,
  storedLeaf: Uint8Array | undefined,
  before: MerkleFrontier,
  truth: string,
): Appended {
  if (storedLeaf === undefined || bytesToHex(frontierRoot(own.frontier)) === truth) return own;
  const other = appendLeaf(before, storedLeaf);
  return bytesToHex(frontierRoot(other.frontier)) === truth ? other : own;
}

function checkNodes(
  { height, nodes }: StoredLogHeight,
  completed: readonly MerkleNode[],
  findings: Findings,
): void {
  for (const [position, { level, index, hash }] of completed.entries()) {
    const there = nodes[position];
    if (there !== undefined && bytesEqual(there, hash)) continue;
    findings.add({
      table: 'log_nodes',
      row: { level, index },
      heights: [height],
      problem:
        there === undefined ? 'a node of the result log is missing' : 'a node of the result log is another',
      expected: bytesToHex(hash),
      found: there === undefined ? 'no row' : bytesToHex(there),
    });
  }
}
