import { describe, expect, it } from '@jest/globals';
import { certificateOf, checkpointCertificateOf } from '../../../test/support/certified-blocks.js';
import { GovernanceBench } from '../../../test/support/governance-bench.js';
import { testGenesisDocument } from '../../../test/support/signed-transactions.js';
import { SimulatedLedgerReader } from '../../../test/support/simulated-ledger-reader.js';
import { SimulatedLedgerStore } from '../../../test/support/simulated-ledger-store.js';
import type { ExecutedBlock } from '../../protocol/execution/executed-block.js';
import { ed25519Verifier } from '../../protocol/crypto/ed25519.js';
import { encodeGenesis } from '../../protocol/ledger/genesis.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import { verifyCheckpointNote } from '../../protocol/proof/checkpoint-certificate.js';
import { verifyReceipt } from '../../protocol/proof/verify-receipt.js';
import { CountersignedResults } from '../proofs/countersigned-results.js';
import { ReceiptBuilder } from '../receipt-builder.js';
import { EndedEpochs } from './ended-epochs.js';
import { EpochHistory } from './epoch-history.js';

const genesisBytes = encodeGenesis(testGenesisDocument({ pipelineDepth: 2 }));

/** Three epochs of governed blocks: Hooli is promoted, then Umbrella is removed; every height is certified but those left out. */
async function bench(uncertified: (lastHeights: readonly Height[]) => readonly Height[] = () => []) {
  const govern = new GovernanceBench();
  const { ledger } = govern;
  const { genesis } = ledger;
  const blocks: ExecutedBlock[] = [];
  const execute = ledger.execute.bind(ledger);
  ledger.execute = (transactions) => {
    const executed = execute(transactions);
    blocks.push(executed);
    return executed;
  };
  govern.pass(govern.admission('hooli'));
  govern.pass({ type: 'promoteValidator', organisation: 'hooli' });
  govern.untilInForce();
  const { id } = govern.propose('acme', { type: 'removeOrganisation', organisation: 'umbrella' });
  govern.approve(id, 'globex', 'initech', 'hooli');
  govern.untilInForce();
  govern.propose('hooli', { type: 'promoteValidator', organisation: 'umbrella' });
  const epochs = new EpochHistory(genesis);
  for (const block of blocks) epochs.onExecuted(block);
  const ends = [1, 2].map((epoch) => epochs.termsOf(epoch)!.firstHeight - 1);
  const store = new SimulatedLedgerStore();
  await store.initialise(ledger.genesisResult);
  const left = uncertified(ends);
  for (const executed of blocks) {
    const { height } = executed.block.header;
    const { validators } = epochs.termsAt(height);
    const signers = validators.length === 5 ? [0, 1, 2, 4] : [0, 1, 3];
    const of = { ...genesis, validators };
    const committed = [{ executed, certificate: certificateOf(of, executed.block, signers) }];
    await store.commitBlocks(committed, { journalId: 'journal', position: 1 });
    if (!left.includes(height))
      await store.saveCheckpoint(checkpointCertificateOf(of, height, executed.logRoot, signers));
  }
  const reader = new SimulatedLedgerReader(store);
  const receipts = new ReceiptBuilder({
    genesis,
    epochs,
    results: new CountersignedResults({ genesis, epochs, reader }),
    reader,
    isPending: () => false,
  });
  return { genesis, blocks, epochs, ends, reader, receipts };
}

describe('receipts across epochs', () => {
  it('verify against the genesis file alone, whatever epoch the block and its checkpoint are of', async () => {
    const { blocks, receipts } = await bench();
    const verified: string[] = [];
    for (const { block, transactions } of blocks) {
      for (const { transaction } of transactions) {
        const receipt = await receipts.build(transaction.id);
        if (!(receipt instanceof Uint8Array)) throw new Error(`no receipt: ${String(receipt)}`);
        const result = verifyReceipt(receipt, genesisBytes);
        if (!result.ok) throw new Error(result.rejection.message);
        const { height, epoch, signers } = result.value;
        expect([height, epoch]).toEqual([block.header.height, block.header.epoch]);
        verified.push(`${epoch}: ${signers.join()}`);
      }
    }
    expect([...new Set(verified)]).toEqual([
      '0: acme,globex,umbrella',
      '1: acme,globex,hooli,umbrella',
      '2: acme,globex,initech',
    ]);
  });

  it('of an old block stay valid under a checkpoint of a later epoch', async () => {
    const { blocks, receipts } = await bench(([first, second]) =>
      Array.from({ length: second! - 1 }, (_, index) => index + 1).filter((height) => height !== first),
    );
    const { transaction } = blocks[0]!.transactions[0]!;
    const later = blocks.findLast(
      ({ block, transactions }) => block.header.epoch === 1 && transactions.length > 0,
    )!;
    for (const [id, epoch] of [
      [transaction.id, 0],
      [later.transactions[0]!.transaction.id, 1],
    ] as const) {
      const receipt = await receipts.build(id);
      expect(verifyReceipt(receipt as Uint8Array, genesisBytes)).toMatchObject({
        ok: true,
        value: { epoch },
      });
    }
  });

  it('wait for the certificate of the last height of every epoch before', async () => {
    const { blocks, receipts, ends, epochs, reader } = await bench(([first]) => [first!]);
    const early = blocks[0]!.transactions[0]!.transaction.id;
    await expect(receipts.build(early)).resolves.toBeInstanceOf(Uint8Array);
    const late = blocks.at(-1)!.transactions[0]!.transaction.id;
    await expect(receipts.build(late)).resolves.toBe('notCertifiedYet');
    const ended = new EndedEpochs(epochs, reader);
    await expect(ended.before(ends[0]!)).resolves.toEqual([]);
    await expect(ended.before(ends[0]! + 1)).resolves.toBeUndefined();
  });

  it('read what never changes once', async () => {
    const { epochs, reader, ends } = await bench();
    const ended = new EndedEpochs(epochs, reader);
    let reads = 0;
    const { readBlock } = reader;
    reader.readBlock = (height) => {
      reads += 1;
      return readBlock.call(reader, height);
    };
    for (const height of [ends[1]! + 1, ends[1]! + 1])
      await expect(ended.before(height)).resolves.toHaveLength(2);
    expect(reads).toBe(2);
    reader.readBlock = async () => undefined;
    await expect(new EndedEpochs(epochs, reader).before(ends[1]! + 1)).rejects.toMatchObject({
      code: 'LEDGER_CORRUPT',
    });
  });

  it('show checkpoints with the validators of their height', async () => {
    const { genesis, receipts, epochs, ends } = await bench();
    for (const height of [1, ends[0]!, ends[0]! + 1, ends[1]! + 1]) {
      const shown = await receipts.at(height);
      const { validators } = epochs.termsAt(height);
      const note = verifyCheckpointNote(shown!.note, genesis.origin, validators, ed25519Verifier);
      expect(note).toMatchObject({ ok: true, value: { height } });
    }
  });
});
