/**
 * Canonical bodies of VIEWCHANGE and NEWVIEW; their digests stand in the vote bytes that are signed (vote-bytes.ts). What
 * proves a claim (certificates, headers) is not part of it: it proves itself, and is checked against these claims.
 */
import type { BlockHash, Digest, Height, ValidatorIndex, View } from '../primitives/identifiers.js';
import { ByteWriter } from './byte-writer.js';

/** Where a replica stands when it leaves a view. */
export interface ViewChangeClaim {
  readonly base: { readonly height: Height; readonly blockHash: BlockHash };
  readonly tips: readonly { readonly view: View; readonly height: Height; readonly blockHash: BlockHash }[];
}

/** base height u64 ‖ base hash ‖ count u16 ‖ for each tip: view u64 ‖ height u64 ‖ hash. */
export function encodeViewChangeClaim({ base, tips }: ViewChangeClaim): Uint8Array {
  const writer = new ByteWriter().u64(base.height).digest(base.blockHash).u16(tips.length);
  for (const { view, height, blockHash } of tips) writer.u64(view).u64(height).digest(blockHash);
  return writer.finish();
}

/** count u16 ‖ for each view change, ascending by signer: signer u16 ‖ digest of its claim. */
export function encodeNewViewClaim(
  changes: readonly { readonly signer: ValidatorIndex; readonly digest: Digest }[],
): Uint8Array {
  const writer = new ByteWriter().u16(changes.length);
  for (const { signer, digest } of changes) writer.u16(signer).digest(digest);
  return writer.finish();
}
