/**
 * What a replica says when it leaves a view: how far it has committed, and which blocks above may have been committed by
 * others. Q of these make a new view, and whoever has them computes the same chain from them (PBFT-VIEW-5).
 */
import { sha256 } from '../crypto/sha256.js';
import { NEW_VIEW_TAG, VIEW_CHANGE_TAG } from '../encoding/domain-tags.js';
import {
  encodeNewViewClaim,
  encodeViewChangeClaim,
  type ViewChangeClaim,
} from '../encoding/view-change-bytes.js';
import type { BlockHeader } from '../ledger/block-header.js';
import { bytesToHex } from '../primitives/bytes.js';
import type {
  BlockHash,
  Digest,
  Epoch,
  Height,
  Signature,
  ValidatorIndex,
  View,
} from '../primitives/identifiers.js';
import type { QuorumCertificate } from './certificate.js';

/** A header with its hash, computed once where the header enters the process. */
export interface HashedHeader {
  readonly header: BlockHeader;
  readonly hash: BlockHash;
}

/** A committed block and what proves it. */
export interface CommitReference {
  readonly height: Height;
  readonly blockHash: BlockHash;
  /** Q COMMITs; `undefined` at height 0 only, which everybody has from genesis. */
  readonly certificate: QuorumCertificate | undefined;
}

/** A tip (view-change/tips.ts) with the headers that lead to it from the base of its view change. */
export interface PreparedTip {
  readonly view: View;
  readonly height: Height;
  readonly blockHash: BlockHash;
  /** Q PREPAREs. */
  readonly certificate: QuorumCertificate;
  /** Heights (base, height], ascending and linked. */
  readonly headers: readonly HashedHeader[];
}

/** What is signed of a view change, and what proves it. */
export interface ViewChangeContent {
  readonly epoch: Epoch;
  /** The view to be entered. */
  readonly view: View;
  /** Highest commit of the signer. */
  readonly base: CommitReference;
  /** Views descending, heights ascending: none dominates another (PBFT-TIP-1). */
  readonly tips: readonly PreparedTip[];
}

export interface ViewChange extends ViewChangeContent {
  readonly signer: ValidatorIndex;
  /** VIEWCHANGE over the digest of the claim. */
  readonly signature: Signature;
}

/** H(tag ‖ canonical claim). */
export function viewChangeDigest(claim: ViewChangeClaim): Digest {
  return bytesToHex(sha256(VIEW_CHANGE_TAG, encodeViewChangeClaim(claim))) as Digest;
}

/** H(tag ‖ signers and digests of the view changes, in their order: ascending by signer). */
export function newViewDigest(
  changes: readonly (ViewChangeClaim & { readonly signer: ValidatorIndex })[],
): Digest {
  const claims = changes.map((change) => ({ signer: change.signer, digest: viewChangeDigest(change) }));
  return bytesToHex(sha256(NEW_VIEW_TAG, encodeNewViewClaim(claims))) as Digest;
}
