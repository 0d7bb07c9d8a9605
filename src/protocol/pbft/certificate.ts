/**
 * Certificates: Q distinct signatures over identical bytes, ascending by signer. Whoever holds the validator set of
 * the certified height can check one; nobody has to be trusted (PBFT-CERT-1).
 */
import type { SignatureVerifier } from '../crypto/signature-verifier.js';
import { checkpointText } from '../encoding/checkpoint-text.js';
import { encodeVote, type VoteContent } from '../encoding/vote-bytes.js';
import type { Block } from '../ledger/block.js';
import type { ValidatorSet } from '../ledger/validator-set.js';
import { utf8ToBytes } from '../primitives/bytes.js';
import {
  ZERO_DIGEST,
  type BlockHash,
  type ChainId,
  type Digest,
  type Epoch,
  type Height,
  type Signature,
  type ValidatorIndex,
  type View,
} from '../primitives/identifiers.js';
import { quorumSize } from '../primitives/quorum.js';

export type VoteKind = 'prepare' | 'commit';

/** A SUSPECT speaks of a view and of no block. */
export function suspectContent(chainId: ChainId, epoch: Epoch, view: View): VoteContent {
  return { kind: 'suspect', chainId, epoch, view, height: 0, digest: ZERO_DIGEST };
}

export interface SignerSignature {
  readonly signer: ValidatorIndex;
  readonly signature: Signature;
}

export interface QuorumCertificate {
  readonly kind: VoteKind;
  readonly epoch: Epoch;
  readonly view: View;
  readonly height: Height;
  readonly blockHash: BlockHash;
  /** Exactly Q entries, ascending by signer. */
  readonly signatures: readonly SignerSignature[];
}

export interface CheckpointCertificate {
  readonly height: Height;
  /** Root of the result log of size height + 1. */
  readonly root: Digest;
  /** Exactly Q entries, ascending by signer. */
  readonly signatures: readonly SignerSignature[];
}

/** Q validators suspect the primary of a view: everybody may leave it, and must (PBFT-VIEW-2). */
export interface TimeoutCertificate {
  readonly epoch: Epoch;
  /** The view that is left. */
  readonly view: View;
  /** Exactly Q entries, ascending by signer. */
  readonly signatures: readonly SignerSignature[];
}

/** What a verification needs to know of the chain. */
export interface VerificationContext {
  readonly chainId: ChainId;
  /** Origin line of checkpoints, encoding/checkpoint-text.ts. */
  readonly origin: string;
  /** L: a view change tells of no more than L heights above its base. */
  readonly pipelineDepth: number;
  readonly verifier: SignatureVerifier;
  /**
   * Validators of an epoch, from the chain and never from the thing being verified (PBFT-EPOCH-1); `undefined` for an epoch
   * that it does not know.
   */
  readonly validatorsIn: (epoch: Epoch) => ValidatorSet | undefined;
  /** True when the height is one of the epoch's, as far as the chain is known. */
  readonly isInEpoch: (height: Height, epoch: Epoch) => boolean;
}

/** Where a message carries a block, its body must be the one that the header binds (transaction root, count, bytes). */
export interface MessageContext extends VerificationContext {
  readonly isBodyBound: (block: Block) => boolean;
}

function hasQuorumOfDistinctSigners(
  signatures: readonly SignerSignature[],
  validators: ValidatorSet,
): boolean {
  if (signatures.length !== quorumSize(validators.length)) return false;
  let previous = -1;
  for (const { signer } of signatures) {
    if (signer <= previous || signer >= validators.length) return false;
    previous = signer;
  }
  return true;
}

function allSigned(
  signatures: readonly SignerSignature[],
  bytes: Uint8Array,
  validators: ValidatorSet,
  verifier: SignatureVerifier,
): boolean {
  return signatures.every(({ signer, signature }) => {
    const validator = validators[signer];
    return validator !== undefined && verifier.verify(validator.ledgerKey, bytes, signature);
  });
}

/** The validators of an epoch, when the height is one of its heights. */
export function validatorsOf(
  epoch: Epoch,
  height: Height,
  { validatorsIn, isInEpoch }: VerificationContext,
): ValidatorSet | undefined {
  return isInEpoch(height, epoch) ? validatorsIn(epoch) : undefined;
}

/** True when `certificate` holds exactly Q valid votes of the set of its epoch, and its height is in that epoch. */
export function verifyQuorumCertificate(
  certificate: QuorumCertificate,
  context: VerificationContext,
): boolean {
  const validators = validatorsOf(certificate.epoch, certificate.height, context);
  if (validators === undefined || !hasQuorumOfDistinctSigners(certificate.signatures, validators))
    return false;
  const bytes = encodeVote({
    kind: certificate.kind,
    chainId: context.chainId,
    epoch: certificate.epoch,
    view: certificate.view,
    height: certificate.height,
    digest: certificate.blockHash,
  });
  return allSigned(certificate.signatures, bytes, validators, context.verifier);
}

/** True when `certificate` holds exactly Q valid SUSPECTs of the epoch's set. */
export function verifyTimeoutCertificate(
  { epoch, view, signatures }: TimeoutCertificate,
  context: VerificationContext,
): boolean {
  const validators = context.validatorsIn(epoch);
  if (validators === undefined || !hasQuorumOfDistinctSigners(signatures, validators)) return false;
  const bytes = encodeVote(suspectContent(context.chainId, epoch, view));
  return allSigned(signatures, bytes, validators, context.verifier);
}

/** True when `certificate` holds exactly Q valid lines, of the set of `epoch`, under the checkpoint of its height. */
export function verifyCheckpointSignatures(
  certificate: CheckpointCertificate,
  epoch: Epoch,
  context: VerificationContext,
): boolean {
  const validators = validatorsOf(epoch, certificate.height, context);
  if (validators === undefined || !hasQuorumOfDistinctSigners(certificate.signatures, validators))
    return false;
  const bytes = utf8ToBytes(checkpointText(context.origin, certificate.height, certificate.root));
  return allSigned(certificate.signatures, bytes, validators, context.verifier);
}
