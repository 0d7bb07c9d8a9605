/** The reading side of SimulatedLedgerStore: transactions, blocks and what receipts are made of. */
import type {
  BlockSummary,
  BucketKey,
  HistoryEntry,
  HistoryLeaf,
  HistoryPage,
  LedgerReader,
  StatePage,
  StatePageBounds,
  StateRow,
  StoredTransaction,
} from '../../src/node/ports.js';
import type { MerkleNodeId } from '../../src/protocol/crypto/merkle/merkle-frontier.js';
import { encodeHeader } from '../../src/protocol/ledger/block-header.js';
import type { CheckpointCertificate } from '../../src/protocol/pbft/certificate.js';
import { bytesToHex, hexToBytes } from '../../src/protocol/primitives/bytes.js';
import type { Digest, Height, TransactionId } from '../../src/protocol/primitives/identifiers.js';
import { stateKeyDigest, type StateKey } from '../../src/protocol/state/state-key.js';
import type { SimulatedLedgerStore, StoredBlock } from './simulated-ledger-store.js';

type Reads = Pick<
  LedgerReader,
  | 'findTransaction'
  | 'listState'
  | 'readBlock'
  | 'readEntries'
  | 'readLogNodes'
  | 'readCheckpoint'
  | 'firstCheckpointFrom'
  | 'highestCheckpoint'
  | 'headHeight'
  | 'readHistory'
  | 'readHistoryLeaves'
  | 'readHistoryNodes'
  | 'readBuckets'
>;

export class SimulatedLedgerReader implements Reads {
  /** Calls of findTransaction so far. */
  lookUps = 0;

  constructor(private readonly store: SimulatedLedgerStore) {}

  async findTransaction(id: TransactionId): Promise<StoredTransaction | undefined> {
    this.lookUps++;
    if (this.store.failure !== undefined) throw this.store.failure;
    for (const { executed } of this.store.blocks) {
      const index = executed.transactions.findIndex(({ transaction }) => transaction.id === id);
      if (index < 0) continue;
      const { body, signature } = executed.transactions[index]!.transaction;
      const { height } = executed.block.header;
      return { id, body, signature, height, index, outcome: executed.outcomeBytes[index]! };
    }
    return undefined;
  }

  /** Of all kinds of entries. */
  async listState(prefix: StateKey, bounds: StatePageBounds): Promise<StatePage> {
    return this.store.listState(prefix, bounds);
  }

  async readBlock(height: Height): Promise<BlockSummary | undefined> {
    const stored = this.store.blocks[height - 1];
    return stored && this.summary(stored);
  }

  async readEntries(height: Height) {
    const { transactions, outcomeBytes } = this.store.blocks[height - 1]!.executed;
    return transactions.map(({ transaction }, index) => ({
      id: transaction.id,
      outcome: outcomeBytes[index]!,
    }));
  }

  async readLogNodes(nodes: readonly { readonly level: number; readonly index: number }[]) {
    const results = this.store.results();
    return nodes.map(({ level, index }) => {
      const found = results
        .flatMap(({ logNodes }) => logNodes)
        .find((node) => node.level === level && node.index === index);
      if (found === undefined) throw new RangeError(`no node ${level}/${index}`);
      return found.hash;
    });
  }

  async readCheckpoint(height: Height): Promise<CheckpointCertificate | undefined> {
    return this.store.checkpoints.get(height);
  }

  async firstCheckpointFrom(height: Height): Promise<CheckpointCertificate | undefined> {
    const heights = [...this.store.checkpoints.keys()].filter((each) => each >= height);
    return this.store.checkpoints.get(Math.min(...heights));
  }

  highestCheckpoint(): Promise<CheckpointCertificate | undefined> {
    return this.store.highestCheckpoint();
  }

  async headHeight(): Promise<Height> {
    return this.store.blocks.length;
  }

  async readHistory(
    history: StateKey,
    from: number,
    limit: number,
    atHeight = Infinity,
  ): Promise<HistoryPage> {
    const all = this.historyOf(history).filter(({ height }) => height <= atHeight);
    return { total: all.length, entries: all.slice(from, from + limit) };
  }

  async readHistoryLeaves(
    history: StateKey,
    ranges: readonly { readonly from: number; readonly to: number }[],
  ): Promise<readonly HistoryLeaf[]> {
    const all = this.historyOf(history);
    return ranges.flatMap(({ from, to }) =>
      all.slice(from, to).map((leaf) => ({ ...leaf, recordDigest: hexToBytes(leaf.recordDigest) })),
    );
  }

  async readHistoryNodes(history: StateKey, nodes: readonly MerkleNodeId[]): Promise<readonly Uint8Array[]> {
    const subject = bytesToHex(stateKeyDigest(history));
    const stored = this.store.blocks.flatMap(({ executed }) => executed.subjectNodes);
    return nodes.map(({ level, index }) => {
      const found = stored.find(
        (node) => node.level === level && node.index === index && bytesToHex(node.subjectDigest) === subject,
      );
      if (found === undefined) throw new RangeError(`no node ${level}/${index}`);
      return found.hash;
    });
  }

  readBuckets(keys: readonly BucketKey[]): Promise<readonly StateRow[]> {
    return this.store.readBuckets(keys);
  }

  private historyOf(history: StateKey): readonly HistoryEntry[] {
    const subject = bytesToHex(stateKeyDigest(history));
    return this.store.blocks.flatMap(({ executed }) =>
      executed.subjectEntries
        .filter(({ subjectDigest }) => bytesToHex(subjectDigest) === subject)
        .map((entry): HistoryEntry => {
          const { transaction } = executed.transactions[entry.transactionIndex]!;
          return {
            ...entry,
            recordDigest: bytesToHex(entry.recordDigest) as Digest,
            transactionId: transaction.id,
            timestampMs: executed.block.header.timestampMs,
            record: transaction.body.slice(entry.start, entry.end),
            outcome: executed.outcomeBytes[entry.transactionIndex]!,
          };
        }),
    );
  }

  private summary({ executed, certificate }: StoredBlock): BlockSummary {
    const { header, hash } = executed.block;
    return {
      height: header.height,
      hash,
      header,
      headerBytes: encodeHeader(header),
      resultRecord: executed.resultRecordBytes,
      certificate,
      certified: this.store.checkpoints.has(header.height),
    };
  }
}
