/**
 * The 126 bytes that a vote signs: "PBFT1" ‖ kind u8 ‖ chain id ‖ epoch u64 ‖ view u64 ‖ height u64 ‖ digest ‖ extra.
 * Kind, chain and epoch are inside, so no vote can be replayed as another (PBFT-DOMAIN-2).
 */
import type { ChainId, Digest, Epoch, Height, View } from '../primitives/identifiers.js';
import { ZERO_DIGEST } from '../primitives/identifiers.js';
import { ByteWriter } from './byte-writer.js';
import { VOTE_PREFIX } from './domain-tags.js';

/** Numbers are part of the signed bytes and never change. */
export const VOTE_KIND_NUMBER = {
  propose: 1,
  prepare: 2,
  commit: 3,
  suspect: 5,
  viewChange: 6,
  newView: 7,
} as const;

export type SignedVoteKind = keyof typeof VOTE_KIND_NUMBER;

export interface VoteContent {
  readonly kind: SignedVoteKind;
  readonly chainId: ChainId;
  readonly epoch: Epoch;
  readonly view: View;
  readonly height: Height;
  readonly digest: Digest | string;
  readonly extra?: Digest;
}

export const VOTE_BYTES = 126;

export function encodeVote(vote: VoteContent): Uint8Array {
  return new ByteWriter()
    .ascii(VOTE_PREFIX)
    .u8(VOTE_KIND_NUMBER[vote.kind])
    .digest(vote.chainId)
    .u64(vote.epoch)
    .u64(vote.view)
    .u64(vote.height)
    .digest(vote.digest)
    .digest(vote.extra ?? ZERO_DIGEST)
    .finish();
}
