import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sha256 } from '../crypto/sha256.js';
import { bytesToHex, compareBytes, concatBytes, hexToBytes, utf8ToBytes } from '../primitives/bytes.js';
import { EMPTY_SUBTREE, stateInnerHash, stateLeafHash } from './state-hash.js';
import { bucketForProof, proveState, verifyStateProof, type StateProof } from './state-proof.js';
import { StateTree, type StateLeaf } from './state-tree.js';

/** Leaves by key digest in hex, and the root by STATE-2 word for word. */
type Leaves = ReadonlyMap<string, StateLeaf>;

function naiveRoot(leaves: readonly StateLeaf[], depth = 0): Uint8Array {
  if (leaves.length === 0) return new Uint8Array(32);
  if (leaves.length === 1)
    return sha256(concatBytes(Uint8Array.of(2), leaves[0]!.keyDigest, leaves[0]!.valueDigest));
  const goesRight = ({ keyDigest }: StateLeaf): boolean =>
    ((keyDigest[depth >> 3]! >> (7 - (depth % 8))) & 1) === 1;
  const left = naiveRoot(
    leaves.filter((leaf) => !goesRight(leaf)),
    depth + 1,
  );
  const right = naiveRoot(leaves.filter(goesRight), depth + 1);
  return sha256(concatBytes(Uint8Array.of(3), left, right));
}

function bucketLeaves(tree: StateTree, leaves: Leaves, bucket: number): readonly StateLeaf[] {
  return [...leaves.values()]
    .filter(({ keyDigest }) => tree.bucketOf(keyDigest) === bucket)
    .sort((left, right) => compareBytes(left.keyDigest, right.keyDigest));
}

/** Few different bits, so that prefixes collide at every depth: a pattern, one changed bit, one changed last byte. */
const keyDigest = fc
  .tuple(fc.constantFrom(0x00, 0xff, 0xaa), fc.nat(40), fc.nat(7), fc.nat(3))
  .map(([pattern, at, bit, last]) => {
    const digest = new Uint8Array(32).fill(pattern);
    digest[Math.min(at, 31)]! ^= 1 << bit;
    digest[31]! ^= last;
    return digest;
  });
const spreadKey = fc.nat(200).map((number) => sha256(utf8ToBytes(`key ${number}`)));
const change = fc.record({
  keyDigest: fc.oneof(keyDigest, spreadKey),
  value: fc.option(fc.nat(5), { nil: undefined, freq: 3 }),
});
const blocks = fc.array(fc.array(change, { minLength: 1, maxLength: 25 }), { minLength: 1, maxLength: 6 });

/** Applies one block to the leaves and gives the new content of the buckets it touches. */
function applyBlock(
  tree: StateTree,
  leaves: Map<string, StateLeaf>,
  block: readonly { keyDigest: Uint8Array; value: number | undefined }[],
): ReadonlyMap<number, readonly StateLeaf[]> {
  for (const { keyDigest: key, value } of block) {
    if (value === undefined) leaves.delete(bytesToHex(key));
    else leaves.set(bytesToHex(key), { keyDigest: key, valueDigest: sha256(Uint8Array.of(value)) });
  }
  const touched = new Set(block.map(({ keyDigest: key }) => tree.bucketOf(key)));
  return new Map([...touched].map((bucket) => [bucket, bucketLeaves(tree, leaves, bucket)]));
}

describe('state tree', () => {
  test.each([0, 1, 3, 8, 12])('with %i bucket bits equals the definition after every block', (bucketBits) => {
    fc.assert(
      fc.property(blocks, (history) => {
        const tree = new StateTree(bucketBits);
        const leaves = new Map<string, StateLeaf>();
        for (const block of history) {
          const root = tree.update(applyBlock(tree, leaves, block));
          expect(bytesToHex(root)).toBe(bytesToHex(naiveRoot([...leaves.values()])));
        }
        const loaded = new StateTree(bucketBits);
        const occupied = new Set([...leaves.values()].map((leaf) => loaded.bucketOf(leaf.keyDigest)));
        for (const bucket of occupied) loaded.loadBucket(bucket, bucketLeaves(loaded, leaves, bucket));
        loaded.finishLoading();
        expect(loaded.root()).toEqual(tree.root());
      }),
      { numRuns: 40 },
    );
  });

  test('has a root of zeros when it is empty, also after its last key is gone', () => {
    const tree = new StateTree(4);
    expect(tree.root()).toEqual(new Uint8Array(32));
    const leaf = { keyDigest: sha256(utf8ToBytes('a')), valueDigest: sha256(utf8ToBytes('b')) };
    expect(tree.update(new Map([[tree.bucketOf(leaf.keyDigest), [leaf]]]))).toEqual(stateLeafHash(leaf));
    expect(tree.update(new Map([[tree.bucketOf(leaf.keyDigest), []]]))).toEqual(new Uint8Array(32));
  });

  test('the same update twice changes nothing, and a root handed out stays what it was', () => {
    const tree = new StateTree(2);
    const leaf = { keyDigest: new Uint8Array(32).fill(0xc0), valueDigest: new Uint8Array(32).fill(1) };
    const update = new Map([[3, [leaf]]]);
    const root = tree.update(update);
    const before = bytesToHex(root);
    expect(bytesToHex(tree.update(update))).toBe(before);
    tree.update(new Map([[3, []]]));
    expect(bytesToHex(root)).toBe(before);
  });

  test('refuses leaves of another bucket, out of order or twice, and use while it is being loaded', () => {
    const low = { keyDigest: new Uint8Array(32).fill(1), valueDigest: new Uint8Array(32) };
    const high = { keyDigest: new Uint8Array(32).fill(2), valueDigest: new Uint8Array(32) };
    const tree = new StateTree(2);
    expect(() => tree.update(new Map([[1, [low]]]))).toThrow('not its own');
    expect(() => tree.update(new Map([[0, [high, low]]]))).toThrow('ascending');
    expect(() => tree.update(new Map([[0, [low, low]]]))).toThrow('ascending');
    expect(() => tree.update(new Map([[4, []]]))).toThrow('bucket');
    tree.loadBucket(0, [low, high]);
    expect(() => tree.root()).toThrow('loaded');
    expect(() => tree.update(new Map())).toThrow('loaded');
    tree.finishLoading();
    expect(tree.root()).toEqual(naiveRoot([low, high]));
    expect(() => new StateTree(25)).toThrow('bucketBits');
  });
});

