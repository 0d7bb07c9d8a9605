/** What the checks of signatures and certificates have to know of this chain: one epoch, whose validators genesis names. */
import type { SignatureVerifier } from '../protocol/crypto/signature-verifier.js';
import type { Genesis } from '../protocol/ledger/genesis.js';
import type { VerificationContext } from '../protocol/pbft/certificate.js';

export function createVerificationContext(
  { chainId, origin, parameters, validators }: Genesis,
  verifier: SignatureVerifier,
): VerificationContext {
  return {
    chainId,
    origin,
    pipelineDepth: parameters.pipelineDepth,
    verifier,
    validatorsIn: (epoch) => (epoch === 0 ? validators : undefined),
    isInEpoch: (_height, epoch) => epoch === 0,
  };
}
