/** Puts a receipt together from what the ledger holds; verify-receipt.ts opens it anywhere else. */
import { inclusionProof } from '../crypto/merkle/merkle-tree.js';
import { entryLeafHash } from '../ledger/outcome.js';
import type { TransactionId } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import { buildCountersignedResult, type ResultParts } from './countersigned/countersigned-result.js';
import { encodeReceipt } from './receipt.js';

export type { EndedEpoch, ResultParts } from './countersigned/countersigned-result.js';

export interface ReceiptParts extends ResultParts {
  readonly transaction: { readonly body: Uint8Array; readonly signature: Uint8Array };
  /** Position of the transaction in its block. */
  readonly index: number;
  /** Every entry of the block in order; `outcome` is encoded (ledger/outcome.ts). */
  readonly entries: readonly { readonly id: TransactionId; readonly outcome: Uint8Array }[];
}

/** The receipt's bytes. The parts are the ledger's own, so a part that cannot be used is a broken invariant. */
export function buildReceipt(parts: ReceiptParts): Uint8Array {
  const { index, entries, transaction } = parts;
  const entry = entries[index];
  invariant(entry !== undefined, `block has no entry ${index} among ${entries.length}`);
  const leafHashes = entries.map(({ id, outcome }) => entryLeafHash(id, outcome));
  return encodeReceipt({
    transaction: { body: transaction.body, signature: transaction.signature },
    entry: { index, count: entries.length, outcome: entry.outcome, path: inclusionProof(leafHashes, index) },
    ...buildCountersignedResult(parts),
  });
}
