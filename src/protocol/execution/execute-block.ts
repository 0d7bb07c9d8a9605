/**
 * The transition of one block: (state before, block) → outcomes, writes, roots. Pure but for the state tree, which is
 * brought to the new root; the same call gives the same bytes at every organisation.
 */
import type { MerkleFrontier } from '../crypto/merkle/merkle-frontier.js';
import { merkleRoot } from '../crypto/merkle/merkle-tree.js';
import type { Block } from '../ledger/block.js';
import type { EpochTerms } from '../ledger/epoch-terms.js';
import { encodeOutcome, entryLeafHash, type Outcome } from '../ledger/outcome.js';
import { validatorSetDigest } from '../ledger/validator-set.js';
import { bytesToHex } from '../primitives/bytes.js';
import type { Digest } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import type { StateKey } from '../state/state-key.js';
import type { ReplacedNodes } from '../state/replaced-nodes.js';
import type { StateLeaf, StateTree } from '../state/state-tree.js';
import type { StateView } from '../state/state-view.js';
import { WriteSet } from '../state/write-set.js';
import type { AppendedEntry } from './apply-records.js';
import { endEpoch, scheduledTerms } from './epoch/change-epoch.js';
import { commitWrites } from './commit-writes.js';
import { executeTransaction } from './execute-transaction.js';
import type { ExecutedBlock, ExecutedWrite, SubjectEntry, SubjectNode } from './executed-block.js';
import type { PlannedTransaction } from './plan-transaction.js';
import { appendResult } from './result-log.js';

export interface BlockToExecute {
  readonly block: Block;
  /** The block's transactions in order, planned under the parameters in force. */
  readonly transactions: readonly PlannedTransaction[];
  /** Values of commandKeys(transactions, …, header). */
  readonly view: StateView;
  /** The state tree before the block; afterwards it has the new root. */
  readonly stateTree: StateTree;
  /** Content before the block of every bucket that a declared key falls into, ascending by key digest. */
  readonly bucketLeaves: ReadonlyMap<number, readonly StateLeaf[]>;
  /** The result log before the block. */
  readonly resultLog: MerkleFrontier;
  /** In force at this height. */
  readonly terms: EpochTerms;
  /** What an earlier block has scheduled: `firstHeight` lies above this height. */
  readonly pending: EpochTerms | undefined;
  /** Takes up what the block replaces in the top of the state tree. */
  readonly replaced?: ReplacedNodes;
}

function subjectRowsOf(
  appended: readonly AppendedEntry[],
  writes: readonly ExecutedWrite[],
): Pick<ExecutedBlock, 'subjectEntries' | 'subjectNodes'> {
  const digests = new Map<StateKey, Uint8Array>();
  for (const { key, keyDigest } of writes) digests.set(key, keyDigest);
  const subjectNodes: SubjectNode[] = [];
  const subjectEntries = appended.map((entry): SubjectEntry => {
    const { subjectKey, sequence, height, transactionIndex, recordIndex, record, completed } = entry;
    const subjectDigest = digests.get(subjectKey);
    invariant(subjectDigest !== undefined, 'a history grew without a write');
    for (const node of completed) subjectNodes.push({ ...node, subjectDigest });
    const { digest: recordDigest, start, end } = record;
    return { subjectDigest, sequence, height, transactionIndex, recordIndex, recordDigest, start, end };
  });
  return { subjectEntries, subjectNodes };
}

export function executeBlock(input: BlockToExecute): ExecutedBlock {
  const { block, transactions, stateTree, bucketLeaves, terms, pending } = input;
  const { validators, parameters } = terms;
  const { header } = block;
  const endsEpoch = pending?.firstHeight === header.height + 1;
  invariant(header.epoch === terms.epoch, `block ${header.height} is not of epoch ${terms.epoch}`);
  invariant(header.epochFinal === endsEpoch, `block ${header.height} ends an epoch where none ends, or none`);
  invariant(transactions.length === header.transactionCount, 'the transactions are not those of the header');
  const stateWrites = transactions.reduce((sum, planned) => sum + planned.stateWrites, 0);
  invariant(
    stateWrites <= parameters.stateWritesPerBlockMax,
    'more state writes than a proposal may declare',
  );
  const state = new WriteSet(input.view);
  const outcomes: Outcome[] = [];
  const appended: AppendedEntry[] = [];
  let recordCount = 0;
  for (const [transactionIndex, planned] of transactions.entries()) {
    const { outcome, entries } = executeTransaction(
      planned,
      { height: header.height, transactionIndex },
      { before: input.view, terms },
      state,
    );
    outcomes.push(outcome);
    for (const entry of entries) appended.push(entry);
    if (outcome.code === 'OK') recordCount += planned.records.length;
  }
  if (endsEpoch) endEpoch(pending, state);
  const outcomeBytes = outcomes.map(encodeOutcome);
  const entryLeafHashes = transactions.map(({ transaction }, index) =>
    entryLeafHash(transaction.id, outcomeBytes[index] ?? new Uint8Array(0)),
  );
  const entriesRoot = bytesToHex(merkleRoot(entryLeafHashes)) as Digest;
  const { writes, stateRoot } = commitWrites(state.writes(), stateTree, bucketLeaves, input.replaced);
  const validatorsDigest = validatorSetDigest(validators);
  const result = appendResult(
    {
      chainId: header.chainId,
      epoch: header.epoch,
      height: header.height,
      timestampMs: header.timestampMs,
      blockHash: block.hash,
      entryCount: transactions.length,
      entriesRoot,
      stateRoot,
      validatorsDigest,
      nextValidatorsDigest: endsEpoch ? validatorSetDigest(pending.validators) : validatorsDigest,
    },
    input.resultLog,
  );
  return {
    ...result,
    block,
    transactions,
    outcomes,
    outcomeBytes,
    entryLeafHashes,
    entriesRoot,
    writes,
    stateRoot,
    ...subjectRowsOf(appended, writes),
    recordCount,
    scheduled: scheduledTerms(writes),
  };
}
