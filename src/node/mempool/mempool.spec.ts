import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SimulatedClock } from '../../../test/support/simulated-clock.js';
import { DEFAULT_PARAMETERS, type GenesisParameters } from '../../protocol/ledger/genesis-parameters.js';
import type { PublicKey, TransactionId } from '../../protocol/primitives/identifiers.js';
import type { AdmittedTransaction } from './admitted-transaction.js';
import { Mempool, type MempoolLimits } from './mempool.js';

const LIMITS: MempoolLimits = {
  transactionsMax: 6,
  bytesMax: 1_000,
  organisationTransactionsMax: 4,
  organisationBytesMax: 600,
};
const WIDE: MempoolLimits = {
  transactionsMax: 1_000,
  bytesMax: 1_000_000,
  organisationTransactionsMax: 1_000,
  organisationBytesMax: 1_000_000,
};
const NOBODY: ReadonlySet<TransactionId> = new Set();

/** The fields that the pool reads; `signer` is the organisation's name. */
function waiting(
  name: string,
  signer: string,
  bytes = 100,
  validUntilHeight = 10,
  arrivedMs = 0,
): AdmittedTransaction {
  return {
    transaction: { id: name as TransactionId, publicKey: signer as PublicKey, validUntilHeight },
    plannedFor: () => ({ stateWrites: 2 }),
    bytes,
    arrivedMs,
  } as unknown as AdmittedTransaction;
}

function pool(limits: MempoolLimits, clock = new SimulatedClock()): Mempool {
  return new Mempool(
    limits,
    clock,
    (key) => (key.startsWith('stranger') ? undefined : key),
    () => 4,
  );
}

/** The bounds of a block. */
function limits(
  blockTransactionsMax: number,
  blockBytesMax: number,
  stateWritesPerBlockMax: number,
): GenesisParameters {
  return { ...DEFAULT_PARAMETERS, blockTransactionsMax, blockBytesMax, stateWritesPerBlockMax };
}

const names = (selected: readonly AdmittedTransaction[]): string[] =>
  selected.map(({ transaction }) => transaction.id);

