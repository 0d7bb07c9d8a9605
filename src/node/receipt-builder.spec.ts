import { describe, expect, it } from '@jest/globals';
import {
  certificateOf,
  checkpointCertificateOf,
  sampleTransaction,
} from '../../test/support/certified-blocks.js';
import { MemoryLedger } from '../../test/support/memory-ledger.js';
import { testGenesis, testGenesisDocument } from '../../test/support/signed-transactions.js';
import { SimulatedLedgerReader } from '../../test/support/simulated-ledger-reader.js';
import { SimulatedLedgerStore } from '../../test/support/simulated-ledger-store.js';
import { ed25519Verifier } from '../protocol/crypto/ed25519.js';
import { encodeGenesis } from '../protocol/ledger/genesis.js';
import type { TransactionId } from '../protocol/primitives/identifiers.js';
import { verifyCheckpointNote } from '../protocol/proof/checkpoint-certificate.js';
import { verifyReceipt } from '../protocol/proof/verify-receipt.js';
import { CountersignedResults } from './proofs/countersigned-results.js';
import { ReceiptBuilder } from './receipt-builder.js';
import { EpochHistory } from './epochs/epoch-history.js';

const genesis = testGenesis();
const BLOCKS = 7;
const transactions = Array.from({ length: BLOCKS }, (_, block) =>
  ['a', 'b', 'c'].map((name) => sampleTransaction(genesis, `${block}-${name}`)),
);

/** Seven blocks of three transactions; the checkpoints of the given heights are certified. */
async function bench(certifiedHeights: readonly number[]) {
  const ledger = new MemoryLedger(genesis, 4);
  const store = new SimulatedLedgerStore();
  await store.initialise(ledger.genesisResult);
  for (const block of transactions) {
    const executed = ledger.execute(block);
    await store.commitBlocks([{ executed, certificate: certificateOf(genesis, executed.block) }], {
      journalId: 'journal',
      position: 1,
    });
    const { height } = executed.block.header;
    if (certifiedHeights.includes(height))
      await store.saveCheckpoint(checkpointCertificateOf(genesis, height, executed.logRoot, [0, 2, 3]));
  }
  const reader = new SimulatedLedgerReader(store);
  const pending = new Set<TransactionId>();
  return {
    receipts: new ReceiptBuilder({
      genesis,
      epochs: new EpochHistory(genesis),
      results: new CountersignedResults({ genesis, epochs: new EpochHistory(genesis), reader }),
      reader,
      isPending: (id) => pending.has(id),
    }),
    pending,
    store,
  };
}

const genesisBytes = encodeGenesis(testGenesisDocument());

describe('ReceiptBuilder', () => {
  it('builds receipts that anyone can verify, under the first checkpoint that covers the block', async () => {
    const { receipts } = await bench([2, 5, 7]);
    for (const [block, each] of transactions.entries()) {
      for (const [index, transaction] of each.entries()) {
        const bytes = await receipts.build(transaction.id);
        if (!(bytes instanceof Uint8Array)) throw new Error(`no receipt: ${String(bytes)}`);
        const verified = verifyReceipt(bytes, genesisBytes);
        expect(verified).toMatchObject({
          ok: true,
          value: {
            transactionId: transaction.id,
            height: block + 1,
            index,
            outcome: { code: 'OK', identity: 'acme/submitter' },
            checkpoint: { height: [2, 2, 5, 5, 5, 7, 7][block] },
            signers: ['acme', 'initech', 'umbrella'],
          },
        });
      }
    }
  });

  it('says what is missing', async () => {
    const { receipts, pending } = await bench([2]);
    const { id } = sampleTransaction(genesis, 'elsewhere');
    await expect(receipts.build(id)).resolves.toBeUndefined();
    pending.add(id);
    await expect(receipts.build(id)).resolves.toBe('notCommitted');
    await expect(receipts.build(transactions[2]![0]!.id)).resolves.toBe('notCertifiedYet');
  });

  it('shows checkpoints as signed notes', async () => {
    const { receipts } = await bench([2, 5]);
    const latest = await receipts.latest();
    expect(latest?.height).toBe(5);
    expect(
      verifyCheckpointNote(latest!.note, genesis.origin, genesis.validators, ed25519Verifier),
    ).toMatchObject({
      ok: true,
    });
    await expect(receipts.at(2)).resolves.toMatchObject({ height: 2 });
    await expect(receipts.at(3)).resolves.toBeUndefined();
    const { receipts: none } = await bench([]);
    await expect(none.latest()).resolves.toBeUndefined();
  });

  it('names a ledger that lacks a block', async () => {
    const { receipts, store } = await bench([7]);
    const reader = new SimulatedLedgerReader(store);
    reader.readBlock = async () => undefined;
    const broken = new ReceiptBuilder({
      genesis,
      epochs: new EpochHistory(genesis),
      results: new CountersignedResults({ genesis, epochs: new EpochHistory(genesis), reader }),
      reader,
      isPending: () => false,
    });
    await expect(broken.build(transactions[0]![0]!.id)).rejects.toMatchObject({ code: 'LEDGER_CORRUPT' });
    await expect(receipts.build(transactions[0]![0]!.id)).resolves.toBeInstanceOf(Uint8Array);
  });
});
