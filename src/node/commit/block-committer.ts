/**
 * Executes final blocks one after the other and makes each durable in one database transaction. While the database is
 * away the block at hand is tried again and nothing is acknowledged; execution itself is never repeated.
 */
import { executeBlock } from '../../protocol/execution/execute-block.js';
import type { ExecutedBlock } from '../../protocol/execution/executed-block.js';
import type { PlannedTransaction } from '../../protocol/execution/plan-transaction.js';
import { commandKeys, signerKeys } from '../../protocol/execution/prefetch-keys.js';
import type { MerkleFrontier } from '../../protocol/crypto/merkle/merkle-frontier.js';
import type { Block } from '../../protocol/ledger/block.js';
import type { Genesis } from '../../protocol/ledger/genesis.js';
import type { QuorumCertificate } from '../../protocol/pbft/certificate.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { PrefetchedState } from '../../protocol/state/state-view.js';
import type { StateTree } from '../../protocol/state/state-tree.js';
import { touchedBuckets } from './touched-buckets.js';
import type { BlockContents } from '../proposal/block-contents.js';
import type { Clock, Journal, LedgerStore, NodeObserver } from '../ports.js';

/** Pause between attempts while the database does not answer. */
const RETRY_MS = 250;

export interface BlockCommitterPorts {
  readonly genesis: Genesis;
  readonly contents: BlockContents;
  readonly store: Pick<LedgerStore, 'readState' | 'readBuckets' | 'commitBlock'>;
  readonly journal: Pick<Journal, 'position'>;
  readonly clock: Clock;
  readonly observer: NodeObserver;
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

export class BlockCommitter {
  /** At most L blocks: the replica hands out no more than that ahead of the answers. */
  private readonly queue: FinalBlock[] = [];
  private working = false;
  private stopped = false;

  constructor(
    private readonly ports: BlockCommitterPorts,
    private readonly tree: StateTree,
    private resultLog: MerkleFrontier,
  ) {}

  execute(block: Block, certificate: QuorumCertificate): void {
    this.queue.push({ block, certificate });
    if (this.working || this.stopped) return;
    this.working = true;
    void this.work();
  }

  stop(): void {
    this.stopped = true;
  }

  /** Blocks waiting or at work. */
  get pending(): number {
    return this.queue.length;
  }

  private async work(): Promise<void> {
    try {
      for (let next = this.queue[0]; next !== undefined && !this.stopped; next = this.queue[0]) {
        await this.commit(next);
        this.queue.shift();
      }
    } catch (error) {
      if (!this.stopped) this.ports.onError(error);
    }
    this.working = false;
  }

  private async commit({ block, certificate }: FinalBlock): Promise<void> {
    const { clock, contents, store, journal, observer, onExecuted } = this.ports;
    const startMs = clock.monotonicMs();
    const planned = contents.openBound(block).map((opened) => contents.planned(opened));
    const executed = await this.run(block, planned);
    const executedMs = clock.monotonicMs();
    this.resultLog = executed.resultLog;
    await this.untilAvailable(() => store.commitBlock(executed, certificate, journal.position()));
    contents.forget(block.hash);
    onExecuted(executed);
    observer.onBlockCommitted({
      height: block.header.height,
      transactions: planned.length,
      records: executed.recordCount,
      bytes: block.header.bodyBytes,
      executeMs: executedMs - startMs,
      databaseMs: clock.monotonicMs() - executedMs,
    });
  }

  /** Reads what the block declares, then the pure transition. */
  private async run(block: Block, planned: readonly PlannedTransaction[]): Promise<ExecutedBlock> {
    const { genesis, store } = this.ports;
    const declared = signerKeys(planned);
    const found = await this.untilAvailable(() => store.readState(declared));
    const signers = new PrefetchedState(declared.map((key) => [key, found.get(key)]));
    const keys = commandKeys(planned, signers);
    const touched = touchedBuckets(keys, this.tree);
    const rows = await this.untilAvailable(() => store.readBuckets(touched.keys));
    const { view, leaves } = touched.read(rows);
    return executeBlock({
      block,
      transactions: planned,
      view,
      stateTree: this.tree,
      bucketLeaves: leaves,
      resultLog: this.resultLog,
      validators: genesis.validators,
      parameters: genesis.parameters,
    });
  }

  private async untilAvailable<Value>(attempt: () => Promise<Value>): Promise<Value> {
    for (let failures = 0; ; failures++) {
      try {
        const value = await attempt();
        if (failures > 0) this.ports.onDatabase(true, 'the database answers again');
        return value;
      } catch (error) {
        if (!(error instanceof LedgerError) || error.code !== 'DATABASE_UNAVAILABLE' || this.stopped)
          throw error;
        this.ports.onDatabase(false, error.message);
        await new Promise<void>((resolve) => {
          this.ports.clock.schedule(RETRY_MS, resolve);
        });
      }
    }
  }
}
