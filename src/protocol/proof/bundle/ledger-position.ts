/**
 * Where a bundle has come to between two blocks: everything that the next one is judged by. A value that is replaced with each
 * block, so that whoever reads a torn file can go back to the last whole block.
 */
import type { MerkleFrontier } from '../../crypto/merkle/merkle-frontier.js';
import { bytesEqual } from '../../primitives/bytes.js';
import type { BlockHash, Digest, Epoch, Height, TimestampMs } from '../../primitives/identifiers.js';
import { accept, reject, type Result } from '../../primitives/rejection.js';
import type { ValidatorSet } from '../../ledger/validator-set.js';
import type { BundleHead } from './bundle-lines.js';

export interface LedgerPosition {
  /** Of the last block; `from` − 1 before the first one. */
  readonly height: Height;
  readonly blockHash: BlockHash;
  /** 0 before the first block of a bundle. */
  readonly timestampMs: TimestampMs;
  /** The result log of height + 1 leaves. */
  readonly log: MerkleFrontier;
  /** Roots of the log by height, of the last L + 1 heights that the bundle has. */
  readonly roots: readonly (readonly [Height, Digest])[];
  /** In force at the next height. */
  readonly epoch: Epoch;
  readonly validators: ValidatorSet;
  /** Last height of the epoch before; 0 in epoch 0. */
  readonly previousEpochEnd: Height;
  readonly blocks: number;
  readonly transactions: number;
  readonly records: number;
}

/** What stands before block `height` + 1 in a ledger. */
export type BundlePlace = Pick<LedgerPosition, 'height' | 'blockHash' | 'log'>;

/** Whether a bundle begins where another has ended. Refusals: BUNDLE_NOT_CONSECUTIVE, BUNDLE_FORKED. */
export function checkFollows(head: BundleHead, before: BundlePlace): Result<undefined> {
  if (head.from !== before.height + 1) {
    const message = `the blocks before it end at height ${before.height}, and it begins at ${head.from}; bundles are checked in their order, without a gap`;
    return reject('BUNDLE_NOT_CONSECUTIVE', message, 'from');
  }
  const { hashes } = before.log;
  const isSameLog =
    head.frontier.length === hashes.length &&
    head.frontier.every((hash, index) => bytesEqual(hash, hashes[index] ?? hash));
  if (head.parentHash === before.blockHash && isSameLog) return accept(undefined);
  const what = head.parentHash === before.blockHash ? 'another result log' : 'another block';
  return reject('BUNDLE_FORKED', `it stands on ${what} of height ${before.height}: two histories`, 'from');
}
