/** Puts the COSE form of a receipt together: what the ledger holds, and signatures that are asked of the organisations now. */
import { assembleInclusion, inclusionNodes } from '../../protocol/crypto/merkle/stored-proofs.js';
import { inclusionProof } from '../../protocol/crypto/merkle/merkle-tree.js';
import { entryLeafHash } from '../../protocol/ledger/outcome.js';
import type { Height, TransactionId } from '../../protocol/primitives/identifiers.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { encodeCoseReceipt, receiptHeader } from '../../protocol/proof/cose/cose-receipt.js';
import type { LedgerReader, StoredTransaction } from '../ports.js';
import type { CoseReceiptAnswer, CoseReceipts } from '../use-cases.js';
import type { Collected, ReceiptSignatures, SignedRoot } from './receipt-signatures.js';

export interface CoseReceiptBuilderPorts {
  readonly origin: string;
  readonly reader: Pick<
    LedgerReader,
    'findTransaction' | 'readBlock' | 'readEntries' | 'readLogNodes' | 'highestCheckpoint'
  >;
  readonly signatures: Pick<ReceiptSignatures, 'held' | 'collect'>;
  /** True for a transaction that waits here. */
  readonly isPending: (id: TransactionId) => boolean;
}

export class CoseReceiptBuilder implements CoseReceipts {
  constructor(private readonly ports: CoseReceiptBuilderPorts) {}

  async build(id: TransactionId): Promise<CoseReceiptAnswer> {
    const { reader, isPending } = this.ports;
    const stored = await reader.findTransaction(id);
    if (stored === undefined) return { kind: isPending(id) ? 'notCommitted' : 'unknown' };
    const signed = await this.signedRoot(stored.height);
    if (signed === undefined) return { kind: 'notCertifiedYet' };
    if (signed.kind === 'incomplete') return { ...signed, kind: 'unsigned' };
    return { kind: 'receipt', bytes: await this.assemble(stored, signed) };
  }

  /**
   * Over the highest certified root rather than the first that covers the block: keys sign for the heights at which they are in
   * force, and the first one may lie before any organisation had a key.
   */
  private async signedRoot(height: Height): Promise<Collected | undefined> {
    const { reader, signatures } = this.ports;
    const held = await signatures.held(height);
    if (held !== undefined) return { kind: 'complete', ...held };
    const certificate = await reader.highestCheckpoint();
    if (certificate === undefined || certificate.height < height) return undefined;
    return signatures.collect(certificate.height, certificate.root);
  }

  private async assemble(
    { id, height, index, body, signature }: StoredTransaction,
    signed: SignedRoot,
  ): Promise<Uint8Array> {
    const { reader, origin } = this.ports;
    const size = signed.height + 1;
    const [block, entries, hashes] = await Promise.all([
      reader.readBlock(height),
      reader.readEntries(height),
      reader.readLogNodes(inclusionNodes(height, size)),
    ]);
    const entry = entries[index];
    if (block === undefined || entry === undefined)
      throw new LedgerError(
        'LEDGER_CORRUPT',
        `block ${height} of transaction ${id} is missing; run an audit`,
      );
    const leaves = entries.map((each) => entryLeafHash(each.id, each.outcome));
    return encodeCoseReceipt({
      transaction: { body, signature },
      entry: {
        index,
        count: entries.length,
        outcome: entry.outcome,
        path: inclusionProof(leaves, index),
      },
      resultRecord: block.resultRecord,
      inclusion: { size, index: height, path: assembleInclusion(height, size, hashes) },
      signatures: signed.signatures.map((each) => ({
        ...receiptHeader({ ...each, origin }),
        signature: each.signature,
      })),
    });
  }
}
