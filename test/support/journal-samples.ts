/** Journal records for tests: real headers with real hashes, signatures of the right length and no key behind them. */
import type { Block } from '../../src/protocol/ledger/block.js';
import { hashHeader, type BlockHeader } from '../../src/protocol/ledger/block-header.js';
import type {
  CheckpointCertificate,
  QuorumCertificate,
  TimeoutCertificate,
  VoteKind,
} from '../../src/protocol/pbft/certificate.js';
import type { JournalRecord } from '../../src/protocol/pbft/effect.js';
import type { PreparedTip, ViewChange, ViewChangeContent } from '../../src/protocol/pbft/view-change.js';
import type {
  BlockHash,
  ChainId,
  Digest,
  Height,
  ValidatorIndex,
  View,
} from '../../src/protocol/primitives/identifiers.js';
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

export function sampleCheckpoint(height: Height): CheckpointCertificate {
  const signatures = [0, 1, 3].map((signer) => ({ signer, signature: new Uint8Array(64).fill(signer) }));
  return { height, root: sampleDigest(height), signatures };
}

export function sampleTimeout(view: View): TimeoutCertificate {
  return {
    epoch: 0,
    view,
    signatures: [0, 1, 3].map((signer) => ({ signer, signature: new Uint8Array(64).fill(signer + view) })),
  };
}

/** A tip on a base of `baseHeight`, with the headers between. */
export function sampleTip(baseHeight: Height, height: Height): PreparedTip {
  const certificate = sampleCertificate(height);
  const { view, blockHash } = certificate;
  const headers = Array.from({ length: height - baseHeight }, (_, offset) => {
    const { header, hash } = sampleBlock(baseHeight + 1 + offset);
    return { header, hash };
  });
  return { view, height, blockHash, certificate, headers };
}

/** Validator 0 tells of a proven base and a tip, the others of genesis alone. */
export function sampleViewChangeContent(view: View, signer: ValidatorIndex = 0): ViewChangeContent {
  if (signer > 0) {
    const base = { height: 0, blockHash: ZERO_DIGEST as string as BlockHash, certificate: undefined };
    return { epoch: 0, view, base, tips: [] };
  }
  const certificate = sampleCertificate(12, 'commit');
  const base = { height: 12, blockHash: certificate.blockHash, certificate };
  return { epoch: 0, view, base, tips: [sampleTip(12, 14)] };
}

export function sampleViewChange(view: View, signer: ValidatorIndex = 0): ViewChange {
  const signature = new Uint8Array(64).fill(signer + view + 1);
  return { ...sampleViewChangeContent(view, signer), signer, signature };
}

/** Of `height`; in a record about views that is the view to be entered. */
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
    case 'endCertified':
      return { type: 'endCertified', certificate: sampleCheckpoint(height) };
    case 'viewLeft':
      return {
        type: 'viewLeft',
        timeout: sampleTimeout(height - 1),
        content: sampleViewChangeContent(height),
      };
    case 'viewEntered':
      return {
        type: 'viewEntered',
        epoch: 0,
        view: height,
        changes: [0, 2, 3].map((signer) => sampleViewChange(height, signer)),
        // The view's primary journals it unsigned; here that is every fourth view.
        signature: height % 4 === 0 ? undefined : new Uint8Array(64).fill(height),
      };
  }
}
