/** Registers a key for COSE receipts for every organisation that has none on the ledger, by its own admin. */
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { RECEIPT_KEY_NAME } from '../../keys/file-keystore.js';
import {
  decodeReceiptKeys,
  proveReceiptKeyWith,
  registerCredential,
  signTransactionWith,
} from '../../sdk/index.js';
import type { Cluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';

const VALID_FOR_BLOCKS = 100;

async function register(cluster: Cluster, { organisation, client }: ClusterNode): Promise<void> {
  const holder = await cluster.receiptKeyHolder(organisation);
  const known = decodeReceiptKeys(await client.receiptKeys());
  if (!known.ok) throw new LedgerError(known.rejection.code, known.rejection.message);
  if (known.value.some(({ publicKey }) => publicKey === holder.publicKey)) return;
  const { chainId } = cluster.genesis;
  const key = await proveReceiptKeyWith(holder, { chainId, organisation, name: RECEIPT_KEY_NAME });
  const { height } = await client.status();
  const transaction = await signTransactionWith(
    await cluster.identitySigner(organisation, 'admin'),
    {
      chainId,
      idempotencyKey: `receipt-key-${holder.publicKey}`,
      validUntilHeight: height + VALID_FOR_BLOCKS,
    },
    registerCredential(RECEIPT_KEY_NAME, key),
  );
  const { outcome } = await client.submitAndWait(transaction);
  if (outcome.code === 'FAILED')
    throw new LedgerError(
      outcome.failure ?? outcome.code,
      `the key of ${organisation} for receipts was not registered; use another --directory`,
    );
}

/** Rejects as the nodes and the keystores do. */
export async function registerReceiptKeys(cluster: Cluster): Promise<void> {
  await Promise.all(cluster.nodes.map((node) => register(cluster, node)));
}
