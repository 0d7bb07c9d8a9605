import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { appendLeaf, EMPTY_FRONTIER, type MerkleNodeId } from './merkle-frontier.js';
import { EMPTY_TREE_ROOT, leafHash, nodeHash } from './merkle-hash.js';
import { merkleRoot } from './merkle-tree.js';
import { assembleRange, frontierNodes, rangeNodes, rangePathLength } from './stored-proofs.js';
import { rootFromRange, verifyRange } from './verify-range.js';

const MAX = Number.MAX_SAFE_INTEGER;
const LEAVES = 130;
const leaves = Array.from({ length: LEAVES }, (_, index) => leafHash(Uint8Array.of(index)));
const flipped = (hash: Uint8Array): Uint8Array => hash.map((byte, index) => (index === 7 ? byte ^ 16 : byte));

const nodes = new Map<string, Uint8Array>();
const frontiers = [EMPTY_FRONTIER];
for (const leaf of leaves) {
  const appended = appendLeaf(frontiers.at(-1)!, leaf);
  for (const { level, index, hash } of appended.completed) nodes.set(`${level}/${index}`, hash);
  frontiers.push(appended.frontier);
}
const stored = ({ level, index }: MerkleNodeId): Uint8Array => nodes.get(`${level}/${index}`)!;

/** RFC 6962 section 2.1 word for word, with what a proof of [from, to) needs on the way. */
function plain(hashes: readonly Uint8Array[], begin: number, from: number, to: number): Uint8Array[] {
  const end = begin + hashes.length;
  const root = (part: readonly Uint8Array[]): Uint8Array => {
    if (part.length <= 1) return part[0] ?? EMPTY_TREE_ROOT;
    let split = 1;
    while (2 * split < part.length) split *= 2;
    return nodeHash(root(part.slice(0, split)), root(part.slice(split)));
  };
  if (end <= from || begin >= to) return [root(hashes)];
  if (hashes.length === 1) return [];
  let split = 1;
  while (2 * split < hashes.length) split *= 2;
  return [
    ...plain(hashes.slice(0, split), begin, from, to),
    ...plain(hashes.slice(split), begin + split, from, to),
  ];
}

const range = fc
  .integer({ min: 1, max: LEAVES })
  .chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)))
  .chain(([size, from]) =>
    fc.tuple(fc.constant(size), fc.constant(from), fc.integer({ min: from + 1, max: size })),
  );

describe('range proofs', () => {
  test('of every range of small trees are the plain ones, and verify', () => {
    for (let size = 1; size <= 20; size++) {
      const part = leaves.slice(0, size);
      const root = merkleRoot(part);
      for (let from = 0; from < size; from++) {
        for (let to = from + 1; to <= size; to++) {
          const path = assembleRange(from, to, size, rangeNodes(from, to, size).map(stored));
          expect(path).toEqual(plain(part, 0, from, to));
          expect(path).toHaveLength(rangePathLength(from, to, size));
          expect(verifyRange({ leafHashes: part.slice(from, to), from, size, path, root })).toBe(true);
        }
      }
    }
  });

  test('changed in any way are refused', () => {
    fc.assert(
      fc.property(range, fc.nat(1_000), ([size, from, to], at) => {
        const root = merkleRoot(leaves.slice(0, size));
        const path = assembleRange(from, to, size, rangeNodes(from, to, size).map(stored));
        const leafHashes = leaves.slice(from, to);
        const claim = { leafHashes, from, size, path, root };
        expect(verifyRange(claim)).toBe(true);
        const change = (list: readonly Uint8Array[]): Uint8Array[] =>
          list.map((hash, index) => (index === at % list.length ? flipped(hash) : hash));
        expect(verifyRange({ ...claim, leafHashes: change(leafHashes) })).toBe(false);
        expect(verifyRange({ ...claim, leafHashes: leafHashes.slice(1) })).toBe(false);
        expect(verifyRange({ ...claim, leafHashes: [...leafHashes, leafHashes[0]!] })).toBe(false);
        expect(verifyRange({ ...claim, path: [...path, root] })).toBe(false);
        if (path.length > 0) {
          expect(verifyRange({ ...claim, path: change(path) })).toBe(false);
          expect(verifyRange({ ...claim, path: path.slice(1) })).toBe(false);
        }
        if (leafHashes.length > 1)
          expect(verifyRange({ ...claim, leafHashes: leafHashes.toReversed() })).toBe(false);
        if (from > 0) expect(verifyRange({ ...claim, from: from - 1 })).toBe(false);
        expect(verifyRange({ ...claim, from: from + 1 })).toBe(false);
      }),
    );
  });

  test('of trees beyond 32 bits verify', () => {
    const uniform = [leaves[0]!];
    for (let level = 1; level < 54; level++) uniform.push(nodeHash(uniform[level - 1]!, uniform[level - 1]!));
    const hashOf = ({ level }: MerkleNodeId): Uint8Array => uniform[level]!;
    for (const size of [MAX, 2 ** 40 + 3, 2 ** 32]) {
      const root = frontierNodes(size)
        .map(hashOf)
        .reduceRight((right, left) => nodeHash(left, right));
      for (const from of [0, 5, size - 3, Math.floor(size / 3)]) {
        const path = assembleRange(from, from + 3, size, rangeNodes(from, from + 3, size).map(hashOf));
        const leafHashes = [leaves[0]!, leaves[0]!, leaves[0]!];
        expect(verifyRange({ leafHashes, from, size, path, root })).toBe(true);
      }
    }
  });

  test('that are none are refused, not thrown at', () => {
    const claim = { leafHashes: [leaves[0]!], from: 0, size: 1, path: [] };
    expect(rootFromRange(claim)).toEqual(leaves[0]);
    for (const from of [-1, 0.5, 1, NaN, MAX]) expect(rootFromRange({ ...claim, from })).toBeUndefined();
    for (const size of [0, -1, 1.5, Infinity, 2, MAX])
      expect(rootFromRange({ ...claim, size })).toBeUndefined();
    expect(rootFromRange({ ...claim, leafHashes: [] })).toBeUndefined();
    expect(rootFromRange({ ...claim, leafHashes: [new Uint8Array(31)] })).toBeUndefined();
    expect(rootFromRange({ ...claim, size: 2, path: [new Uint8Array(33)] })).toBeUndefined();
    expect(() => rangeNodes(3, 3, 5)).toThrow('no leaves');
    expect(() => rangeNodes(3, 6, 5)).toThrow('no leaves');
  });
});

describe('frontier nodes', () => {
  test('are those whose roots the frontier holds', () => {
    for (const { size, hashes } of frontiers) expect(frontierNodes(size).map(stored)).toEqual(hashes);
    expect(frontierNodes(0)).toEqual([]);
    expect(frontierNodes(2 ** 40)).toEqual([{ level: 40, index: 0 }]);
  });
});
