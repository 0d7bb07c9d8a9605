/** Verifies a bundle from wherever its bytes come: a file, a download, another process. */
import type { Result } from '../../protocol/primitives/rejection.js';
import {
  BundleVerifier,
  type BundlePlace,
  type BundleProgress,
  type VerifiedBundle,
} from '../../protocol/proof/bundle/verify-bundle.js';

export interface VerifyBundleOptions {
  /** `end` of the bundle before this one: this one must go on where that ended. */
  readonly follows?: BundlePlace;
  /** Called after each chunk. */
  readonly onProgress?: (progress: BundleProgress) => void;
}

/**
 * Reads the chunks to the first flaw, in memory that does not grow with them. A refusal names line and height in its message;
 * GENESIS_INVALID and JSON_* when the genesis file is not usable.
 */
export async function verifyBundle(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  genesisBytes: Uint8Array,
  { follows, onProgress }: VerifyBundleOptions = {},
): Promise<Result<VerifiedBundle>> {
  const verifier = BundleVerifier.create(genesisBytes, follows);
  if (!verifier.ok) return verifier;
  for await (const chunk of chunks) {
    if (verifier.value.push(chunk) !== undefined) break;
    onProgress?.(verifier.value.progress);
  }
  return verifier.value.finish();
}
