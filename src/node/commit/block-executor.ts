/**
 * Executes final blocks in order over the state that the database holds and what is executed and not yet in it. Several
 * blocks share two reads: first who signed and what ballots are about, then everything that they declare.
 */
import { executeBlock } from '../../protocol/execution/execute-block.js';
import type { ExecutedBlock, ExecutedWrite } from '../../protocol/execution/executed-block.js';
import type { PlannedTransaction } from '../../protocol/execution/plan-transaction.js';
import { commandKeys, signerKeys } from '../../protocol/execution/prefetch-keys.js';
import type { MerkleFrontier } from '../../protocol/crypto/merkle/merkle-frontier.js';
import type { Block } from '../../protocol/ledger/block.js';
import { ReplacedNodes } from '../../protocol/state/replaced-nodes.js';
import { PrefetchedState } from '../../protocol/state/state-view.js';
import type { StateKey } from '../../protocol/state/state-key.js';
import type { StateTree } from '../../protocol/state/state-tree.js';
import type { EpochHistory } from '../epochs/epoch-history.js';
import type { BlockContents } from '../proposal/block-contents.js';
import type { LedgerStore } from '../ports.js';
import type { RecentStates } from '../proofs/recent-states.js';
import { TouchedState, touchedKeys, type TouchedKey } from './touched-state.js';

/** Declared rows of blocks that are executed together; one block alone may have more. Bounds memory, and how long nothing else runs. */
const TOGETHER_WRITES_MAX = 2_000;

export interface BlockExecutorPorts {
  /** Learns here what a block schedules: the next ones are executed before it is durable. */
  readonly epochs: Pick<EpochHistory, 'termsAt' | 'pendingAt' | 'onExecuted'>;
  readonly contents: Pick<BlockContents, 'openBound' | 'planned'>;
  /** Keeps what a block replaces, from the same turn on in which the tree changes. */
  readonly states: Pick<RecentStates, 'onExecuted'>;
  /** Waits for a database that is away. */
  readonly store: Pick<LedgerStore, 'readState' | 'readBuckets'>;
  /** The tree has the root of the block; called in the turn in which it got it. */
  readonly onTreeChanged?: ((executed: ExecutedBlock) => void) | undefined;
  /** Blocks that are executed and may be missing in the database, oldest first. */
  readonly unsaved: () => readonly ExecutedBlock[];
}

interface PlannedBlock {
  readonly block: Block;
  readonly planned: readonly PlannedTransaction[];
  readonly signers: readonly StateKey[];
}

export class BlockExecutor {
  constructor(
    private readonly ports: BlockExecutorPorts,
    private readonly tree: StateTree,
    private resultLog: MerkleFrontier,
  ) {}

  /** Executes the first of `blocks` and as many after it as may share its reads; results in order. */
  async execute(blocks: readonly Block[]): Promise<readonly ExecutedBlock[]> {
    const { epochs, states } = this.ports;
    const together = this.plan(blocks);
    const keys = await this.declaredKeys(together);
    const touched = await this.readTouched(keys.flat());
    const results: ExecutedBlock[] = [];
    const written = new Set<StateKey>();
    for (const [index, { block, planned, signers }] of together.entries()) {
      // Its keys were declared with the signers as they were before.
      if (signers.some((key) => written.has(key))) break;
      const before = touched.stateOf(keys[index] ?? []);
      const replaced = new ReplacedNodes();
      const executed = executeBlock({
        block,
        transactions: planned,
        view: before.view,
        stateTree: this.tree,
        bucketLeaves: before.leaves,
        resultLog: this.resultLog,
        terms: epochs.termsAt(block.header.height),
        pending: epochs.pendingAt(block.header.height),
        replaced,
      });
      states.onExecuted(executed, before, replaced);
      this.ports.onTreeChanged?.(executed);
      epochs.onExecuted(executed);
      this.resultLog = executed.resultLog;
      results.push(executed);
      touched.apply(executed.writes);
      for (const { key } of executed.writes) written.add(key);
    }
    return results;
  }

  private plan(blocks: readonly Block[]): readonly PlannedBlock[] {
    const { contents } = this.ports;
    const together: PlannedBlock[] = [];
    let writes = 0;
    for (const block of blocks) {
      const planned = contents.openBound(block).map((opened) => contents.planned(opened));
      for (const { stateWrites } of planned) writes += stateWrites;
      if (together.length > 0 && writes > TOGETHER_WRITES_MAX) break;
      together.push({ block, planned, signers: signerKeys(planned, block.header) });
    }
    return together;
  }

  private async declaredKeys(together: readonly PlannedBlock[]): Promise<readonly (readonly TouchedKey[])[]> {
    const declared = [...new Set(together.flatMap(({ signers }) => signers))];
    const later = this.unsavedWrites();
    const found = new Map(await this.ports.store.readState(declared));
    for (const { key, value } of later.flat()) {
      if (value === undefined) found.delete(key);
      else found.set(key, value);
    }
    const signers = new PrefetchedState(declared.map((key) => [key, found.get(key)]));
    return together.map(({ block, planned }) =>
      touchedKeys(commandKeys(planned, signers, block.header), this.tree),
    );
  }

  private async readTouched(keys: readonly TouchedKey[]): Promise<TouchedState> {
    const later = this.unsavedWrites();
    const touched = new TouchedState(keys, await this.ports.store.readBuckets(keys));
    for (const writes of later) touched.apply(writes);
    return touched;
  }

  /**
   * Taken before a read begins: what is not among them is durable by then, so the read sees it. What becomes durable while
   * it runs is carried in a second time, which changes nothing.
   */
  private unsavedWrites(): readonly (readonly ExecutedWrite[])[] {
    return this.ports.unsaved().map(({ writes }) => writes);
  }
}
