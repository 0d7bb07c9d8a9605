import { describe, expect, it } from '@jest/globals';
import type { Digest } from '../../protocol/primitives/identifiers.js';
import { createStoredChain, executeSample } from '../../../test/support/stored-chain.js';
import { OwnResults } from './own-results.js';

const certified = 'ab'.repeat(32) as Digest;

describe('what is written down when the own result is another', () => {
  it('names every entry that the block has written here, and its roots', () => {
    const chain = createStoredChain();
    const results = new OwnResults(8);
    const executed = executeSample(chain, { transactions: 1, subjects: 2 });
    results.onExecuted(executed);
    const { own, ...roots } = results.describe(1, executed.logRoot, certified);
    expect(roots).toEqual({ height: 1, ownRoot: executed.logRoot, certifiedRoot: certified });
    expect(own).toMatchObject({ stateRoot: executed.stateRoot, blockHash: executed.block.hash });
    expect(own!.writes.map(({ name }) => name).sort()).toEqual([
      'idempotency/acme/submitter/1-0',
      'subject/urn:sample:1:0:0',
      'subject/urn:sample:1:0:1',
    ]);
    expect(own!.writes.every(({ valueDigest }) => /^[0-9a-f]{64}$/.test(valueDigest ?? ''))).toBe(true);
  });

  it('knows the last heights alone', () => {
    const chain = createStoredChain();
    const results = new OwnResults(2);
    const executed = [1, 2, 3].map(() => executeSample(chain, { transactions: 1, subjects: 1 }));
    for (const each of executed) results.onExecuted(each);
    expect(results.describe(1, executed[0]!.logRoot, certified).own).toBeUndefined();
    expect(results.describe(2, executed[1]!.logRoot, certified).own).toBeDefined();
  });
});
