/**
 * A ledger without consensus, database or network: transactions in, executed blocks out. Prefetches exactly the declared
 * keys and the buckets they fall into, as a node does.
 */
import type { MerkleFrontier } from '../../src/protocol/crypto/merkle/merkle-frontier.js';
import type { RecentStates } from '../../src/node/proofs/recent-states.js';
import { executeBlock } from '../../src/protocol/execution/execute-block.js';
import { executeGenesis } from '../../src/protocol/execution/execute-genesis.js';
import type {
  ExecutedBlock,
  ExecutedWrite,
  GenesisResult,
} from '../../src/protocol/execution/executed-block.js';
import { planTransaction } from '../../src/protocol/execution/plan-transaction.js';
import { commandKeys, signerKeys } from '../../src/protocol/execution/prefetch-keys.js';
import type { Block } from '../../src/protocol/ledger/block.js';
import { bodyBytes, encodeBlockBody } from '../../src/protocol/ledger/block-body.js';
import { hashHeader, type BlockHeader } from '../../src/protocol/ledger/block-header.js';
import { genesisTerms, type EpochTerms } from '../../src/protocol/ledger/epoch-terms.js';
import type { Genesis } from '../../src/protocol/ledger/genesis.js';
import { transactionRoot } from '../../src/protocol/ledger/transaction-tree.js';
import type { Transaction } from '../../src/protocol/ledger/transaction.js';
import { validatorSetDigest } from '../../src/protocol/ledger/validator-set.js';
import { compareBytes } from '../../src/protocol/primitives/bytes.js';
import { ZERO_DIGEST, type BlockHash, type Digest } from '../../src/protocol/primitives/identifiers.js';
import { ReplacedNodes } from '../../src/protocol/state/replaced-nodes.js';
import { stateKeyDigest, type StateKey } from '../../src/protocol/state/state-key.js';
import { StateTree, type StateLeaf } from '../../src/protocol/state/state-tree.js';
import { PrefetchedState } from '../../src/protocol/state/state-view.js';

const FIRST_BLOCK_TIME_MS = 1_700_000_000_000;

export class MemoryLedger {
  readonly state = new Map<StateKey, Uint8Array>();
  readonly stateTree: StateTree;
  readonly genesisResult: GenesisResult;
  private readonly leaves = new Map<number, readonly StateLeaf[]>();
  private resultLog: MerkleFrontier;
  /** Root of the result log by height. */
  private readonly logRoots: Digest[] = [];
  private parentHash = ZERO_DIGEST as string as BlockHash;
  height = 0;
  /** In force at the next height. */
  terms: EpochTerms;
  /** What takes force later. */
  pending: EpochTerms | undefined;

  constructor(
    readonly genesis: Genesis,
    bucketBits = 6,
  ) {
    this.stateTree = new StateTree(bucketBits);
    this.terms = genesisTerms(genesis);
    this.genesisResult = executeGenesis(genesis, this.stateTree);
    this.resultLog = this.genesisResult.resultLog;
    this.logRoots.push(this.genesisResult.logRoot);
    this.save(this.genesisResult.writes);
  }

  /** The next block with these transactions, one second after the one before. */
  blockOf(transactions: readonly Transaction[]): Block {
    const height = this.height + 1;
    const next = this.pending?.firstHeight === height + 1 ? this.pending : undefined;
    const header: BlockHeader = {
      chainId: this.genesis.chainId,
      epoch: this.terms.epoch,
      height,
      originView: 0,
      proposer: 0,
      parentHash: this.parentHash,
      transactionRoot: transactionRoot(transactions),
      transactionCount: transactions.length,
      bodyBytes: bodyBytes(transactions),
      resultRoot: this.logRoots[Math.max(0, height - this.genesis.parameters.pipelineDepth)]!,
      validatorsDigest: validatorSetDigest(this.terms.validators),
      nextValidatorsDigest: next === undefined ? ZERO_DIGEST : validatorSetDigest(next.validators),
      timestampMs: FIRST_BLOCK_TIME_MS + 1_000 * height,
      epochFinal: next !== undefined,
    };
    return { header, hash: hashHeader(header), body: encodeBlockBody(transactions) };
  }

  /** `states` hears of what the block replaces. */
  execute(transactions: readonly Transaction[], states?: Pick<RecentStates, 'onExecuted'>): ExecutedBlock {
    const { terms, pending } = this;
    const block = this.blockOf(transactions);
    const planned = transactions.map((transaction) => planTransaction(transaction, terms.parameters));
    const keys = commandKeys(planned, this.prefetch(signerKeys(planned, block.header)), block.header);
    const bucketLeaves = new Map<number, readonly StateLeaf[]>();
    for (const key of keys) {
      const bucket = this.stateTree.bucketOf(stateKeyDigest(key));
      bucketLeaves.set(bucket, this.leaves.get(bucket) ?? []);
    }
    const view = this.prefetch(keys);
    const replaced = new ReplacedNodes();
    const executed = executeBlock({
      block,
      transactions: planned,
      view,
      stateTree: this.stateTree,
      bucketLeaves,
      resultLog: this.resultLog,
      terms,
      pending,
      replaced,
    });
    states?.onExecuted(executed, { view, leaves: bucketLeaves }, replaced);
    this.save(executed.writes);
    this.resultLog = executed.resultLog;
    this.logRoots.push(executed.logRoot);
    this.parentHash = block.hash;
    this.height = block.header.height;
    if (block.header.epochFinal && pending !== undefined) {
      this.terms = pending;
      this.pending = undefined;
    }
    this.pending = executed.scheduled ?? this.pending;
    return executed;
  }

  private prefetch(keys: readonly StateKey[]): PrefetchedState {
    return new PrefetchedState(keys.map((key) => [key, this.state.get(key)] as const));
  }

  private save(writes: readonly ExecutedWrite[]): void {
    for (const { key, keyDigest, value, valueDigest, bucket } of writes) {
      const others = (this.leaves.get(bucket) ?? []).filter(
        (leaf) => compareBytes(leaf.keyDigest, keyDigest) !== 0,
      );
      if (value === undefined || valueDigest === undefined) {
        this.state.delete(key);
        this.leaves.set(bucket, others);
      } else {
        this.state.set(key, value);
        const leaves = [...others, { keyDigest, valueDigest }];
        this.leaves.set(
          bucket,
          leaves.sort((left, right) => compareBytes(left.keyDigest, right.keyDigest)),
        );
      }
    }
  }
}
