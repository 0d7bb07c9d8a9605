import { describe, expect, it } from '@jest/globals';
import { testGenesis } from '../../../test/support/signed-transactions.js';
import type { EpochTerms } from '../../protocol/ledger/epoch-terms.js';
import { EpochHistory } from './epoch-history.js';

const genesis = testGenesis({ pipelineDepth: 2 });
const { validators, parameters } = genesis;
/** Scheduled by block 7: epoch 0 ends with block 9. */
const second: EpochTerms = { epoch: 1, firstHeight: 10, validators: validators.slice(1), parameters };
/** Scheduled by block 10, the first one that can. */
const third: EpochTerms = { epoch: 2, firstHeight: 13, validators, parameters };

describe('EpochHistory', () => {
  it('knows the terms of genesis for every height, until others are scheduled', () => {
    const history = new EpochHistory(genesis);
    expect(history.termsAt(0)).toBe(history.termsAt(1_000_000));
    expect(history.latest).toEqual({ epoch: 0, firstHeight: 1, validators, parameters });
    expect(history.termsOf(0)).toBe(history.latest);
    expect([history.termsOf(1), history.termsOf(-1), history.pendingAt(5)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([0, 1, 99].map((height) => history.isInEpoch(height, 0))).toEqual([false, true, true]);
    expect(history.isInEpoch(1, 1)).toBe(false);
  });

  it('goes by the epoch of a height, the pending one from its first height on', () => {
    const history = new EpochHistory(genesis, [second]);
    history.onExecuted({ scheduled: undefined });
    history.onExecuted({ scheduled: third });
    const epochs = [1, 9, 10, 12, 13, 99].map((height) => history.termsAt(height).epoch);
    expect(epochs).toEqual([0, 0, 1, 1, 2, 2]);
    expect([history.termsOf(1), history.termsOf(2), history.latest]).toEqual([second, third, third]);
    expect([9, 10].map((height) => history.isInEpoch(height, 0))).toEqual([true, false]);
    expect([9, 10, 12, 13].map((height) => history.isInEpoch(height, 1))).toEqual([false, true, true, false]);
    expect(history.isInEpoch(13, 3)).toBe(false);
  });

  it('shows what is pending to the blocks after the one that schedules it, the last of the epoch included', () => {
    const history = new EpochHistory(genesis, [second, third]);
    const pending = [6, 7, 8, 9, 10, 11, 12, 13].map((height) => history.pendingAt(height)?.epoch);
    expect(pending).toEqual([undefined, undefined, 1, 1, undefined, 2, 2, undefined]);
  });

  it('takes no epoch that does not follow the last one', () => {
    const history = new EpochHistory(genesis, [second]);
    expect(() => {
      history.onExecuted({ scheduled: second });
    }).toThrow('epoch 1 from height 10 does not follow epoch 1');
    expect(() => {
      history.onExecuted({ scheduled: { ...third, firstHeight: 10 } });
    }).toThrow('epoch 2 from height 10 does not follow');
    expect(() => new EpochHistory(genesis, [third])).toThrow('epoch 2');
  });
});
