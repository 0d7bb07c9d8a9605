/** What the checks of signatures and certificates have to know of this chain: whose keys count at which height. */
import type { SignatureVerifier } from '../protocol/crypto/signature-verifier.js';
import type { Genesis } from '../protocol/ledger/genesis.js';
import type { VerificationContext } from '../protocol/pbft/certificate.js';
import type { EpochHistory } from './epochs/epoch-history.js';

export function createVerificationContext(
  { chainId, origin }: Pick<Genesis, 'chainId' | 'origin'>,
  epochs: EpochHistory,
  verifier: SignatureVerifier,
): VerificationContext {
  return {
    chainId,
    origin,
    pipelineDepth: epochs.pipelineDepth,
    verifier,
    validatorsIn: (epoch) => epochs.termsOf(epoch)?.validators,
    isInEpoch: (height, epoch) => epochs.isInEpoch(height, epoch),
  };
}
