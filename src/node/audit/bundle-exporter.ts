/**
 * Puts a bundle together from what the ledger holds (BNDL-1), block by block: what is in memory is one block's transactions and
 * one chunk, however long the range is. Opened by protocol/proof/verify-bundle.ts anywhere else.
 */
import { frontierNodes } from '../../protocol/crypto/merkle/merkle-frontier.js';
import { assembleConsistency, consistencyNodes } from '../../protocol/crypto/merkle/stored-proofs.js';
import type { Genesis } from '../../protocol/ledger/genesis.js';
import { decodeOutcome } from '../../protocol/ledger/outcome.js';
import { decodeSignedTransaction } from '../../protocol/ledger/transaction.js';
import type { CheckpointCertificate } from '../../protocol/pbft/certificate.js';
import type { EndedEpoch } from '../../protocol/proof/build-receipt.js';
import {
  encodeBundleLine,
  type BundleEnd,
  type BundleLine,
} from '../../protocol/proof/bundle/bundle-lines.js';
import { checkpointNote } from '../../protocol/proof/checkpoint-certificate.js';
import { recordCountOf } from '../../protocol/proof/bundle/verify-bundle.js';
import { concatBytes } from '../../protocol/primitives/bytes.js';
import { ZERO_DIGEST, type BlockHash, type Height } from '../../protocol/primitives/identifiers.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { EndedEpochs } from '../epochs/ended-epochs.js';
import type { EpochHistory } from '../epochs/epoch-history.js';
import type { BlockSummary, LedgerReader, StoredTransaction } from '../ports.js';
import type { AuditExports, ExportRefusal, OpenedExport } from '../use-cases.js';

export interface BundleExporterPorts {
  readonly genesis: Pick<Genesis, 'chainId' | 'origin'>;
  /** The genesis file. */
  readonly genesisBytes: Uint8Array;
  readonly epochs: Pick<EpochHistory, 'termsAt' | 'termsOf'>;
  readonly reader: Pick<
    LedgerReader,
    | 'headHeight'
    | 'highestCheckpoint'
    | 'firstCheckpointFrom'
    | 'readCheckpoint'
    | 'readBlock'
    | 'listBlocks'
    | 'listTransactions'
    | 'readLogNodes'
  >;
}

/** What a reader is handed at a time; a line that is longer goes alone. */
const CHUNK_BYTES = 65_536;
const BLOCKS_PAGE = 50;
/** A page is part of one block, whose bytes are bounded by blockBytesMax: 16 MiB at most. */
const TRANSACTIONS_PAGE = 1_000;
const NEWLINE = 0x0a;
const TRANSACTION_LIMITS = { transactionBytesMax: 1_048_576 };

interface Range {
  readonly from: Height;
  readonly to: Height;
}

interface Counts {
  blocks: number;
  transactions: number;
  records: number;
}

function corrupt(message: string): LedgerError {
  return new LedgerError('LEDGER_CORRUPT', `${message}; run an audit`);
}

/** Records of a stored transaction; those of an outcome that has no effect are none. */
function recordsOf({ id, body, signature, outcome: bytes }: StoredTransaction): number {
  const outcome = decodeOutcome(bytes);
  if (!outcome.ok) throw corrupt(`the outcome of transaction ${id} is ${outcome.rejection.message}`);
  if (outcome.value.code !== 'OK') return 0;
  const transaction = decodeSignedTransaction(body, signature, TRANSACTION_LIMITS, id);
  if (!transaction.ok) throw corrupt(`transaction ${id}: ${transaction.rejection.message}`);
  return recordCountOf(transaction.value.command, outcome.value);
}

export class BundleExporter implements AuditExports {
  private readonly ended: EndedEpochs;

  constructor(private readonly ports: BundleExporterPorts) {
    this.ended = new EndedEpochs(ports.epochs, ports.reader);
  }

  async open(from: Height, to: Height | undefined): Promise<OpenedExport | ExportRefusal> {
    const { reader } = this.ports;
    if (from < 1 || (to !== undefined && to < from)) return { refused: 'rangeInvalid' };
    const [highest, headHeight] = await Promise.all([reader.highestCheckpoint(), reader.headHeight()]);
    const certifiedHeight = highest?.height ?? 0;
    if (Math.max(from, to ?? 0) > headHeight) return { refused: 'notReached', headHeight };
    const range = { from, to: to ?? certifiedHeight };
    const checkpoint = range.to < from ? undefined : await this.findCheckpoint(range);
    const history = await this.ended.before(from, from);
    if (checkpoint === undefined || history === undefined)
      return { refused: 'notCountersigned', certifiedHeight };
    return { ...range, chunks: this.chunks(range, history, checkpoint) };
  }

  /** The lowest of `to`'s epoch that covers it; `undefined` while that, or one between two epochs of the range, is not here. */
  private async findCheckpoint({ from, to }: Range): Promise<CheckpointCertificate | undefined> {
    const { epochs, reader } = this.ports;
    const { epoch } = epochs.termsAt(to);
    for (let next = epochs.termsAt(from).epoch + 1; next <= epoch; next++) {
      const terms = epochs.termsOf(next);
      if (terms === undefined || (await reader.readCheckpoint(terms.firstHeight - 1)) === undefined)
        return undefined;
    }
    const found = await reader.firstCheckpointFrom(to);
    return found !== undefined && epochs.termsAt(found.height).epoch === epoch ? found : undefined;
  }

