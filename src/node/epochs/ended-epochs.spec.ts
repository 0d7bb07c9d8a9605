import { describe, expect, it } from '@jest/globals';
import {
  certifyEpochs,
  EPOCHS_GENESIS_BYTES as genesisBytes,
} from '../../../test/support/certified-epochs.js';
import { ed25519Verifier } from '../../protocol/crypto/ed25519.js';
import { verifyCheckpointNote } from '../../protocol/proof/checkpoint-certificate.js';
import { verifyReceipt } from '../../protocol/proof/verify-receipt.js';
import { EndedEpochs } from './ended-epochs.js';

describe('receipts across epochs', () => {
  it('verify against the genesis file alone, whatever epoch the block and its checkpoint are of', async () => {
    const { blocks, receipts } = await certifyEpochs();
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
    const { blocks, receipts } = await certifyEpochs({
      uncertified: ([first, second]) =>
        Array.from({ length: second! - 1 }, (_, index) => index + 1).filter((height) => height !== first),
    });
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
    const { blocks, receipts, ends, epochs, reader } = await certifyEpochs({
      uncertified: ([first]) => [first!],
    });
    const early = blocks[0]!.transactions[0]!.transaction.id;
    await expect(receipts.build(early)).resolves.toBeInstanceOf(Uint8Array);
    const late = blocks.at(-1)!.transactions[0]!.transaction.id;
    await expect(receipts.build(late)).resolves.toBe('notCertifiedYet');
    const ended = new EndedEpochs(epochs, reader);
    await expect(ended.before(ends[0]!)).resolves.toEqual([]);
    await expect(ended.before(ends[0]! + 1)).resolves.toBeUndefined();
  });

  it('read what never changes once', async () => {
    const { epochs, reader, ends } = await certifyEpochs();
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
    const { genesis, receipts, epochs, ends } = await certifyEpochs();
    for (const height of [1, ends[0]!, ends[0]! + 1, ends[1]! + 1]) {
      const shown = await receipts.at(height);
      const { validators } = epochs.termsAt(height);
      const note = verifyCheckpointNote(shown!.note, genesis.origin, validators, ed25519Verifier);
      expect(note).toMatchObject({ ok: true, value: { height } });
    }
  });
});
