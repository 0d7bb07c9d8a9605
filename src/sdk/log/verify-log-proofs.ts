/** Checks proofs of the result log against states of it that the caller has verified: a root in an answer proves nothing. */
import { verifyConsistency as isConsistent } from '../../protocol/crypto/merkle/consistency.js';
import { verifyInclusion as isIncluded } from '../../protocol/crypto/merkle/verify-inclusion.js';
import { parseHex } from '../../protocol/primitives/bytes.js';
import type { LogState } from './log-client.js';

/** `undefined` when one of them is not hex. */
function bytesOf(hashes: readonly string[]): readonly Uint8Array[] | undefined {
  const bytes = hashes.flatMap((hash) => parseHex(hash) ?? []);
  return bytes.length === hashes.length ? bytes : undefined;
}

/** Whether the log of `older` is the beginning of that of `newer`, by a path of hex hashes. Total. */
export function verifyConsistency(older: LogState, newer: LogState, path: readonly string[]): boolean {
  const [roots, hashes] = [bytesOf([older.root, newer.root]), bytesOf(path)];
  const [root1, root2] = roots ?? [];
  if (root1 === undefined || root2 === undefined || hashes === undefined) return false;
  return isConsistent({ size1: older.height + 1, size2: newer.height + 1, root1, root2, path: hashes });
}

/** Whether the result with this leaf hash is that of `height` in the log, by a path of hex hashes. Total. */
export function verifyInclusion(
  leafHash: string,
  height: number,
  log: LogState,
  path: readonly string[],
): boolean {
  const [ends, hashes] = [bytesOf([leafHash, log.root]), bytesOf(path)];
  const [leaf, root] = ends ?? [];
  if (leaf === undefined || root === undefined || hashes === undefined) return false;
  return isIncluded({ leafHash: leaf, index: height, size: log.height + 1, root, path: hashes });
}
