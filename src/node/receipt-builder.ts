/** Puts a receipt together from what the ledger holds (RCPT-1); verified offline by protocol/proof. */
import type { Genesis } from '../protocol/ledger/genesis.js';
import type { CheckpointCertificate } from '../protocol/pbft/certificate.js';
import { buildReceipt } from '../protocol/proof/build-receipt.js';
import { checkpointNote } from '../protocol/proof/checkpoint-certificate.js';
import type { Height, TransactionId } from '../protocol/primitives/identifiers.js';
import type { EpochHistory } from './epochs/epoch-history.js';
import type { LedgerReader } from './ports.js';
import type { CountersignedResults } from './proofs/countersigned-results.js';
import type { CheckpointNote, CheckpointNotes, Receipts } from './use-cases.js';

type ReceiptReads = Pick<
  LedgerReader,
  'findTransaction' | 'readEntries' | 'readCheckpoint' | 'highestCheckpoint'
>;

export interface ReceiptBuilderPorts {
  readonly genesis: Pick<Genesis, 'origin' | 'validators'>;
  readonly epochs: Pick<EpochHistory, 'termsAt'>;
  readonly results: Pick<CountersignedResults, 'find'>;
  readonly reader: ReceiptReads;
  /** True for a transaction that waits here. */
  readonly isPending: (id: TransactionId) => boolean;
}

export class ReceiptBuilder implements Receipts, CheckpointNotes {
  constructor(private readonly ports: ReceiptBuilderPorts) {}

  async build(id: TransactionId): Promise<Uint8Array | 'notCommitted' | 'notCertifiedYet' | undefined> {
    const { reader, isPending } = this.ports;
    const stored = await reader.findTransaction(id);
    if (stored === undefined) return isPending(id) ? 'notCommitted' : undefined;
    const { height, index } = stored;
    const [result, entries] = await Promise.all([
      this.ports.results.find(height),
      reader.readEntries(height),
    ]);
    if (result === undefined) return 'notCertifiedYet';
    return buildReceipt({ ...result, transaction: stored, index, entries });
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
