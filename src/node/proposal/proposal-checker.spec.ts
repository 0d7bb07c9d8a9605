import { describe, expect, it } from '@jest/globals';
import { sampleBlockOf, sampleTransaction, type Changes } from '../../../test/support/certified-blocks.js';
import { documentCommand, testGenesis } from '../../../test/support/signed-transactions.js';
import { SimulatedLedgerStore } from '../../../test/support/simulated-ledger-store.js';
import { ed25519Verifier } from '../../protocol/crypto/ed25519.js';
import type { BlockHeader } from '../../protocol/ledger/block-header.js';
import type { Transaction } from '../../protocol/ledger/transaction.js';
import { ZERO_DIGEST, type ChainId, type Digest } from '../../protocol/primitives/identifiers.js';
import { BlockContents } from './block-contents.js';
import { ProposalChecker } from './proposal-checker.js';
import { RecentResults } from './recent-results.js';
import { EpochHistory } from '../epochs/epoch-history.js';
import type { EpochTerms } from '../../protocol/ledger/epoch-terms.js';
import { validatorSetDigest } from '../../protocol/ledger/validator-set.js';

const genesis = testGenesis({ pipelineDepth: 2, stateWritesPerBlockMax: 1_001, clockDriftMs: 1_000 });
const OTHER = 'f'.repeat(64) as Digest;
const rootOf = (height: number): Digest => height.toString().padStart(64, '0') as Digest;
const sample = (name: string): Transaction => sampleTransaction(genesis, name);

type Request = Parameters<ProposalChecker['findProblem']>[0];

/** Height 10 is executed: 11 and 12 may be proposed. */
function bench(scheduled?: EpochTerms) {
  const epochs = new EpochHistory(genesis);
  epochs.onExecuted({ scheduled });
  const store = new SimulatedLedgerStore();
  const contents = new BlockContents({ get: () => undefined }, ed25519Verifier, epochs, 16);
  const roots = new Map([8, 9, 10].map((height) => [height, rootOf(height)]));
  const results = new RecentResults({ height: 10, roots }, 8);
  const checker = new ProposalChecker(genesis.chainId, epochs, contents, results, store);
  const judge = (
    transactions: readonly Transaction[],
    header: Changes<BlockHeader> = {},
    request: Changes<Request> = {},
  ): Promise<string | undefined> =>
    checker.findProblem({
      type: 'checkProposal',
      block: sampleBlockOf(genesis, transactions, { height: 11, resultRoot: rootOf(9), ...header }),
      ancestors: [],
      ...request,
    });
  return { store, results, judge };
}

