import { describe, expect, it } from '@jest/globals';
import {
  ACME,
  changingChain,
  EpochBench,
  FIRST_HEIGHT,
  GLOBEX,
  LAST_HEIGHT,
  successors,
} from '../../../../test/support/pbft/epoch-bench.js';
import { testBlock, testRoot } from '../../../../test/support/pbft/signed-messages.js';
import type { Block } from '../../ledger/block.js';
import { InvariantViolation } from '../../primitives/invariant.js';

const [first, second, last] = changingChain(successors) as readonly [Block, Block, Block];

/** What the primary of epoch 0 was asked to build last. */
function requested(
  bench: EpochBench,
): readonly [number, { isDue: boolean; epochFinal: boolean }] | undefined {
  const request = bench.all('requestProposal').at(-1)?.request;
  return request && [request.height, { isDue: request.isDue, epochFinal: request.epochFinal }];
}

describe('the primary of an epoch that ends (PBFT-EPOCH-2)', () => {
  it('asks for blocks up to the last height, due even without a transaction, and says which is the last', () => {
    const bench = new EpochBench(ACME);
    expect(requested(bench)).toEqual([1, { isDue: false, epochFinal: false }]);
    bench.synced(first);
    expect(requested(bench)).toEqual([2, { isDue: false, epochFinal: false }]);
    bench.run(1);
    expect(requested(bench)).toEqual([2, { isDue: true, epochFinal: false }]);
    bench.input({ type: 'proposalBuilt', block: second });
    expect(requested(bench)).toEqual([LAST_HEIGHT, { isDue: true, epochFinal: true }]);
  });

  it('asks for nothing above it, though the pipeline has room', () => {
    const bench = new EpochBench(ACME);
    bench.bring(1);
    bench.input({ type: 'proposalBuilt', block: second });
    bench.input({ type: 'proposalBuilt', block: last });
    bench.together(() => {
      bench.synced(second);
      bench.run(2);
      bench.tick(50);
    });
    expect(bench.replica.view()).toMatchObject({ acceptedHeight: LAST_HEIGHT, lastHeight: LAST_HEIGHT });
    expect(bench.all('requestProposal')).toEqual([]);
  });
});

describe('a proposal in an epoch that ends (PBFT-EPOCH-2)', () => {
  const early = testBlock(2, first.hash, 0, 0, { epochFinal: true });
  const endless = testBlock(LAST_HEIGHT, second.hash);
  const unscheduled = testBlock(1, first.header.parentHash, 0, 0, { epochFinal: true });
  const wrong: readonly (readonly [string, number, Block, string])[] = [
    ['ends it although no change is scheduled', 0, unscheduled, 'ends the epoch too early'],
    ['ends it below its last height', 1, early, 'ends the epoch too early'],
    ['goes on at its last height', 2, endless, 'does not end the epoch where it ends'],
  ];

  it.each(wrong)('is refused when it %s, and its primary suspected', (_, committed, block, reason) => {
    const bench = new EpochBench(GLOBEX);
    bench.bring(committed);
    bench.propose(block);
    expect(bench.all('checkProposal')).toEqual([]);
    expect(bench.all('trace').find(({ kind }) => kind === 'proposalRefused')?.detail).toBe(reason);
    expect(bench.signing()).toEqual(['suspect']);
    expect(bench.state.viewState.suspicion).toEqual({ view: 0, reason: 'refusal' });
  });

  it('is checked when it ends the epoch at its last height', () => {
    const bench = new EpochBench(GLOBEX);
    bench.bring(2);
    bench.propose(last);
    expect(bench.all('checkProposal').map(({ block }) => block.hash)).toEqual([last.hash]);
  });

  it('waits at the last height until execution has scheduled it: nobody votes for a last block unawares', () => {
    const bench = new EpochBench(GLOBEX);
    bench.synced(first);
    bench.accept(second);
    bench.propose(last);
    expect([bench.all('checkProposal'), bench.traced()]).toEqual([[], []]);
    bench.run(1);
    expect(bench.all('checkProposal').map(({ block }) => block.hash)).toEqual([last.hash]);
  });

  it('above the last height is never judged, though it came before the change was known', () => {
    const beyond = testBlock(FIRST_HEIGHT, last.hash);
    const bench = new EpochBench(GLOBEX);
    expect(bench.receive(ACME, bench.voices(0).proposalOf(beyond))).toBe('taken');
    bench.bring(1);
    bench.accept(second);
    bench.accept(last);
    bench.together(() => {
      bench.bring(2);
      bench.tick(50);
    });
    expect(bench.replica.view()).toMatchObject({ executedHeight: 2, acceptedHeight: LAST_HEIGHT });
    expect([bench.all('checkProposal'), bench.state.refused.size]).toEqual([[], 0]);
  });

  it('above the last height is refused by name once the change is known', () => {
    const bench = new EpochBench(GLOBEX);
    bench.bring(1);
    const beyond = bench.voices(0).proposalOf(testBlock(FIRST_HEIGHT, last.hash));
    expect(bench.receive(ACME, beyond)).toBe('refused: prePrepare: height of another epoch');
  });
});

