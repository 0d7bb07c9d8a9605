/** COSE receipts of the receipt ledger, signed by keys that are named after their organisations. */
import { signEs256 } from '../../src/protocol/crypto/es256.js';
import { leafHash } from '../../src/protocol/crypto/merkle/merkle-hash.js';
import { inclusionProof } from '../../src/protocol/crypto/merkle/merkle-tree.js';
import { entryLeafHash } from '../../src/protocol/ledger/outcome.js';
import type { Digest } from '../../src/protocol/primitives/identifiers.js';
import {
  encodeCoseReceipt,
  receiptHeader,
  receiptSigningBytes,
} from '../../src/protocol/proof/cose/cose-receipt.js';
import type { ReceiptKey } from '../../src/protocol/proof/cose/receipt-keys.js';
import { createReceiptLedger } from './receipt-ledger.js';
import { es256TestKey, es256TestSecret } from './test-receipt-keys.js';

export const ledger = createReceiptLedger();
export const TREE_HEIGHT = 6;
export const SIGNERS = ['acme', 'globex', 'umbrella'] as const;

export const keys: readonly ReceiptKey[] = ['acme', 'globex', 'initech', 'umbrella'].map((organisation) => ({
  organisation,
  name: 'receipt',
  publicKey: es256TestKey(organisation),
  fromHeight: 3,
  untilHeight: 0,
}));

interface Choice {
  readonly signers?: readonly string[];
  readonly origin?: string;
  /** Height of the record that the file brings. */
  readonly leaf?: number;
  readonly root?: Digest;
}

/** The file for transaction `index` of height 5, over the tree that ends with height 6. */
export function fileOf(index = 0, choice: Choice = {}): Uint8Array {
  const { signers = SIGNERS, leaf = 5 } = choice;
  const { root } = ledger.certificate(TREE_HEIGHT);
  const { entries, transaction } = ledger.parts(index, TREE_HEIGHT);
  const leaves = ledger.records.slice(0, TREE_HEIGHT + 1).map(leafHash);
  const entryLeaves = entries.map(({ id, outcome }) => entryLeafHash(id, outcome));
  return encodeCoseReceipt({
    transaction,
    entry: {
      index,
      count: entries.length,
      outcome: entries[index]!.outcome,
      path: inclusionProof(entryLeaves, index),
    },
    resultRecord: ledger.records[leaf]!,
    inclusion: { size: TREE_HEIGHT + 1, index: leaf, path: inclusionProof(leaves, leaf) },
    signatures: signers.map((organisation) => {
      const signer = {
        organisation,
        publicKey: es256TestKey(organisation),
        origin: choice.origin ?? ledger.genesis.origin,
      };
      const bytes = receiptSigningBytes(signer, choice.root ?? root);
      return { ...receiptHeader(signer), signature: signEs256(es256TestSecret(organisation), bytes) };
    }),
  });
}
