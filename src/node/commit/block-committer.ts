/**
 * Makes final blocks durable, in two stages that work at the same time: blocks are executed in order, and everything that
 * is executed and not yet durable goes into the next database transaction. This is the one way into the database, for a
 * block that votes have just made final as for one that was fetched. While the database is away the same transaction is
 * tried again and nothing is acknowledged; execution itself is never repeated.
 */
import type { ExecutedBlock } from '../../protocol/execution/executed-block.js';
import type { MerkleFrontier } from '../../protocol/crypto/merkle/merkle-frontier.js';
import type { Block } from '../../protocol/ledger/block.js';
import type { QuorumCertificate } from '../../protocol/pbft/certificate.js';
import type { StateTree } from '../../protocol/state/state-tree.js';
import type { EpochHistory } from '../epochs/epoch-history.js';
import type { BlockContents } from '../proposal/block-contents.js';
import type { BlockToCommit, Clock, Journal, LedgerStore, NodeObserver } from '../ports.js';
import { BlockExecutor, type BlockExecutorPorts } from './block-executor.js';
import { DatabasePatience } from './database-patience.js';

/** Bodies in one database transaction; one block alone may have more. */
const TOGETHER_BYTES_MAX = 4 * 1024 * 1024;

export interface BlockCommitterPorts {
  readonly epochs: EpochHistory;
  readonly contents: BlockContents;
  readonly states: BlockExecutorPorts['states'];
  readonly store: Pick<LedgerStore, 'readState' | 'readBuckets' | 'commitBlocks'>;
  readonly journal: Pick<Journal, 'position'>;
  readonly clock: Clock;
  readonly observer: NodeObserver;
  /** The state tree has the block's root, which is not durable yet. */
  readonly onTreeChanged?: (executed: ExecutedBlock) => void;
  /** The block is durable. */
  readonly onExecuted: (executed: ExecutedBlock) => void;
  readonly onDatabase: (available: boolean, reason: string) => void;
  /** A broken invariant: the process must end. */
  readonly onError: (error: unknown) => void;
}

interface FinalBlock {
  readonly block: Block;
  readonly certificate: QuorumCertificate;
}

interface UnsavedBlock extends BlockToCommit {
  readonly executeMs: number;
}

export class BlockCommitter {
  /** Both together hold at most L blocks: the replica hands out no more than that ahead of the answers. */
  private readonly final: FinalBlock[] = [];
  private unsaved: readonly UnsavedBlock[] = [];
  private executing = false;
  private saving = false;
  private stopped = false;
  private readonly executor: BlockExecutor;
  private readonly patience: DatabasePatience;
  /** Half of what may be in flight, so that one half is executed while the other is saved. */
  private readonly executedTogetherMax: number;

  constructor(
    private readonly ports: BlockCommitterPorts,
    tree: StateTree,
    resultLog: MerkleFrontier,
  ) {
    const { epochs, contents, states, store, clock, onTreeChanged, onDatabase } = ports;
    this.executedTogetherMax = Math.ceil(epochs.pipelineDepth / 2);
    this.patience = new DatabasePatience(clock, onDatabase);
    const reads = {
      readState: (...keys: Parameters<LedgerStore['readState']>) =>
        this.patience.untilAvailable(() => store.readState(...keys)),
      readBuckets: (...keys: Parameters<LedgerStore['readBuckets']>) =>
        this.patience.untilAvailable(() => store.readBuckets(...keys)),
    };
    const unsaved = (): readonly ExecutedBlock[] => this.unsaved.map(({ executed }) => executed);
    this.executor = new BlockExecutor(
      { epochs, contents, states, store: reads, onTreeChanged, unsaved },
      tree,
      resultLog,
    );
  }

  execute(block: Block, certificate: QuorumCertificate): void {
    this.final.push({ block, certificate });
    if (this.executing || this.stopped) return;
    this.executing = true;
    // What else the same turn hands over is executed together with it.
    void Promise.resolve().then(() => this.executeAll());
  }

  stop(): void {
    this.stopped = true;
    this.patience.stop();
  }

  /** Blocks waiting or at work. */
  get pending(): number {
    return this.final.length + this.unsaved.length;
  }

  private async executeAll(): Promise<void> {
    const { clock } = this.ports;
    try {
      while (this.final.length > 0 && !this.isStopped()) {
        const startMs = clock.monotonicMs();
        const waiting = this.final.slice(0, this.executedTogetherMax);
        const results = await this.executor.execute(waiting.map(({ block }) => block));
        const executeMs = (clock.monotonicMs() - startMs) / results.length;
        const taken = this.final.splice(0, results.length);
        const executed = results.flatMap((result, index) => {
          const certificate = taken[index]?.certificate;
          return certificate === undefined ? [] : [{ executed: result, certificate, executeMs }];
        });
        this.unsaved = [...this.unsaved, ...executed];
        if (!this.saving) void this.saveAll();
      }
    } catch (error) {
      this.fail(error);
    }
    this.executing = false;
  }

  private async saveAll(): Promise<void> {
    const { clock, store, journal } = this.ports;
    this.saving = true;
    try {
      while (this.unsaved.length > 0 && !this.isStopped()) {
        const together = takeTogether(this.unsaved);
        const startMs = clock.monotonicMs();
        await this.patience.untilAvailable(() => store.commitBlocks(together, journal.position()));
        this.unsaved = this.unsaved.slice(together.length);
        const databaseMs = clock.monotonicMs() - startMs;
        for (const block of together) this.onDurable(block, databaseMs);
      }
    } catch (error) {
      this.fail(error);
    }
    this.saving = false;
  }

  private onDurable({ executed, executeMs }: UnsavedBlock, databaseMs: number): void {
    const { contents, observer, onExecuted } = this.ports;
    const { block, transactions, recordCount } = executed;
    contents.forget(block.hash);
    onExecuted(executed);
    observer.onBlockCommitted({
      height: block.header.height,
      transactions: transactions.length,
      records: recordCount,
      bytes: block.header.bodyBytes,
      executeMs,
      databaseMs,
    });
  }

  /** `stopped` may change while the database is asked, which control flow analysis does not see. */
  private isStopped(): boolean {
    return this.stopped;
  }

  /** Nothing is executed or saved after an error. */
  private fail(error: unknown): void {
    if (this.stopped) return;
    this.stop();
    this.ports.onError(error);
  }
}

function takeTogether(unsaved: readonly UnsavedBlock[]): readonly UnsavedBlock[] {
  let bytes = 0;
  const end = unsaved.findIndex(({ executed }) => (bytes += executed.block.body.length) > TOGETHER_BYTES_MAX);
  return end < 0 ? unsaved : unsaved.slice(0, Math.max(1, end));
}
