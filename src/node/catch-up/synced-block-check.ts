/**
 * What makes a fetched block as good as one that was voted for here: it stands on the block before it, Q validators
 * committed it, and its body is the one that they committed. Each certificate is checked on its own, although the parent
 * hashes would prove a chain from its last one, because each is kept and shown to others.
 */
import {
  verifyCheckpointSignatures,
  verifyQuorumCertificate,
  type VerificationContext,
} from '../../protocol/pbft/certificate.js';
import type { BlockHash, Height } from '../../protocol/primitives/identifiers.js';
import type { BlockContents } from '../proposal/block-contents.js';
import type { SyncedBlock } from '../ports.js';

/**
 * Why a peer's block is not the one at `height` on `parentHash`, or `undefined`. A checkpoint counts with the last block of an
 * epoch alone, which nobody goes beyond without it (PBFT-EPOCH-3).
 */
export function findSyncedBlockProblem(
  { block, certificate, checkpoint }: SyncedBlock,
  { height, parentHash }: { readonly height: Height; readonly parentHash: BlockHash },
  context: VerificationContext,
  contents: Pick<BlockContents, 'isBodyBound'>,
): string | undefined {
  const { header, hash } = block;
  if (header.height !== height) return `height ${header.height} in place of ${height}`;
  if (header.chainId !== context.chainId) return 'another chain';
  if (header.parentHash !== parentHash) return 'another parent';
  if (certificate.kind !== 'commit' || certificate.height !== height || certificate.blockHash !== hash)
    return 'certificate of another block';
  if (certificate.epoch !== header.epoch) return 'certificate of another epoch';
  if (!verifyQuorumCertificate(certificate, context)) return 'bad commit certificate';
  if (!contents.isBodyBound(block)) return 'body does not match the header';
  // Of other heights the replica makes no use.
  if (checkpoint === undefined || !header.epochFinal) return undefined;
  if (checkpoint.height !== height || !verifyCheckpointSignatures(checkpoint, header.epoch, context))
    return 'bad checkpoint certificate';
  return undefined;
}
