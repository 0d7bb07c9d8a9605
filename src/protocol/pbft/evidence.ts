/**
 * Two things under one key that no correct validator signs both (PBFT-EVIDENCE-1, PBFT-EVIDENCE-2). Evidence proves itself
 * to whoever knows the validator set; nothing but an alarm follows from it, apart from the suspicion of a primary.
 */
import { checkpointText } from '../encoding/checkpoint-text.js';
import { encodeVote, type SignedVoteKind } from '../encoding/vote-bytes.js';
import type { ViewChangeClaim } from '../encoding/view-change-bytes.js';
import { primaryOf } from '../ledger/validator-set.js';
import { utf8ToBytes } from '../primitives/bytes.js';
import type {
  BlockHash,
  Digest,
  Epoch,
  Height,
  PublicKey,
  Signature,
  ValidatorIndex,
  View,
} from '../primitives/identifiers.js';
import { verifyQuorumCertificate, type QuorumCertificate, type VerificationContext } from './certificate.js';
import { viewChangeDigest } from './view-change.js';

/** SUSPECT binds to nothing and is never evidence. */
export type BindingVoteKind = Exclude<SignedVoteKind, 'suspect'>;

export interface SignedDigest {
  /** Block hash, digest of a claim, or root of the result log. */
  readonly digest: Digest;
  readonly signature: Signature;
}

/** Two digests for one (kind, epoch, view, height). Height is 0 for VIEWCHANGE and NEWVIEW. */
export interface ConflictingVotes {
  readonly type: 'conflictingVotes';
  readonly offender: ValidatorIndex;
  readonly kind: BindingVoteKind;
  readonly epoch: Epoch;
  readonly view: View;
  readonly height: Height;
  readonly first: SignedDigest;
  readonly second: SignedDigest;
}

/** Two roots for one height. */
export interface ConflictingCheckpoints {
  readonly type: 'conflictingCheckpoints';
  readonly offender: ValidatorIndex;
  readonly epoch: Epoch;
  readonly height: Height;
  readonly first: SignedDigest;
  readonly second: SignedDigest;
}

/**
 * A COMMIT of (v, h), and a VIEWCHANGE for a later view that tells neither of a commit at h or above nor of a tip with view
 * ≥ v and height ≥ h. The base must be proven by a certificate of a view ≤ v: a block that a later view committed may rightly
 * have pushed the tip aside (docs/adr/0017).
 */
export interface ConcealedCommit {
  readonly type: 'concealedCommit';
  readonly offender: ValidatorIndex;
  readonly epoch: Epoch;
  readonly commit: {
    readonly view: View;
    readonly height: Height;
    readonly blockHash: BlockHash;
    readonly signature: Signature;
  };
  readonly viewChange: {
    readonly view: View;
    readonly claim: ViewChangeClaim;
    readonly signature: Signature;
  };
  /** Q COMMITs of the base; `undefined` when that is genesis. */
  readonly baseCertificate: QuorumCertificate | undefined;
}

export type Evidence = ConflictingVotes | ConflictingCheckpoints | ConcealedCommit;

/** What a validator may say one thing about, and no second. */
export function voteSlot(
  offender: ValidatorIndex,
  kind: BindingVoteKind | 'checkpoint',
  { epoch, view, height }: { readonly epoch: Epoch; readonly view: View; readonly height: Height },
): string {
  return `${offender} ${kind} ${epoch}/${view}/${height}`;
}

/** One name for each thing that a validator can be accused of: a second proof of the same adds nothing. */
export function evidenceSlot(evidence: Evidence): string {
  const { type, offender, epoch } = evidence;
  switch (evidence.type) {
    case 'conflictingVotes':
      return voteSlot(offender, evidence.kind, evidence);
    case 'conflictingCheckpoints':
      return voteSlot(offender, 'checkpoint', { epoch, view: 0, height: evidence.height });
    case 'concealedCommit':
      return `${offender} ${type} ${epoch}/${evidence.viewChange.view}`;
  }
}

/** True when both signatures are the offender's and a correct validator could not have made them. */
export function verifyEvidence(evidence: Evidence, context: VerificationContext): boolean {
  const key = context.validatorsIn(evidence.epoch)?.[evidence.offender]?.ledgerKey;
  if (key === undefined) return false;
  switch (evidence.type) {
    case 'conflictingVotes':
      return areConflictingVotes(evidence, key, context);
    case 'conflictingCheckpoints': {
      const { height, first, second } = evidence;
      return (
        first.digest !== second.digest &&
        [first, second].every(({ digest, signature }) =>
          context.verifier.verify(
            key,
            utf8ToBytes(checkpointText(context.origin, height, digest)),
            signature,
          ),
        )
      );
    }
    case 'concealedCommit':
      return isConcealedCommit(evidence, key, context);
  }
}

function areConflictingVotes(
  { kind, epoch, view, height, offender, first, second }: ConflictingVotes,
  key: PublicKey,
  { chainId, validatorsIn, verifier }: VerificationContext,
): boolean {
  if (first.digest === second.digest) return false;
  const validatorCount = validatorsIn(epoch)?.length ?? 0;
  const isPrimarys = kind === 'propose' || kind === 'newView';
  if (isPrimarys && primaryOf(validatorCount, epoch, view) !== offender) return false;
  return [first, second].every(({ digest, signature }) =>
    verifier.verify(key, encodeVote({ kind, chainId, epoch, view, height, digest }), signature),
  );
}

function isConcealedCommit(
  { epoch, commit, viewChange, baseCertificate }: ConcealedCommit,
  key: PublicKey,
  context: VerificationContext,
): boolean {
  const { chainId, verifier } = context;
  const { base } = viewChange.claim;
  if (!isConcealed(commit, viewChange) || !isBaseProven(base, commit.view, epoch, baseCertificate, context))
    return false;
  const commitBytes = encodeVote({
    kind: 'commit',
    chainId,
    epoch,
    view: commit.view,
    height: commit.height,
    digest: commit.blockHash,
  });
  const changeBytes = encodeVote({
    kind: 'viewChange',
    chainId,
    epoch,
    view: viewChange.view,
    height: 0,
    digest: viewChangeDigest(viewChange.claim),
  });
  return (
    verifier.verify(key, commitBytes, commit.signature) &&
    verifier.verify(key, changeBytes, viewChange.signature)
  );
}

/** True when the claim of a later view tells nothing of the commit. */
export function isConcealed(
  commit: { readonly view: View; readonly height: Height },
  { view, claim }: { readonly view: View; readonly claim: ViewChangeClaim },
): boolean {
  return (
    view > commit.view &&
    claim.base.height < commit.height &&
    !claim.tips.some((tip) => tip.view >= commit.view && tip.height >= commit.height)
  );
}

function isBaseProven(
  base: ViewChangeClaim['base'],
  viewMax: View,
  epoch: Epoch,
  certificate: QuorumCertificate | undefined,
  context: VerificationContext,
): boolean {
  if (base.height === 0) return certificate === undefined;
  const isEarlier =
    certificate !== undefined &&
    (certificate.epoch < epoch || (certificate.epoch === epoch && certificate.view <= viewMax));
  return (
    isEarlier &&
    certificate.kind === 'commit' &&
    certificate.height === base.height &&
    certificate.blockHash === base.blockHash &&
    verifyQuorumCertificate(certificate, context)
  );
}
