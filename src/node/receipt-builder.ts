/** Puts a receipt together from what the ledger holds (RCPT-1); verified offline by protocol/proof. */
import { inclusionNodes, assembleInclusion } from '../protocol/crypto/merkle/stored-proofs.js';
import type { Genesis } from '../protocol/ledger/genesis.js';
import type { CheckpointCertificate } from '../protocol/pbft/certificate.js';
import { buildReceipt } from '../protocol/proof/build-receipt.js';
import { checkpointNote } from '../protocol/proof/checkpoint-certificate.js';
import type { Height, TransactionId } from '../protocol/primitives/identifiers.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import { EndedEpochs } from './epochs/ended-epochs.js';
import type { EpochHistory } from './epochs/epoch-history.js';
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

export interface ReceiptBuilderPorts {
  readonly genesis: Pick<Genesis, 'origin' | 'validators'>;
  readonly epochs: Pick<EpochHistory, 'termsAt' | 'termsOf'>;
  readonly reader: ReceiptReads;
  /** True for a transaction that waits here. */
  readonly isPending: (id: TransactionId) => boolean;
}

export class ReceiptBuilder implements Receipts, CheckpointNotes {
  /** For whoever else shows them. */
  readonly ended: EndedEpochs;

  constructor(private readonly ports: ReceiptBuilderPorts) {
    this.ended = new EndedEpochs(ports.epochs, ports.reader);
  }

  async build(id: TransactionId): Promise<Uint8Array | 'notCommitted' | 'notCertifiedYet' | undefined> {
    const { genesis, reader, isPending } = this.ports;
    const stored = await reader.findTransaction(id);
    if (stored === undefined) return isPending(id) ? 'notCommitted' : undefined;
    const { height, index } = stored;
    const certificate = await reader.firstCheckpointFrom(height);
    if (certificate === undefined) return 'notCertifiedYet';
    const treeSize = certificate.height + 1;
    const nodes = inclusionNodes(height, treeSize);
    const [block, entries, hashes, endedEpochs] = await Promise.all([
      reader.readBlock(height),
      reader.readEntries(height),
      reader.readLogNodes(nodes),
      this.ended.before(certificate.height),
    ]);
    if (endedEpochs === undefined) return 'notCertifiedYet';
    if (block === undefined) {
      throw new LedgerError(
        'LEDGER_CORRUPT',
        `block ${height} of transaction ${id} is missing; run an audit`,
      );
    }
    return buildReceipt({
      genesis,
      transaction: stored,
      index,
      entries,
      resultRecord: block.resultRecord,
      logPath: assembleInclusion(height, treeSize, hashes),
      checkpoint: certificate,
      endedEpochs,
    });
  }

  async latest(): Promise<CheckpointNote | undefined> {
    const certificate = await this.ports.reader.highestCheckpoint();
    return certificate && this.note(certificate);
  }

  async at(height: Height): Promise<CheckpointNote | undefined> {
    const certificate = await this.ports.reader.readCheckpoint(height);
    return certificate && this.note(certificate);
  }

  private note(certificate: CheckpointCertificate): CheckpointNote {
    const { genesis, epochs } = this.ports;
    const { validators } = epochs.termsAt(certificate.height);
    return { height: certificate.height, note: checkpointNote(genesis.origin, validators, certificate) };
  }
}
