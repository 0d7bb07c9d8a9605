/** Puts a receipt together from what the ledger holds (RCPT-1); verified offline by protocol/proof. */
import { inclusionNodes, assembleInclusion } from '../protocol/crypto/merkle/stored-proofs.js';
import type { Genesis } from '../protocol/ledger/genesis.js';
import type { CheckpointCertificate } from '../protocol/pbft/certificate.js';
import { buildReceipt } from '../protocol/proof/build-receipt.js';
import { checkpointNote } from '../protocol/proof/checkpoint-certificate.js';
import type { Height, TransactionId } from '../protocol/primitives/identifiers.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import type { LedgerReader } from './ports.js';
import type { CheckpointNote, CheckpointNotes, Receipts } from './use-cases.js';

type ReceiptReads = Pick<
  LedgerReader,
  | 'findTransaction'
  | 'readBlock'
  | 'readEntries'
  | 'readLogNodes'
  | 'readCheckpoint'
  | 'firstCheckpointFrom'
  | 'highestCheckpoint'
>;

export class ReceiptBuilder implements Receipts, CheckpointNotes {
  constructor(
    private readonly genesis: Genesis,
    private readonly reader: ReceiptReads,
    /** True for a transaction that waits here. */
    private readonly isPending: (id: TransactionId) => boolean,
  ) {}

  async build(id: TransactionId): Promise<Uint8Array | 'notCommitted' | 'notCertifiedYet' | undefined> {
    const stored = await this.reader.findTransaction(id);
    if (stored === undefined) return this.isPending(id) ? 'notCommitted' : undefined;
    const { height, index } = stored;
    const certificate = await this.reader.firstCheckpointFrom(height);
    if (certificate === undefined) return 'notCertifiedYet';
    const treeSize = certificate.height + 1;
    const nodes = inclusionNodes(height, treeSize);
    const [block, entries, hashes] = await Promise.all([
      this.reader.readBlock(height),
      this.reader.readEntries(height),
      this.reader.readLogNodes(nodes),
    ]);
    if (block === undefined) {
      throw new LedgerError(
        'LEDGER_CORRUPT',
        `block ${height} of transaction ${id} is missing; run an audit`,
      );
    }
    return buildReceipt({
      genesis: this.genesis,
      transaction: stored,
      index,
      entries,
      resultRecord: block.resultRecord,
      logPath: assembleInclusion(height, treeSize, hashes),
      checkpoint: certificate,
    });
  }

  async latest(): Promise<CheckpointNote | undefined> {
    const certificate = await this.reader.highestCheckpoint();
    return certificate && this.note(certificate);
  }

  async at(height: Height): Promise<CheckpointNote | undefined> {
    const certificate = await this.reader.readCheckpoint(height);
    return certificate && this.note(certificate);
  }

  private note(certificate: CheckpointCertificate): CheckpointNote {
    return {
      height: certificate.height,
      note: checkpointNote(this.genesis.origin, this.genesis.validators, certificate),
    };
  }
}