describe('ProposalChecker', () => {
  it('finds nothing against an honest proposal, and asks the database once for all its ids', async () => {
    const { judge, store } = bench();
    await expect(judge([sample('a'), sample('b')])).resolves.toBeUndefined();
    expect(store.calls).toEqual(['findCommittedIds']);
  });

  it('wants the end of an epoch at its last height, with the next validators, and no empty block but before it', async () => {
    const validators = genesis.validators.slice(0, 3);
    const terms = { epoch: 1, firstHeight: 13, validators, parameters: genesis.parameters };
    // Block 10 has scheduled it: 12 is the last height.
    const { judge } = bench(terms);
    const last = { height: 12, resultRoot: rootOf(10) };
    const end = { ...last, epochFinal: true, nextValidatorsDigest: validatorSetDigest(validators) };
    await expect(judge([], {})).resolves.toBeUndefined();
    await expect(judge([], end)).resolves.toBeUndefined();
    await expect(judge([sample('a')], end)).resolves.toBeUndefined();
    await expect(judge([sample('a')], last)).resolves.toBe('no end of the epoch that ends with height 12');
    await expect(judge([], { ...end, nextValidatorsDigest: ZERO_DIGEST })).resolves.toMatch(
      'other validators',
    );
    const own = {
      ...end,
      nextValidatorsDigest: end.nextValidatorsDigest,
      validatorsDigest: end.nextValidatorsDigest,
    };
    await expect(judge([], own)).resolves.toBe('another validator set');
    await expect(judge([], { ...end, height: 11, resultRoot: rootOf(9) })).resolves.toMatch(
      'nothing scheduled',
    );
  });

  it('goes by the validators and the parameters of the height', async () => {
    const validators = genesis.validators.slice(0, 3);
    const parameters = { ...genesis.parameters, blockTransactionsMax: 1 };
    const { judge } = bench({ epoch: 1, firstHeight: 11, validators, parameters });
    const header = { epoch: 1, validatorsDigest: validatorSetDigest(validators) };
    await expect(judge([sample('a')], header)).resolves.toBeUndefined();
    await expect(judge([sample('a')])).resolves.toBe('another validator set');
    await expect(judge([sample('a'), sample('b')], header)).resolves.toBe(
      'the body does not match the header',
    );
    await expect(judge([], header)).resolves.toBe('an empty block');
  });

  it('refuses each header that the primary may not choose', async () => {
    const { judge } = bench();
    const transactions = [sample('a')];
    await expect(judge([])).resolves.toBe('an empty block');
    await expect(judge(transactions, { validatorsDigest: OTHER })).resolves.toBe('another validator set');
    await expect(judge(transactions, { epochFinal: true })).resolves.toMatch('epoch end');
    await expect(judge(transactions, { nextValidatorsDigest: OTHER })).resolves.toMatch('epoch end');
    await expect(judge(transactions, { resultRoot: OTHER })).resolves.toBe('another result of height 9');
    await expect(judge(transactions, { resultRoot: ZERO_DIGEST })).resolves.toBe(
      'another result of height 9',
    );
    await expect(judge(transactions, { bodyBytes: 1 })).resolves.toBe('the body does not match the header');
  });

  it('compares the result of L heights before, and says so when that is forgotten', async () => {
    const { judge, results } = bench();
    const transactions = [sample('a')];
    await expect(judge(transactions, { height: 12, resultRoot: rootOf(10) })).resolves.toBeUndefined();
    for (let height = 11; height < 30; height++) results.addExecuted(height, rootOf(height));
    await expect(judge(transactions)).resolves.toBe('height 11 was overtaken');
  });

  it('judges each transaction: chain, expiry, signature', async () => {
    const { judge } = bench();
    const stranger = sampleTransaction(genesis, 'a', { chainId: OTHER as string as ChainId });
    await expect(judge([stranger])).resolves.toMatch('signed for chain');
    const expired = sampleTransaction(genesis, 'a', { validUntilHeight: 10 });
    await expect(judge([sample('b'), expired])).resolves.toMatch(`${expired.id}: valid until height 10`);
    const tooFar = sampleTransaction(genesis, 'a', { validUntilHeight: 1_000_000 });
    await expect(judge([tooFar])).resolves.toMatch('at most');
    const forged = { ...sample('a'), signature: new Uint8Array(64).fill(1) };
    await expect(judge([sample('b'), forged])).resolves.toBe(`transaction ${forged.id}: bad signature`);
  });

  it('bounds the state that a block writes', async () => {
    const { judge } = bench();
    const subjects = Array.from({ length: 600 }, (_, index) => `urn:item:${index}`);
    const heavy = ['a', 'b'].map((name) =>
      sampleTransaction(genesis, name, { command: documentCommand(subjects) }),
    );
    await expect(judge(heavy.slice(0, 1))).resolves.toBeUndefined();
    await expect(judge(heavy)).resolves.toBe('too many state writes');
  });

  it('refuses what is in the chain already: in flight, final, or on the ledger', async () => {
    const { judge, results, store } = bench();
    const transaction = sample('a');
    const ancestors = [sampleBlockOf(genesis, [sample('b'), transaction], { height: 11 })];
    const height12 = { height: 12, resultRoot: rootOf(10) };
    await expect(judge([transaction], height12, { ancestors })).resolves.toBe(
      `transaction ${transaction.id} again`,
    );
    store.committedIds.add(transaction.id);
    await expect(judge([transaction])).resolves.toBe(
      `transaction ${transaction.id} is on the ledger already`,
    );
    results.addCommitted(11, [transaction.id]);
    await expect(judge([transaction])).resolves.toBe(`transaction ${transaction.id} again`);
  });

  it('leaves it to the caller to ask again when the database is away', async () => {
    const { judge, store } = bench();
    store.setAvailable(false);
    await expect(judge([sample('a')])).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    store.setAvailable(true);
    await expect(judge([sample('a')])).resolves.toBeUndefined();
  });
});
