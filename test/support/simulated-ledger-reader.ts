/** The reading side of SimulatedLedgerStore: transactions, blocks and what receipts are made of. */
import type {
  BlockSummary,
  LedgerReader,
  StatePage,
  StatePageBounds,
  StoredTransaction,
} from '../../src/node/ports.js';
import { encodeHeader } from '../../src/protocol/ledger/block-header.js';
import type { CheckpointCertificate } from '../../src/protocol/pbft/certificate.js';
import type { Height, TransactionId } from '../../src/protocol/primitives/identifiers.js';
import type { StateKey } from '../../src/protocol/state/state-key.js';
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
