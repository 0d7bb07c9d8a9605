import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesToHex } from '../../primitives/bytes.js';
import { consistencyProof, verifyConsistency } from './consistency.js';
import {
  appendLeaf,
  decodeFrontier,
  EMPTY_FRONTIER,
  encodeFrontier,
  frontierRoot,
  type MerkleNodeId,
} from './merkle-frontier.js';
import { EMPTY_TREE_ROOT, leafHash, nodeHash } from './merkle-hash.js';
import { inclusionProof, merkleRoot } from './merkle-tree.js';
import { assembleConsistency, assembleInclusion, consistencyNodes, inclusionNodes } from './stored-proofs.js';
import { rootFromInclusion, verifyInclusion } from './verify-inclusion.js';

const MAX = Number.MAX_SAFE_INTEGER;
const LEAVES_MAX = 130;
const leaves = Array.from({ length: LEAVES_MAX }, (_, index) => leafHash(Uint8Array.of(index)));

/** RFC 6962 section 2.1 word for word. */
function recursiveRoot(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length <= 1) return hashes[0] ?? EMPTY_TREE_ROOT;
  let split = 1;
  while (2 * split < hashes.length) split *= 2;
  return nodeHash(recursiveRoot(hashes.slice(0, split)), recursiveRoot(hashes.slice(split)));
}

/** A log that keeps every completed perfect subtree, and the frontier of each size. */
const nodes = new Map<string, Uint8Array>();
const frontiers = [EMPTY_FRONTIER];
for (const leaf of leaves) {
  const appended = appendLeaf(frontiers.at(-1)!, leaf);
  for (const { level, index, hash } of appended.completed) nodes.set(`${level}/${index}`, hash);
  frontiers.push(appended.frontier);
}
const stored = ({ level, index }: MerkleNodeId): Uint8Array => nodes.get(`${level}/${index}`)!;

const flipped = (hash: Uint8Array): Uint8Array => hash.map((byte, index) => (index === 7 ? byte ^ 16 : byte));

describe('RFC 6962 tree', () => {
  test('root, frontier root and recursive definition agree at every size', () => {
    for (let size = 0; size <= LEAVES_MAX; size++) {
      const part = leaves.slice(0, size);
      const root = bytesToHex(recursiveRoot(part));
      expect(bytesToHex(merkleRoot(part))).toBe(root);
      expect(bytesToHex(frontierRoot(frontiers[size]!))).toBe(root);
    }
  });

  test('a leaf never passes for a node', () => {
    const inside = new Uint8Array([...leaves[0]!, ...leaves[1]!]);
    expect(leafHash(inside)).not.toEqual(nodeHash(leaves[0]!, leaves[1]!));
  });

  test('every inclusion proof is the stored one and verifies', () => {
    for (let size = 1; size <= 40; size++) {
      const part = leaves.slice(0, size);
      const root = merkleRoot(part);
      for (let index = 0; index < size; index++) {
        const path = inclusionProof(part, index);
        expect(assembleInclusion(index, size, inclusionNodes(index, size).map(stored))).toEqual(path);
        expect(verifyInclusion({ leafHash: leaves[index]!, index, size, path, root })).toBe(true);
      }
    }
  });

  test('every consistency proof is the stored one and verifies', () => {
    for (let size2 = 0; size2 <= 40; size2++) {
      const root2 = merkleRoot(leaves.slice(0, size2));
      for (let size1 = 0; size1 <= size2; size1++) {
        const path = consistencyProof(leaves, size1, size2);
        const root1 = merkleRoot(leaves.slice(0, size1));
        expect(assembleConsistency(size1, size2, consistencyNodes(size1, size2).map(stored))).toEqual(path);
        expect(verifyConsistency({ size1, size2, root1, root2, path })).toBe(true);
      }
    }
  });
});

