import { describe, expect, it } from '@jest/globals';
import type { TransactionId } from '../../protocol/primitives/identifiers.js';
import { CommittedLookup } from './committed-lookup.js';

const id = (digit: string): TransactionId => digit.repeat(64) as TransactionId;

describe('CommittedLookup', () => {
  it('asks once for all look-ups of one turn', async () => {
    const queries: (readonly TransactionId[])[] = [];
    const lookup = new CommittedLookup({
      findCommittedIds: (ids) => {
        queries.push(ids);
        return Promise.resolve(new Set([id('a')]));
      },
    });
    const answers = await Promise.all([lookup.isCommitted(id('a')), lookup.isCommitted(id('b'))]);
    expect(answers).toEqual([true, false]);
    expect(queries).toEqual([[id('a'), id('b')]]);
    expect(await lookup.isCommitted(id('c'))).toBe(false);
    expect(queries).toHaveLength(2);
  });

  it('tells every one of the turn when the database fails, and works again afterwards', async () => {
    let healthy = false;
    const lookup = new CommittedLookup({
      findCommittedIds: () =>
        healthy ? Promise.resolve(new Set([id('a')])) : Promise.reject(new Error('away')),
    });
    const answers = await Promise.allSettled([lookup.isCommitted(id('a')), lookup.isCommitted(id('b'))]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    healthy = true;
    await expect(lookup.isCommitted(id('a'))).resolves.toBe(true);
  });
});
