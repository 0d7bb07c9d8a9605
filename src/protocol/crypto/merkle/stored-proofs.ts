/**
 * Proofs from a store that keeps every perfect subtree of the log by (level, index), so that a proof costs a few
 * look-ups whatever the size: xNodes says which hashes to fetch, assembleX makes the proof of them. An item of the
 * proof is one node, or several folded from the right (the unfinished edge). RFC 6962 sections 2.1.1 and 2.1.2.
 */
import { invariant } from '../../primitives/invariant.js';
import { isCheckedInteger } from '../../primitives/checked-integers.js';
import type { MerkleNodeId } from './merkle-frontier.js';
import { nodeHash } from './merkle-hash.js';

/** One list for each hash of the proof: perfect subtrees from left to right. */
type ProofPlan = readonly (readonly MerkleNodeId[])[];

/** Largest power of two below `count` (count ≥ 2), with its exponent. */
function splitOf(count: number): { readonly width: number; readonly level: number } {
  let width = 1;
  let level = 0;
  while (2 * width < count) {
    width *= 2;
    level++;
  }
  return { width, level };
}

/** Perfect subtrees that cover the leaves begin … end−1 of a node of the tree. */
function coveringNodes(begin: number, end: number): readonly MerkleNodeId[] {
  const nodes: MerkleNodeId[] = [];
  let start = begin;
  while (end - start > 1) {
    const { width, level } = splitOf(end - start);
    if (2 * width === end - start) {
      nodes.push({ level: level + 1, index: start / (2 * width) });
      return nodes;
    }
    nodes.push({ level, index: start / width });
    start += width;
  }
  if (end > start) nodes.push({ level: 0, index: start });
  return nodes;
}

function planInclusion(index: number, size: number): ProofPlan {
  invariant(
    isCheckedInteger(index) && isCheckedInteger(size) && index < size,
    `no leaf ${index} among ${size}`,
  );
  const plan: (readonly MerkleNodeId[])[] = [];
  let begin = 0;
  let end = size;
  while (end - begin > 1) {
    const middle = begin + splitOf(end - begin).width;
    if (index < middle) {
      plan.push(coveringNodes(middle, end));
      end = middle;
    } else {
      plan.push(coveringNodes(begin, middle));
      begin = middle;
    }
  }
  return plan.reverse();
}

function planConsistency(size1: number, size2: number): ProofPlan {
  invariant(
    isCheckedInteger(size1) && isCheckedInteger(size2) && size1 <= size2,
    `no consistency from ${size1} to ${size2} leaves`,
  );
  const plan: (readonly MerkleNodeId[])[] = [];
  let begin = 0;
  let end = size2;
  if (size1 === 0 || size1 === size2) return plan;
  while (size1 !== end) {
    const middle = begin + splitOf(end - begin).width;
    if (size1 <= middle) {
      plan.push(coveringNodes(middle, end));
      end = middle;
    } else {
      plan.push(coveringNodes(begin, middle));
      begin = middle;
    }
  }
  // The verifier knows the old root already when it is this very subtree.
  if (begin !== 0) plan.push(coveringNodes(begin, end));
  return plan.reverse();
}

/** The subtrees beside the leaves [from, to) from left to right; each is as large as it can be without one of them. */
function planRange(from: number, to: number, size: number): ProofPlan {
  invariant(
    [from, to, size].every(isCheckedInteger) && from < to && to <= size,
    `no leaves ${from} to ${to} among ${size}`,
  );
  const plan: (readonly MerkleNodeId[])[] = [];
  const visit = (begin: number, end: number): void => {
    if (from <= begin && end <= to) return;
    if (end <= from || begin >= to) {
      plan.push(coveringNodes(begin, end));
      return;
    }
    const middle = begin + splitOf(end - begin).width;
    visit(begin, middle);
    visit(middle, end);
  };
  visit(0, size);
  return plan;
}

function assemble(plan: ProofPlan, hashes: readonly Uint8Array[]): readonly Uint8Array[] {
  const needed = plan.reduce((count, nodes) => count + nodes.length, 0);
  invariant(hashes.length === needed, `the proof is made of ${needed} nodes, not of ${hashes.length}`);
  let next = 0;
  return plan.map((nodes) => {
    const parts = hashes.slice(next, next + nodes.length);
    next += nodes.length;
    return parts.reduceRight((right, left) => nodeHash(left, right));
  });
}

/** Nodes whose hashes make the root of the tree of `size` leaves, one leaf or more, in the order assembleRoot wants. */
export function rootNodes(size: number): readonly MerkleNodeId[] {
  invariant(isCheckedInteger(size) && size > 0, `no nodes of ${size} leaves`);
  return coveringNodes(0, size);
}

export function assembleRoot(size: number, hashes: readonly Uint8Array[]): Uint8Array {
  const [root] = assemble([rootNodes(size)], hashes);
  invariant(root !== undefined, 'a tree with leaves has a root');
  return root;
}

/** Nodes for the inclusion proof of leaf `index` in the tree of `size` leaves, in the order assembleInclusion wants. */
export function inclusionNodes(index: number, size: number): readonly MerkleNodeId[] {
  return planInclusion(index, size).flat();
}

/** The inclusion proof; `hashes` are those of inclusionNodes(index, size), in its order. */
export function assembleInclusion(
  index: number,
  size: number,
  hashes: readonly Uint8Array[],
): readonly Uint8Array[] {
  return assemble(planInclusion(index, size), hashes);
}

/** Nodes for the proof that the tree of `size1` leaves is the beginning of that of `size2`. */
export function consistencyNodes(size1: number, size2: number): readonly MerkleNodeId[] {
  return planConsistency(size1, size2).flat();
}

/** The consistency proof; `hashes` are those of consistencyNodes(size1, size2), in its order. */
export function assembleConsistency(
  size1: number,
  size2: number,
  hashes: readonly Uint8Array[],
): readonly Uint8Array[] {
  return assemble(planConsistency(size1, size2), hashes);
}

/** Perfect subtrees that a tree of `size` leaves consists of, largest first: those whose roots its frontier holds. */
export function frontierNodes(size: number): readonly MerkleNodeId[] {
  return coveringNodes(0, size);
}

/** Nodes for the proof that the leaves [from, to) stand there in the tree of `size` leaves. */
export function rangeNodes(from: number, to: number, size: number): readonly MerkleNodeId[] {
  return planRange(from, to, size).flat();
}

/** The range proof; `hashes` are those of rangeNodes(from, to, size), in its order. */
export function assembleRange(
  from: number,
  to: number,
  size: number,
  hashes: readonly Uint8Array[],
): readonly Uint8Array[] {
  return assemble(planRange(from, to, size), hashes);
}

/** Number of hashes of the range proof. */
export function rangePathLength(from: number, to: number, size: number): number {
  return planRange(from, to, size).length;
}