  private async *chunks(
    range: Range,
    history: readonly EndedEpoch[],
    checkpoint: CheckpointCertificate,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const line of this.lines(range, history, checkpoint)) {
      const encoded = encodeBundleLine(line);
      parts.push(encoded);
      bytes += encoded.length;
      if (bytes < CHUNK_BYTES) continue;
      yield concatBytes(...parts);
      parts = [];
      bytes = 0;
    }
    if (bytes > 0) yield concatBytes(...parts);
  }

  private async *lines(
    range: Range,
    history: readonly EndedEpoch[],
    checkpoint: CheckpointCertificate,
  ): AsyncGenerator<BundleLine, void, undefined> {
    yield await this.headOf(range);
    for (const ended of history) yield this.historyOf(ended);
    const counts: Counts = { blocks: 0, transactions: 0, records: 0 };
    for await (const block of this.blocks(range)) {
      yield* this.blockLines(block, counts);
      if (block.header.epochFinal && block.height < range.to) yield await this.epochOf(block.height);
    }
    yield await this.endOf(range, counts, checkpoint);
  }

  private async headOf({ from, to }: Range): Promise<BundleLine> {
    const { genesis, genesisBytes, reader } = this.ports;
    const [before, frontier] = await Promise.all([
      from === 1 ? undefined : reader.readBlock(from - 1),
      reader.readLogNodes(frontierNodes(from)),
    ]);
    if (from > 1 && before === undefined) throw corrupt(`block ${from - 1} is missing`);
    return {
      kind: 'bundle',
      chainId: genesis.chainId,
      genesis: genesisBytes.at(-1) === NEWLINE ? genesisBytes.subarray(0, -1) : genesisBytes,
      ...{ from, to, frontier },
      parentHash: before?.hash ?? (ZERO_DIGEST as string as BlockHash),
    };
  }

  private historyOf({
    certificate,
    certificatePath,
    logPath,
    nextValidators,
    resultRecord,
  }: EndedEpoch): BundleLine {
    const checkpoint = this.noteOf(certificate);
    const change = { checkpoint, checkpointPath: certificatePath, logPath, resultRecord };
    return { kind: 'history', change: { ...change, validators: nextValidators } };
  }

  private noteOf(certificate: CheckpointCertificate): string {
    const { genesis, epochs } = this.ports;
    return checkpointNote(genesis.origin, epochs.termsAt(certificate.height).validators, certificate);
  }

  private async *blocks({ from, to }: Range): AsyncGenerator<BlockSummary, void, undefined> {
    for (let next = from; next <= to;) {
      const limit = Math.min(BLOCKS_PAGE, to - next + 1);
      const page = await this.ports.reader.listBlocks({ after: next - 1 }, limit);
      for (const block of page) {
        if (block.height !== next) break;
        yield block;
        next += 1;
      }
      if (page.length === 0 || page.at(-1)?.height !== next - 1) throw corrupt(`block ${next} is missing`);
    }
  }

  private async *blockLines(
    block: BlockSummary,
    counts: Counts,
  ): AsyncGenerator<BundleLine, void, undefined> {
    const { height, header, headerBytes, resultRecord, certificate } = block;
    if (certificate === undefined) throw corrupt(`block ${height} has no commit certificate`);
    const commit = { view: certificate.view, signatures: certificate.signatures };
    yield { kind: 'block', header: headerBytes, resultRecord, commit };
    let found = 0;
    while (found < header.transactionCount) {
      const after = { height, index: found - 1 };
      const page = await this.ports.reader.listTransactions(after, TRANSACTIONS_PAGE, { height });
      if (page.length === 0)
        throw corrupt(`block ${height} has ${found} of ${header.transactionCount} transactions`);
      for (const transaction of page) {
        const { body, signature, outcome } = transaction;
        counts.records += recordsOf(transaction);
        yield { kind: 'transaction', body, signature, outcome };
      }
      found += page.length;
    }
    counts.blocks += 1;
    counts.transactions += found;
  }

  private async epochOf(height: Height): Promise<BundleLine> {
    const certificate = await this.ports.reader.readCheckpoint(height);
    if (certificate === undefined) throw corrupt(`the checkpoint of height ${height} is missing`);
    const { validators } = this.ports.epochs.termsAt(height + 1);
    return { kind: 'epoch', checkpoint: this.noteOf(certificate), validators };
  }

  private async endOf({ to }: Range, counts: Counts, checkpoint: CheckpointCertificate): Promise<BundleEnd> {
    const sizes = [to + 1, checkpoint.height + 1] as const;
    const hashes = await this.ports.reader.readLogNodes(consistencyNodes(...sizes));
    const consistency = assembleConsistency(...sizes, hashes);
    return { kind: 'end', ...counts, checkpoint: this.noteOf(checkpoint), consistency };
  }
}