describe('a scheduled change is work (PBFT-EPOCH-2)', () => {
  it('that the primary owes without any transaction', () => {
    const bench = new EpochBench(GLOBEX);
    bench.bring(1);
    bench.tick(1_999);
    expect(bench.state.viewState.suspicion).toBeUndefined();
    bench.tick(1);
    expect(bench.state.viewState.suspicion).toEqual({ view: 0, reason: 'progress' });
  });

  it('and without one there is none', () => {
    const bench = new EpochBench(GLOBEX);
    bench.synced(first);
    bench.executed(1);
    bench.tick(2_000);
    expect(bench.state.viewState.suspicion).toBeUndefined();
    expect(bench.state.patience.deadlineMs).toBeUndefined();
  });
});

describe('a certified block that ends the epoch elsewhere than execution has scheduled', () => {
  const certified: readonly (readonly [string, number, Block])[] = [
    ['without a change', 0, testBlock(1, first.header.parentHash, 0, 0, { epochFinal: true })],
    ['too early', 1, testBlock(2, first.hash, 0, 0, { epochFinal: true })],
    ['never', 2, testBlock(LAST_HEIGHT, second.hash)],
  ];

  it.each(certified)('halts the replica: %s (PBFT-COMMIT-4)', (_, committed, block) => {
    const bench = new EpochBench(GLOBEX);
    bench.bring(committed);
    bench.synced(block);
    expect(bench.all('halt').map(({ reason }) => reason)).toEqual(['CONFLICTING_EPOCH']);
    expect([bench.all('execute'), bench.all('append')]).toEqual([[], []]);
    expect(bench.replica.view()).toMatchObject({ standing: 'halted', committedHeight: committed, epoch: 0 });
  });
});

describe('what execution schedules', () => {
  const seats = successors.seatsFor(GLOBEX);

  it('begins L + 1 heights later and is the epoch after this one', () => {
    for (const wrong of [
      { ...seats, firstHeight: FIRST_HEIGHT - 1 },
      { ...seats, firstHeight: FIRST_HEIGHT + 1 },
      { ...seats, epoch: 0 },
      { ...seats, epoch: 2 },
    ]) {
      const bench = new EpochBench(GLOBEX);
      bench.synced(first);
      expect(() => bench.executed(1, testRoot(1), wrong)).toThrow(InvariantViolation);
    }
  });

  it('is one change at a time', () => {
    const bench = new EpochBench(GLOBEX);
    bench.bring(2, 1);
    const again = { ...seats, firstHeight: FIRST_HEIGHT + 1 };
    expect(() => bench.executed(2, testRoot(2), again)).toThrow(InvariantViolation);
  });
});
