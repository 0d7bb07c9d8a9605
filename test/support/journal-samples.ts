/** Journal records for tests: real headers with real hashes, signatures of the right length and no key behind them. */
import type { Block } from '../../src/protocol/ledger/block.js';
import { hashHeader, type BlockHeader } from '../../src/protocol/ledger/block-header.js';
import type { QuorumCertificate, VoteKind } from '../../src/protocol/pbft/certificate.js';
import type { JournalRecord } from '../../src/protocol/pbft/effect.js';
import type { BlockHash, ChainId, Digest, Height } from '../../src/protocol/primitives/identifiers.js';
import { ZERO_DIGEST } from '../../src/protocol/primitives/identifiers.js';

export function sampleDigest(seed: number): Digest {
  return seed.toString(16).padStart(64, '0') as Digest;
}

export function sampleHeader(height: Height): BlockHeader {
  return {
    chainId: sampleDigest(7) as string as ChainId,
    epoch: 0,
    height,
    originView: 1,
    proposer: 2,
    parentHash: sampleDigest(height - 1) as string as BlockHash,
    transactionRoot: sampleDigest(height),
    transactionCount: 1,
    bodyBytes: 10,
    resultRoot: sampleDigest(3),
    validatorsDigest: sampleDigest(4),
    nextValidatorsDigest: ZERO_DIGEST,
    timestampMs: 1_700_000_000_000 + height,
    epochFinal: false,
  };
}

export function sampleBlock(height: Height, bodyBytes = 20): Block {
  const header = sampleHeader(height);
  return { header, hash: hashHeader(header), body: new Uint8Array(bodyBytes).fill(height % 251) };
}

export function sampleCertificate(height: Height, kind: VoteKind = 'prepare'): QuorumCertificate {
  return {
    kind,
    epoch: 0,
    view: 1,
    height,
    blockHash: sampleBlock(height).hash,
    signatures: [0, 2, 3].map((signer) => ({ signer, signature: new Uint8Array(64).fill(signer + height) })),
  };
}

export function sampleRecord(height: Height, kind: JournalRecord['type'], bodyBytes = 20): JournalRecord {
  switch (kind) {
    case 'prepared':
      return { type: 'prepared', epoch: 0, view: 1, block: sampleBlock(height, bodyBytes) };
    case 'locked':
      return { type: 'locked', certificate: sampleCertificate(height) };
    case 'committed':
      return {
        type: 'committed',
        certificate: sampleCertificate(height, 'commit'),
        block: sampleBlock(height, bodyBytes),
      };
    case 'checkpointSigned':
      return { type: 'checkpointSigned', height, root: sampleDigest(height) };
  }
}
