import { describe, expect, it } from '@jest/globals';
import { epochTermsKey, PENDING_TERMS_KEY } from '../protocol/governance/epoch-state.js';
import type { StateKey } from '../protocol/state/state-key.js';
import { readEpochTerms } from './statements/read-epoch-terms.js';

const value = (epoch: number): Uint8Array => Uint8Array.of(epoch);

/** A state with the terms of epoch 1 to `epochs`; counts its reads. */
function stateWith(epochs: number, others: readonly (readonly [StateKey, Uint8Array])[] = []) {
  const rows = new Map<StateKey, Uint8Array>(others);
  for (let epoch = 1; epoch <= epochs; epoch++) rows.set(epochTermsKey(epoch), value(epoch));
  const asked: number[] = [];
  const read = (keys: readonly StateKey[]) => {
    asked.push(keys.length);
    const found = keys.flatMap((key) => {
      const row = rows.get(key);
      return row === undefined ? [] : [[key, row] as const];
    });
    return Promise.resolve(new Map(found));
  };
  return { read, asked };
}

describe('readEpochTerms', () => {
  it('gives nothing for a ledger in its first epoch', async () => {
    const { read } = stateWith(0);
    await expect(readEpochTerms(read)).resolves.toEqual({ ended: [], pending: undefined });
  });

  it.each([
    [1, 1],
    [63, 1],
    [64, 2],
    [150, 3],
  ])('reads %i epochs in order with %i bounded reads, and what is pending', async (epochs, reads) => {
    const { read, asked } = stateWith(epochs, [[PENDING_TERMS_KEY, value(255)]]);
    const { ended, pending } = await readEpochTerms(read);
    expect(ended.map((entry) => entry.value[0])).toEqual(Array.from({ length: epochs }, (_, i) => i + 1));
    expect(ended.map((entry) => entry.key)).toEqual(ended.map((_, index) => epochTermsKey(index + 1)));
    expect(pending).toEqual({ key: PENDING_TERMS_KEY, value: value(255) });
    expect(asked).toEqual(Array.from({ length: reads }, () => 65));
  });
});
