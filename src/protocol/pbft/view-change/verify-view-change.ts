/**
 * Is a view change, or a new view, what it claims to be (PBFT-VIEW-4)? Each part is checked by what proves it: the base by
 * Q COMMITs, a tip by Q PREPAREs and by headers that link it to the base, leaving the view by Q SUSPECTs.
 */
import { encodeVote } from '../../encoding/vote-bytes.js';
import { primaryOf } from '../../ledger/validator-set.js';
import type { Epoch, View } from '../../primitives/identifiers.js';
import { ZERO_DIGEST, type Digest, type PublicKey, type Signature } from '../../primitives/identifiers.js';
import { quorumSize } from '../../primitives/quorum.js';
import {
  verifyQuorumCertificate,
  verifyTimeoutCertificate,
  type VerificationContext,
} from '../certificate.js';
import type { NewView, ViewChangeSent } from '../message.js';
import {
  newViewDigest,
  viewChangeDigest,
  type CommitReference,
  type PreparedTip,
  type ViewChange,
} from '../view-change.js';

function isSigned(
  kind: 'viewChange' | 'newView',
  { epoch, view }: { readonly epoch: Epoch; readonly view: View },
  digest: Digest,
  key: PublicKey | undefined,
  signature: Signature,
  { chainId, verifier }: VerificationContext,
): boolean {
  const bytes = encodeVote({ kind, chainId, epoch, view, height: 0, digest });
  return key !== undefined && verifier.verify(key, bytes, signature);
}

/** True when the signature is the signer's, whatever the claims are worth. */
export function isSignedChange(change: ViewChange, context: VerificationContext): boolean {
  const key = context.validatorsIn(change.epoch)?.[change.signer]?.ledgerKey;
  return isSigned('viewChange', change, viewChangeDigest(change), key, change.signature, context);
}

/** PBFT-EPOCH-1: the lowest base in an epoch is the end of the epoch before, proven by the validators of that one. */
function isProvenBase(base: CommitReference, epoch: Epoch, context: VerificationContext): boolean {
  const { height, blockHash, certificate } = base;
  if (height === 0) return epoch === 0 && blockHash === (ZERO_DIGEST as string) && certificate === undefined;
  const isOwn = certificate?.epoch === epoch;
  const isEndBefore = certificate?.epoch === epoch - 1 && context.isInEpoch(height + 1, epoch);
  return (
    (isOwn || isEndBefore) &&
    certificate.kind === 'commit' &&
    certificate.height === height &&
    certificate.blockHash === blockHash &&
    verifyQuorumCertificate(certificate, context)
  );
}

/** Headers of this chain and epoch, one for each height above the base, each on the one before, up to the tip. */
function isLinked(
  tip: PreparedTip,
  base: CommitReference,
  epoch: Epoch,
  context: VerificationContext,
): boolean {
  if (tip.headers.length !== tip.height - base.height || tip.headers.length > context.pipelineDepth)
    return false;
  let parentHash = base.blockHash;
  for (const [offset, { header, hash }] of tip.headers.entries()) {
    if (header.chainId !== context.chainId || header.epoch !== epoch || header.originView > tip.view)
      return false;
    if (header.height !== base.height + 1 + offset || header.parentHash !== parentHash) return false;
    parentHash = hash;
  }
  return tip.headers.length > 0 && parentHash === tip.blockHash;
}

function isProvenTip(tip: PreparedTip, change: ViewChange, context: VerificationContext): boolean {
  const { certificate } = tip;
  return (
    tip.view < change.view &&
    certificate.kind === 'prepare' &&
    certificate.epoch === change.epoch &&
    certificate.view === tip.view &&
    certificate.height === tip.height &&
    certificate.blockHash === tip.blockHash &&
    isLinked(tip, change.base, change.epoch, context) &&
    verifyQuorumCertificate(certificate, context)
  );
}

/** PBFT-TIP-1: none dominates another, which also bounds them by L. */
function areUndominated(tips: readonly PreparedTip[]): boolean {
  return tips.every((tip, index) => {
    const previous = tips[index - 1];
    return previous === undefined || (tip.view < previous.view && tip.height > previous.height);
  });
}

function changeProblem(change: ViewChange, context: VerificationContext): string | undefined {
  if (!areUndominated(change.tips)) return 'tips out of order';
  if (!isSignedChange(change, context)) return 'bad VIEWCHANGE signature';
  if (!isProvenBase(change.base, change.epoch, context)) return 'unproven base';
  return change.tips.every((tip) => isProvenTip(tip, change, context)) ? undefined : 'unproven tip';
}

export function viewChangeProblem(
  { timeout, change }: ViewChangeSent,
  context: VerificationContext,
): string | undefined {
  if (timeout.epoch !== change.epoch || timeout.view + 1 !== change.view)
    return 'certificate of another view';
  if (!verifyTimeoutCertificate(timeout, context)) return 'bad timeout certificate';
  return changeProblem(change, context);
}

/** PBFT-VIEW-6: Q different members, all for this view, each by itself valid, and the primary's signature over them. */
export function newViewProblem(message: NewView, context: VerificationContext): string | undefined {
  const { epoch, view, changes, signature } = message;
  const validators = context.validatorsIn(epoch);
  if (validators === undefined) return 'unknown epoch';
  if (view < 1 || changes.length !== quorumSize(validators.length)) return 'not a quorum of view changes';
  let previous = -1;
  for (const { signer, ...change } of changes) {
    if (signer <= previous) return 'signers out of order';
    if (change.epoch !== epoch || change.view !== view) return 'a view change of another view';
    previous = signer;
  }
  const key = validators[primaryOf(validators.length, epoch, view)]?.ledgerKey;
  if (!isSigned('newView', message, newViewDigest(changes), key, signature, context))
    return 'bad NEWVIEW signature';
  for (const change of changes) {
    const problem = changeProblem(change, context);
    if (problem !== undefined) return `view change of ${change.signer}: ${problem}`;
  }
  return undefined;
}
