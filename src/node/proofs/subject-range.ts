/**
 * The range proof of a page of a subject's history (HIST-3), from the three places where the nodes of its tree are: the
 * frontier in the state, the stored subtrees of 256 entries and more, and for smaller ones the entries beside the page.
 */
import type { MerkleFrontier, MerkleNodeId } from '../../protocol/crypto/merkle/merkle-frontier.js';
import { merkleRoot } from '../../protocol/crypto/merkle/merkle-tree.js';
import { assembleRange, frontierNodes, rangeNodes } from '../../protocol/crypto/merkle/stored-proofs.js';
import { SUBJECT_NODE_LEVEL_MIN, subjectLeafHash } from '../../protocol/execution/apply-records.js';
import { invariant } from '../../protocol/primitives/invariant.js';
import type { StateKey } from '../../protocol/state/state-key.js';
import type { HistoryLeaf, LedgerReader } from '../ports.js';

function nameOf({ level, index }: MerkleNodeId): string {
  return `${level}/${index}`;
}

function leavesUnder({ level, index }: MerkleNodeId): { readonly from: number; readonly to: number } {
  const width = 2 ** level;
  return { from: index * width, to: (index + 1) * width };
}

/** Roots of the subtrees whose leaves follow each other in `leaves`. */
function hashSubtrees(nodes: readonly MerkleNodeId[], leaves: readonly HistoryLeaf[]): readonly Uint8Array[] {
  const hashes = leaves.map((leaf) => subjectLeafHash(leaf.recordDigest, leaf));
  let start = 0;
  return nodes.map(({ level }) => {
    const under = hashes.slice(start, start + 2 ** level);
    start += 2 ** level;
    return merkleRoot(under);
  });
}

/** Proof that the leaves [from, to) stand there in the tree with this frontier; from < to ≤ size. */
export async function readSubjectRange(
  reader: Pick<LedgerReader, 'readHistoryLeaves' | 'readHistoryNodes'>,
  history: StateKey,
  { size, hashes: peaks }: MerkleFrontier,
  from: number,
  to: number,
): Promise<readonly Uint8Array[]> {
  const known = new Map(frontierNodes(size).map((node, index) => [nameOf(node), peaks[index]]));
  const nodes = rangeNodes(from, to, size);
  const unknown = nodes.filter((node) => !known.has(nameOf(node)));
  const stored = unknown.filter(({ level }) => level >= SUBJECT_NODE_LEVEL_MIN);
  const small = unknown.filter(({ level }) => level < SUBJECT_NODE_LEVEL_MIN);
  const [storedHashes, leaves] = await Promise.all([
    reader.readHistoryNodes(history, stored),
    reader.readHistoryLeaves(history, small.map(leavesUnder)),
  ]);
  for (const [index, node] of stored.entries()) known.set(nameOf(node), storedHashes[index]);
  const smallHashes = hashSubtrees(small, leaves);
  for (const [index, node] of small.entries()) known.set(nameOf(node), smallHashes[index]);
  const hashes = nodes.map((node) => {
    const hash = known.get(nameOf(node));
    invariant(hash !== undefined, `node ${nameOf(node)} of a history of ${size} is nowhere`);
    return hash;
  });
  return assembleRange(from, to, size, hashes);
}