describe('Mempool', () => {
  it('keeps each transaction once', () => {
    const mempool = pool(WIDE);
    expect(mempool.add(waiting('a1', 'acme'))).toBe('added');
    expect(mempool.add(waiting('a1', 'acme'))).toBe('duplicate');
    expect([mempool.size, mempool.bytes]).toEqual([1, 100]);
    mempool.remove(['a1', 'unknown'] as TransactionId[]);
    expect([mempool.size, mempool.bytes, mempool.has('a1' as TransactionId)]).toEqual([0, 0, false]);
  });

  it('refuses what exceeds the bounds of all or of one organisation', () => {
    const mempool = pool(LIMITS);
    for (let index = 0; index < 4; index++) expect(mempool.add(waiting(`a${index}`, 'acme'))).toBe('added');
    expect(mempool.add(waiting('a4', 'acme'))).toBe('ORGANISATION_SHARE_FULL');
    expect(mempool.add(waiting('g0', 'globex', 601))).toBe('ORGANISATION_SHARE_FULL');
    // The common half has room for 6 transactions and 500 bytes beyond the 125 of each organisation.
    expect(mempool.add(waiting('g1', 'globex', 351))).toBe('MEMPOOL_FULL');
    expect(mempool.add(waiting('g2', 'globex', 350))).toBe('added');
    expect(mempool.add(waiting('s0', 'stranger one', 1))).toBe('MEMPOOL_FULL');
    expect(mempool.bytes).toBe(750);
  });

  it("keeps each organisation's part for it, however much the others send", () => {
    const mempool = pool({ ...WIDE, transactionsMax: 80 });
    const flood = (signer: string, count: number) => {
      const answers = new Map<string, number>();
      for (let index = 0; index < count; index++) {
        const answer = mempool.add(waiting(`${signer} ${index}`, signer));
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
      }
      return [answers.get('added') ?? 0, answers.get('MEMPOOL_FULL') ?? 0];
    };
    expect(flood('acme', 45)).toEqual([45, 0]);
    expect(flood('stranger', 100)).toEqual([5, 95]);
    expect(flood('globex', 100)).toEqual([10, 90]);
    expect(flood('initech', 5)).toEqual([5, 0]);
    mempool.remove(['stranger 0' as TransactionId]);
    expect(flood('umbrella', 100)).toEqual([11, 89]);
    expect(mempool.size).toBe(75);
  });

  it('shows what waits in each lane, oldest first', () => {
    const mempool = pool(WIDE);
    for (const name of ['a1', 'a2', 'a3']) mempool.add(waiting(name, 'acme'));
    mempool.add(waiting('s1', 'stranger one'));
    mempool.add(waiting('g1', 'globex'));
    mempool.remove(['a1', 'g1'] as TransactionId[]);
    const lanes = [...mempool.waitingByLane()].map(([lane, inOrder]) => [
      lane,
      ...[...inOrder].map(({ transaction }) => transaction.id),
    ]);
    expect(lanes).toEqual([
      ['acme', 'a2', 'a3'],
      ['', 's1'],
    ]);
  });

  it('gives every organisation its share of a block by bytes, each in order of arrival', () => {
    const mempool = pool(WIDE);
    for (let index = 0; index < 6; index++) mempool.add(waiting(`a${index}`, 'acme', 100));
    mempool.add(waiting('g0', 'globex', 250));
    mempool.add(waiting('g1', 'globex', 50));
    const selected = mempool.select({ parameters: limits(100, 700, 100), exclude: NOBODY });
    expect(names(selected)).toEqual(['a0', 'g0', 'a1', 'a2', 'g1', 'a3']);
  });

  it('includes what only fits an empty block, however much else waits', () => {
    const mempool = pool(WIDE);
    const large = ['umbrella', 'initech'];
    for (const signer of large) mempool.add(waiting(`${signer} large`, signer, 700));
    const included: string[] = [];
    for (let block = 0; block < 6; block++) {
      for (const signer of ['acme', 'globex']) mempool.add(waiting(`${signer} ${block}`, signer, 350));
      const selected = mempool.select({ parameters: limits(100, 700, 100), exclude: NOBODY });
      included.push(names(selected).join(' and '));
      mempool.remove(selected.map(({ transaction }) => transaction.id));
    }
    // The first block is by name; from then on the one that stood back is the first.
    expect(included.slice(0, 3)).toEqual(['acme 0 and globex 0', 'initech large', 'umbrella large']);
    expect(included.slice(3)).toEqual(['acme 1 and globex 1', 'acme 2 and globex 2', 'acme 3 and globex 3']);
  });

  it('leaves out what is in blocks under way, and obeys every bound of a block', () => {
    const mempool = pool(WIDE);
    for (let index = 0; index < 5; index++) mempool.add(waiting(`a${index}`, 'acme'));
    const exclude = new Set(['a0', 'a2'] as TransactionId[]);
    const select = (transactionsMax: number, stateWritesMax: number): string[] =>
      names(mempool.select({ parameters: limits(transactionsMax, 1_000, stateWritesMax), exclude }));
    expect(select(10, 100)).toEqual(['a1', 'a3', 'a4']);
    expect(select(2, 100)).toEqual(['a1', 'a3']);
    expect(select(10, 3)).toEqual(['a1']);
  });

  it('drops what can no longer be included', () => {
    const mempool = pool(WIDE);
    mempool.add(waiting('old', 'acme', 100, 4));
    mempool.add(waiting('new', 'acme', 100, 5));
    expect(mempool.expire(5)).toEqual(['old']);
    expect(mempool.size).toBe(1);
  });

  it('tells how long the oldest waits that is in no block', async () => {
    const clock = new SimulatedClock();
    const mempool = pool(WIDE, clock);
    mempool.add(waiting('a', 'acme', 100, 10, 0));
    mempool.add(waiting('g', 'globex', 100, 10, 30));
    await clock.advance(50);
    expect(mempool.oldestWaitingMs(NOBODY)).toBe(50);
    expect(mempool.oldestWaitingMs(new Set(['a'] as TransactionId[]))).toBe(20);
    expect(mempool.oldestWaitingMs(new Set(['a', 'g'] as TransactionId[]))).toBe(0);
  });

  it('names the oldest of every organisation, equally many', async () => {
    const clock = new SimulatedClock();
    const mempool = pool(WIDE, clock);
    for (let index = 0; index < 5; index++) mempool.add(waiting(`a${index}`, 'acme', 100, 10, index));
    mempool.add(waiting('g0', 'globex', 100, 10, 2));
    mempool.add(waiting('g1', 'globex', 100, 10, 9));
    await clock.advance(10);
    expect(mempool.oldest(8, 4)).toEqual(['a0', 'a1', 'g0']);
    expect(mempool.oldest(11, 4)).toEqual([]);
  });

  it('never passes a bound and never loses or doubles a transaction', () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'remove', 'expire'),
      number: fc.nat(30),
      organisation: fc.constantFrom('acme', 'globex', 'stranger'),
      bytes: fc.integer({ min: 1, max: 400 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const mempool = pool(LIMITS);
        const model = new Map<string, { bytes: number; until: number }>();
        for (const { kind, number, organisation, bytes } of steps) {
          const name = `t${number}`;
          if (kind === 'add' && mempool.add(waiting(name, organisation, bytes, number)) === 'added') {
            expect(model.has(name)).toBe(false);
            model.set(name, { bytes, until: number });
          } else if (kind === 'remove') {
            mempool.remove([name as TransactionId]);
            model.delete(name);
          } else if (kind === 'expire') {
            for (const id of mempool.expire(number)) expect(model.get(id)?.until).toBeLessThan(number);
            for (const [id, { until }] of model) if (until < number) model.delete(id);
          }
          expect(mempool.size).toBe(model.size);
          expect(mempool.bytes).toBe([...model.values()].reduce((sum, item) => sum + item.bytes, 0));
          expect(mempool.size).toBeLessThanOrEqual(LIMITS.transactionsMax);
          expect(mempool.bytes).toBeLessThanOrEqual(LIMITS.bytesMax);
        }
        const all = mempool.select({ parameters: limits(100, 10_000, 1_000), exclude: NOBODY });
        expect(names(all).toSorted()).toEqual([...model.keys()].toSorted());
      }),
    );
  });
});
