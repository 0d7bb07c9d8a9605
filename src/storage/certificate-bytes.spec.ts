import { describe, expect, it } from '@jest/globals';
import type { CheckpointCertificate, QuorumCertificate } from '../protocol/pbft/certificate.js';
import type { BlockHash, Digest } from '../protocol/primitives/identifiers.js';
import {
  decodeCheckpointCertificate,
  decodeQuorumCertificate,
  encodeCheckpointCertificate,
  encodeQuorumCertificate,
} from './certificate-bytes.js';

const digest = 'ab'.repeat(32);
const signatures = [0, 2, 3].map((signer) => ({ signer, signature: new Uint8Array(64).fill(signer) }));
const commit: QuorumCertificate = {
  kind: 'commit',
  epoch: 1,
  view: 2,
  height: Number.MAX_SAFE_INTEGER,
  blockHash: digest as BlockHash,
  signatures,
};
const checkpoint: CheckpointCertificate = { height: 7, root: digest as Digest, signatures };

describe('stored certificates', () => {
  it('come back as they were', () => {
    expect(decodeQuorumCertificate(encodeQuorumCertificate(commit))).toEqual(commit);
    expect(decodeCheckpointCertificate(encodeCheckpointCertificate(checkpoint))).toEqual(checkpoint);
  });

  it('are reported as damage when they cannot have been written', () => {
    const corrupt = expect.objectContaining({ code: 'DATABASE_CORRUPT' });
    expect(() => decodeQuorumCertificate(Uint8Array.of(1, 2, 3))).toThrow(corrupt);
    expect(() => decodeCheckpointCertificate(encodeQuorumCertificate(commit))).toThrow(corrupt);
    const unordered = { ...commit, signatures: [...signatures].reverse() };
    expect(() => decodeQuorumCertificate(encodeQuorumCertificate(unordered))).toThrow(corrupt);
  });
});
