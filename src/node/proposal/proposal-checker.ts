/**
 * What the replica asks before it votes: may these transactions be in this block? Only rules that every honest replica
 * judges alike: form, signature, chain, expiry, ids unused in the chain, limits and roots (TX-6, PBFT-PROPOSE-4). Its time the
 * replica judges itself; rights and content are judged by execution.
 */
import { checkInclusion } from '../../protocol/ledger/transaction.js';
import type { BlockHeader } from '../../protocol/ledger/block-header.js';
import type { EpochTerms } from '../../protocol/ledger/epoch-terms.js';
import { validatorSetDigest } from '../../protocol/ledger/validator-set.js';
import type { Effect } from '../../protocol/pbft/effect.js';
import type { ChainId, TransactionId } from '../../protocol/primitives/identifiers.js';
import { ZERO_DIGEST } from '../../protocol/primitives/identifiers.js';
import type { EpochHistory } from '../epochs/epoch-history.js';
import type { BlockContents, OpenedBlock } from './block-contents.js';
import type { LedgerStore } from '../ports.js';
import type { RecentResults } from './recent-results.js';

type CheckRequest = Extract<Effect, { type: 'checkProposal' }>;

export class ProposalChecker {
  constructor(
    private readonly chainId: ChainId,
    private readonly epochs: EpochHistory,
    private readonly contents: BlockContents,
    private readonly results: RecentResults,
    private readonly store: Pick<LedgerStore, 'findCommittedIds'>,
  ) {}

  /** The reason against the proposal in words, or `undefined` when this node may vote for it. */
  async findProblem(request: CheckRequest): Promise<string | undefined> {
    const opened = this.contents.open(request.block);
    if (opened === undefined) return 'the body does not match the header';
    return (
      this.headerProblem(request) ??
      this.transactionProblem(request, opened) ??
      (await this.repetitionProblem(request, opened))
    );
  }

  private headerProblem({ block: { header } }: CheckRequest): string | undefined {
    const { parameters, validators } = this.epochs.termsAt(header.height);
    const pending = this.epochs.pendingAt(header.height);
    // The chain has to come to the end of its epoch although nobody has anything to say.
    if (header.transactionCount === 0 && pending === undefined) return 'an empty block';
    if (header.transactionCount > parameters.blockTransactionsMax) return 'too many transactions';
    if (header.bodyBytes > parameters.blockBytesMax) return 'too many bytes';
    if (header.validatorsDigest !== validatorSetDigest(validators)) return 'another validator set';
    const epochProblem = findEpochProblem(header, pending);
    if (epochProblem !== undefined) return epochProblem;
    const resultHeight = Math.max(0, header.height - this.epochs.pipelineDepth);
    if (!this.results.hasRoot(resultHeight)) return `height ${header.height} was overtaken`;
    if (header.resultRoot !== this.results.rootAt(resultHeight))
      return `another result of height ${resultHeight}`;
    return undefined;
  }

  private transactionProblem({ block }: CheckRequest, opened: OpenedBlock): string | undefined {
    const { chainId, epochs } = this;
    const { parameters } = epochs.termsAt(block.header.height);
    let writes = 0;
    for (const item of opened) {
      const { transaction } = item;
      const inclusion = checkInclusion(transaction, { chainId, height: block.header.height, parameters });
      if (inclusion !== undefined) return `transaction ${transaction.id}: ${inclusion.message}`;
      if (!this.contents.isSignatureValid(item)) return `transaction ${transaction.id}: bad signature`;
      writes += this.contents.planned(item).stateWrites;
    }
    return writes > parameters.stateWritesPerBlockMax ? 'too many state writes' : undefined;
  }

  private async repetitionProblem(
    { ancestors }: CheckRequest,
    opened: OpenedBlock,
  ): Promise<string | undefined> {
    const taken = new Set<TransactionId>();
    for (const ancestor of ancestors) {
      for (const { transaction } of this.contents.openBound(ancestor)) taken.add(transaction.id);
    }
    const ids: TransactionId[] = [];
    for (const { transaction } of opened) {
      if (taken.has(transaction.id) || this.results.isCommitted(transaction.id))
        return `transaction ${transaction.id} again`;
      taken.add(transaction.id);
      ids.push(transaction.id);
    }
    const committed = await this.store.findCommittedIds(ids);
    for (const id of committed) return `transaction ${id} is on the ledger already`;
    return undefined;
  }
}

/** The last block of an epoch says so and names who follows; no other block says either (PBFT-EPOCH-2). */
function findEpochProblem(
  { height, epochFinal, nextValidatorsDigest }: BlockHeader,
  pending: EpochTerms | undefined,
): string | undefined {
  if (pending?.firstHeight !== height + 1) {
    return epochFinal || nextValidatorsDigest !== ZERO_DIGEST
      ? 'an epoch end that nothing scheduled'
      : undefined;
  }
  if (!epochFinal) return `no end of the epoch that ends with height ${height}`;
  return nextValidatorsDigest === validatorSetDigest(pending.validators)
    ? undefined
    : 'other validators of the next epoch';
}
