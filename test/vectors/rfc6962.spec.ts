import { expect, test } from '@jest/globals';
import { consistencyProof, verifyConsistency } from '../../src/protocol/crypto/merkle/consistency.js';
import {
  appendLeaf,
  EMPTY_FRONTIER,
  frontierRoot,
} from '../../src/protocol/crypto/merkle/merkle-frontier.js';
import { leafHash } from '../../src/protocol/crypto/merkle/merkle-hash.js';
import { inclusionProof, merkleRoot } from '../../src/protocol/crypto/merkle/merkle-tree.js';
import { verifyInclusion } from '../../src/protocol/crypto/merkle/verify-inclusion.js';
import { parseBase64 } from '../../src/protocol/primitives/base64.js';
import { bytesToHex, hexToBytes } from '../../src/protocol/primitives/bytes.js';
import { describeWithShared, listShared, readSharedJson } from '../support/shared-files.js';

/** The eight classic leaves and the roots of their trees of 0 to 8 leaves. */
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => leafHash(hexToBytes(hex)));
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

test.each(ROOTS.map((root, size) => ({ root, size })))('RFC 6962 root of $size leaves', ({ root, size }) => {
  expect(bytesToHex(merkleRoot(LEAVES.slice(0, size)))).toBe(root);
  let frontier = EMPTY_FRONTIER;
  for (const leaf of LEAVES.slice(0, size)) ({ frontier } = appendLeaf(frontier, leaf));
  expect(bytesToHex(frontierRoot(frontier))).toBe(root);
});

interface InclusionVector {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string;
  readonly leafHash: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

interface ConsistencyVector {
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

/** The published files use short texts as roots where the root does not matter; ours must have 32 bytes. */
function hash(base64: string): Uint8Array {
  const bytes = parseBase64(base64)!;
  return bytes.length === 32 ? bytes : leafHash(bytes);
}

describeWithShared('vectors/rfc6962', 'RFC 6962 proofs, published answers', () => {
  const files = describeFiles();

  test('there are inclusion and consistency proofs', () => {
    expect(files.filter((file) => file.startsWith('inclusion')).length).toBeGreaterThan(3);
    expect(files.filter((file) => file.startsWith('consistency')).length).toBeGreaterThan(3);
  });

  test.each(files.filter((file) => file.startsWith('inclusion')))('%s', (file) => {
    const vector = readSharedJson<InclusionVector>(`vectors/rfc6962/${file}`);
    const claim = { leafHash: hash(vector.leafHash), index: vector.leafIdx, size: vector.treeSize };
    const path = (vector.proof ?? []).map(hash);
    expect(verifyInclusion({ ...claim, path, root: hash(vector.root) })).toBe(!vector.wantErr);
    if (bytesToHex(hash(vector.root)) === ROOTS[vector.treeSize]) {
      expect(inclusionProof(LEAVES.slice(0, vector.treeSize), vector.leafIdx)).toEqual(path);
    }
  });

  test.each(files.filter((file) => file.startsWith('consistency')))('%s', (file) => {
    const vector = readSharedJson<ConsistencyVector>(`vectors/rfc6962/${file}`);
    const { size1, size2 } = vector;
    const path = (vector.proof ?? []).map(hash);
    expect(
      verifyConsistency({ size1, size2, root1: hash(vector.root1), root2: hash(vector.root2), path }),
    ).toBe(!vector.wantErr);
    if (bytesToHex(hash(vector.root2)) === ROOTS[size2])
      expect(consistencyProof(LEAVES, size1, size2)).toEqual(path);
  });
});

function describeFiles(): readonly string[] {
  return listShared('vectors/rfc6962').filter((file) => /^(inclusion|consistency)__.*\.json$/.test(file));
}