describe('state proof', () => {
  function buildTree(
    bucketBits: number,
    block: readonly { keyDigest: Uint8Array; value: number | undefined }[],
  ) {
    const tree = new StateTree(bucketBits);
    const leaves = new Map<string, StateLeaf>();
    tree.update(applyBlock(tree, leaves, block));
    const prove = (key: Uint8Array): StateProof =>
      proveState(tree, bucketLeaves(tree, leaves, bucketForProof(tree, key)), key);
    return { root: tree.root(), leaves, prove };
  }
  const content = fc.array(change, { maxLength: 40 });
  const bits = fc.constantFrom(0, 1, 5, 10);

  test('shows every value and every absence', () => {
    fc.assert(
      fc.property(
        bits,
        content,
        fc.array(fc.oneof(keyDigest, spreadKey), { maxLength: 10 }),
        (bucketBits, block, others) => {
          const { root, leaves, prove } = buildTree(bucketBits, block);
          for (const key of [...block.map((entry) => entry.keyDigest), ...others]) {
            const expected = { valueDigest: leaves.get(bytesToHex(key))?.valueDigest };
            expect(verifyStateProof(root, key, prove(key))).toEqual({ ok: true, value: expected });
          }
        },
      ),
    );
  });

  test('is refused when any byte of it differs, for another key, and under another root', () => {
    fc.assert(
      fc.property(bits, content, keyDigest, fc.nat(), fc.nat(31), (bucketBits, block, key, pick, at) => {
        const { root, leaves, prove } = buildTree(bucketBits, block);
        const proof = prove(key);
        const flip = (hash: Uint8Array): Uint8Array =>
          hash.map((byte, index) => (index === at ? byte ^ 1 : byte));
        const damaged: StateProof[] = proof.siblings.map((_, damagedAt) => ({
          ...proof,
          siblings: proof.siblings.map((hash, index) => (index === damagedAt ? flip(hash) : hash)),
        }));
        if (proof.end !== undefined) {
          damaged.push({ ...proof, end: { ...proof.end, valueDigest: flip(proof.end.valueDigest) } });
          damaged.push({ ...proof, end: { ...proof.end, keyDigest: flip(proof.end.keyDigest) } });
          damaged.push({ ...proof, end: undefined });
        }
        damaged.push({ ...proof, siblings: [root, ...proof.siblings] });
        if (proof.siblings.length > 0) damaged.push({ ...proof, siblings: proof.siblings.slice(1) });
        for (const other of damaged) expect(verifyStateProof(root, key, other).ok).toBe(false);
        expect(verifyStateProof(flip(root), key, proof).ok).toBe(false);
        const present = [...leaves.keys()][pick % Math.max(1, leaves.size)];
        const claimed = present === undefined ? undefined : leaves.get(present);
        // Another key's leaf never shows this key as present.
        if (claimed !== undefined && compareBytes(claimed.keyDigest, key) !== 0) {
          const shown = verifyStateProof(root, key, prove(claimed.keyDigest));
          expect(shown.ok && shown.value.valueDigest !== undefined && !leaves.has(bytesToHex(key))).toBe(
            false,
          );
        }
      }),
    );
  });

  const key = new Uint8Array(32).fill(0x0f);
  const leaf = { keyDigest: key, valueDigest: new Uint8Array(32).fill(1) };
  const stranger = { keyDigest: new Uint8Array(32).fill(0xf0), valueDigest: new Uint8Array(32).fill(2) };

  test('a leaf that does not share the path is no proof of absence', () => {
    const sibling = stateLeafHash(leaf);
    const root = stateInnerHash(stateLeafHash(stranger), sibling);
    const refused = verifyStateProof(root, key, { siblings: [sibling], end: stranger });
    expect(refused.ok ? '' : refused.rejection.message).toContain('does not share the path');
  });

  test('forms that the tree would have collapsed are refused', () => {
    const besideNothing = stateInnerHash(stateLeafHash(leaf), EMPTY_SUBTREE);
    const leafProof = verifyStateProof(besideNothing, key, { siblings: [EMPTY_SUBTREE], end: leaf });
    const emptyPair = stateInnerHash(EMPTY_SUBTREE, EMPTY_SUBTREE);
    const emptyProof = verifyStateProof(emptyPair, key, { siblings: [EMPTY_SUBTREE], end: undefined });
    for (const refused of [leafProof, emptyProof]) {
      expect(refused.ok ? '' : refused.rejection.message).toContain('collapsed');
    }
  });

  test('lengths are checked', () => {
    const cases: readonly [Uint8Array, StateProof][] = [
      [key.slice(1), { siblings: [], end: undefined }],
      [key, { siblings: [new Uint8Array(31)], end: undefined }],
      [key, { siblings: [], end: { ...leaf, valueDigest: new Uint8Array(0) } }],
      [key, { siblings: Array.from({ length: 257 }, () => hexToBytes('01'.repeat(32))), end: leaf }],
    ];
    for (const [digest, proof] of cases) {
      expect(verifyStateProof(EMPTY_SUBTREE, digest, proof).ok).toBe(false);
    }
  });
});