describe('what a wrong proof comes to', () => {
  const place = fc.integer({ min: 2, max: LEAVES_MAX }).chain((size) =>
    fc.record({
      size: fc.constant(size),
      index: fc.nat(size - 1),
      other: fc.nat(size - 1),
      at: fc.nat(20),
    }),
  );

  test('a changed inclusion proof is refused', () => {
    fc.assert(
      fc.property(place, ({ size, index, other, at }) => {
        const part = leaves.slice(0, size);
        const root = merkleRoot(part);
        const path = inclusionProof(part, index);
        const claim = { leafHash: leaves[index]!, index, size, path, root };
        const damaged = path.map((hash, position) => (position === at % path.length ? flipped(hash) : hash));
        expect(verifyInclusion(claim)).toBe(true);
        expect(verifyInclusion({ ...claim, path: damaged })).toBe(false);
        expect(verifyInclusion({ ...claim, path: path.slice(1) })).toBe(false);
        expect(verifyInclusion({ ...claim, path: [...path, path[0]!] })).toBe(false);
        expect(verifyInclusion({ ...claim, leafHash: flipped(claim.leafHash) })).toBe(false);
        if (other !== index) expect(verifyInclusion({ ...claim, index: other })).toBe(false);
      }),
    );
  });

  test('a changed consistency proof is refused', () => {
    fc.assert(
      fc.property(place, ({ size, index, at }) => {
        const size1 = index + 1;
        const path = consistencyProof(leaves, size1, size);
        const root1 = merkleRoot(leaves.slice(0, size1));
        const root2 = merkleRoot(leaves.slice(0, size));
        const claim = { size1, size2: size, root1, root2, path };
        expect(verifyConsistency(claim)).toBe(true);
        expect(verifyConsistency({ ...claim, root1: flipped(root1) })).toBe(false);
        expect(verifyConsistency({ ...claim, root2: flipped(root2) })).toBe(false);
        expect(verifyConsistency({ ...claim, path: [...path, root1] })).toBe(false);
        if (path.length > 0) {
          const damaged = path.map((hash, position) =>
            position === at % path.length ? flipped(hash) : hash,
          );
          expect(verifyConsistency({ ...claim, path: damaged })).toBe(false);
          expect(verifyConsistency({ ...claim, path: path.slice(1) })).toBe(false);
        }
      }),
    );
  });

  test('sizes and hashes that are none are refused, not thrown at', () => {
    const claim = { leafHash: leaves[0]!, index: 0, size: 1, path: [], root: leaves[0]! };
    expect(verifyInclusion(claim)).toBe(true);
    for (const index of [-1, 0.5, 1, NaN, MAX + 1]) expect(verifyInclusion({ ...claim, index })).toBe(false);
    for (const size of [0, -1, 1.5, Infinity, MAX + 1])
      expect(verifyInclusion({ ...claim, size })).toBe(false);
    expect(verifyInclusion({ ...claim, leafHash: new Uint8Array(31) })).toBe(false);
    expect(verifyInclusion({ ...claim, size: 2, path: [new Uint8Array(33)] })).toBe(false);
    const empty = { size1: 0, size2: 0, root1: EMPTY_TREE_ROOT, root2: EMPTY_TREE_ROOT, path: [] };
    expect(verifyConsistency(empty)).toBe(true);
    expect(verifyConsistency({ ...empty, root1: leaves[0]!, root2: leaves[0]! })).toBe(false);
    expect(verifyConsistency({ ...empty, size1: 1 })).toBe(false);
    expect(verifyConsistency({ ...empty, size2: 3, root1: leaves[0]! })).toBe(false);
    expect(() => inclusionProof(leaves, LEAVES_MAX)).toThrow('no leaf');
    expect(() => assembleInclusion(0, 3, [leaves[0]!])).toThrow('made of 2 nodes');
    expect(() => consistencyProof(leaves, 3, 2)).toThrow('no consistency');
  });
});

describe('sizes beyond 32 bits', () => {
  /** A tree in which every perfect subtree of a level has the same hash: all of its leaves are equal. */
  const uniform: Uint8Array[] = [leaves[0]!];
  for (let level = 1; level < 54; level++) uniform.push(nodeHash(uniform[level - 1]!, uniform[level - 1]!));
  const uniformHash = ({ level }: MerkleNodeId): Uint8Array => uniform[level]!;

  function uniformRoot(size: number): Uint8Array {
    const hashes: Uint8Array[] = [];
    for (let level = 53; level >= 0; level--)
      if (Math.floor(size / 2 ** level) % 2 === 1) hashes.push(uniform[level]!);
    return frontierRoot({ size, hashes });
  }
  const large = fc
    .maxSafeNat()
    .map((size) => size + 1)
    .filter((size) => size <= MAX);

  test('proofs verify', () => {
    fc.assert(
      fc.property(
        fc.oneof(large, fc.constantFrom(MAX, 2 ** 52, 2 ** 32, 2 ** 31 + 1)),
        fc.maxSafeNat(),
        (size, pick) => {
          const index = pick % size;
          const path = assembleInclusion(index, size, inclusionNodes(index, size).map(uniformHash));
          const root = uniformRoot(size);
          expect(verifyInclusion({ leafHash: uniform[0]!, index, size, path, root })).toBe(true);
          const size1 = index + 1;
          const proof = assembleConsistency(size1, size, consistencyNodes(size1, size).map(uniformHash));
          expect(
            verifyConsistency({ size1, size2: size, root1: uniformRoot(size1), root2: root, path: proof }),
          ).toBe(true);
        },
      ),
    );
  });

  test('the last leaf can be appended, one more cannot', () => {
    const hashes = Array.from({ length: 53 }, (_, level) => uniform[52 - level]!);
    const almost = { size: MAX - 1, hashes: hashes.slice(0, 52) };
    const { frontier, completed } = appendLeaf(almost, uniform[0]!);
    expect(frontier).toEqual({ size: MAX, hashes });
    expect(completed).toEqual([{ level: 0, index: MAX - 1, hash: uniform[0] }]);
    expect(decodeFrontier(encodeFrontier(frontier))).toEqual(frontier);
    expect(() => appendLeaf(frontier, uniform[0]!)).toThrow('tree size');
  });
});

describe('frontier bytes', () => {
  test('go there and back, and nothing else is read', () => {
    for (const frontier of frontiers) {
      const bytes = encodeFrontier(frontier);
      expect(decodeFrontier(bytes)).toEqual(frontier);
      expect(decodeFrontier(new Uint8Array([...bytes, 0]))).toBeUndefined();
      expect(decodeFrontier(bytes.slice(0, -1))).toBeUndefined();
    }
    expect(decodeFrontier(new Uint8Array(8).fill(255))).toBeUndefined();
    expect(rootFromInclusion({ leafHash: leaves[0]!, index: 0, size: 2, path: [] })).toBeUndefined();
  });

  test('completed subtrees are the perfect ones, each once', () => {
    expect(nodes.size).toBe([130, 65, 32, 16, 8, 4, 2, 1].reduce((sum, count) => sum + count));
  });
});
