/**
 * selectChain against a brute-force oracle: every history of four replicas, one of them Byzantine, over a few views and heights.
 * The oracle knows who has locked what; whatever may have been committed by that must be in the chain that is selected.
 */
import { describe, expect, it } from '@jest/globals';
import type { BlockHash } from '../../primitives/identifiers.js';
import type { PreparedTip, ViewChangeContent } from '../view-change.js';
import { addTip, dropCommittedTips, type Tip } from './tips.js';
import { selectChain, type SelectedChain } from './select-chain.js';

type Select = (changes: readonly ViewChangeContent[]) => Pick<SelectedChain, 'base' | 'chain'>;

const GENESIS = 'genesis';
const HONEST = [0, 1, 2];
/** Q is 3: two honest replicas that locked a height can, with the Byzantine one, have committed it. */
const HONEST_COMMITTERS = 2;

/** Blocks of one chain by height, genesis first; a name says in which view a block was first proposed. */
type Chain = readonly string[];

interface Lock {
  readonly view: number;
  readonly height: number;
  readonly chain: Chain;
}

interface History {
  /** Locks of each honest replica, oldest first. */
  readonly locks: readonly (readonly Lock[])[];
  /** Every lock that exists: what the Byzantine replica may show. */
  readonly certificates: readonly Lock[];
  /** The longest chain that may have been committed so far. */
  readonly committed: Chain;
}

function preparedTip({ view, height, chain }: Lock, baseHeight: number): PreparedTip {
  const headers = chain.slice(baseHeight + 1, height + 1).map((hash, offset) => ({
    header: { height: baseHeight + 1 + offset, parentHash: chain[baseHeight + offset] },
    hash,
  }));
  return { view, height, blockHash: chain[height], certificate: {}, headers } as unknown as PreparedTip;
}

/** What a replica with these locks and this committed chain reports; dead tips are left out, as the replica does. */
function changeOf(locks: readonly Lock[], base: Chain): ViewChangeContent {
  const baseHeight = base.length - 1;
  const byTip = new Map<Tip, Lock>();
  let tips: readonly Tip[] = [];
  for (const lock of locks) {
    const { view, height, chain } = lock;
    const before = new Set(tips);
    tips = addTip(tips, { view, height, blockHash: chain[height] as BlockHash } as never);
    for (const tip of tips) if (!before.has(tip)) byTip.set(tip, lock);
  }
  const living = dropCommittedTips(tips, baseHeight)
    .map((tip) => byTip.get(tip)!)
    .filter(({ chain }) => chain[baseHeight] === base[baseHeight]);
  return {
    epoch: 0,
    view: 0,
    base: { height: baseHeight, blockHash: base[baseHeight] as BlockHash, certificate: undefined },
    tips: living.map((lock) => preparedTip(lock, baseHeight)).sort((left, right) => right.view - left.view),
  };
}

function chainOf({ base, chain }: Pick<SelectedChain, 'base' | 'chain'>, committed: Chain): Chain {
  return [...committed.slice(0, base.height + 1), ...chain.map(({ hash }) => hash)];
}

/** The view's chain: what it began with, and fresh blocks up to the last height. */
function extended(beginning: Chain, view: number, heightMax: number): Chain {
  const chain = [...beginning];
  while (chain.length <= heightMax) chain.push(`v${view}h${chain.length}`);
  return chain;
}

/** Every way in which the honest replicas lock heights of the view's chain; 0 is none. */
function* lockHeights(heightMax: number): Generator<readonly number[]> {
  for (let code = 0; code < (heightMax + 1) ** HONEST.length; code++) {
    yield HONEST.map((replica) => Math.floor(code / (heightMax + 1) ** replica) % (heightMax + 1));
  }
}

function afterLocking(history: History, view: number, chain: Chain, heights: readonly number[]): History {
  const locks = history.locks.map((own, replica) => {
    const height = heights[replica]!;
    return height === 0 ? own : [...own, { view, height, chain }];
  });
  const highest = Math.max(...heights);
  const certificates =
    highest === 0 ? history.certificates : [...history.certificates, { view, height: highest, chain }];
  const sorted = [...heights].sort((left, right) => right - left);
  const committedHeight = sorted[HONEST_COMMITTERS - 1]!;
  const committed =
    committedHeight + 1 > history.committed.length ? chain.slice(0, committedHeight + 1) : history.committed;
  return { locks, certificates, committed };
}

/** Every quorum of view changes: one honest replica may have learnt of the commits, and the Byzantine one shows what it likes. */
function* quorums({ locks, certificates, committed }: History): Generator<readonly ViewChangeContent[]> {
  const honest = locks.map((own) => changeOf(own, [GENESIS]));
  const informed = changeOf(locks[0]!, committed);
  yield honest;
  yield [informed, honest[1]!, honest[2]!];
  const lies = [
    changeOf([], [GENESIS]),
    changeOf([], committed),
    ...certificates.map((lock) => changeOf([lock], [GENESIS])),
  ];
  for (const lie of lies) {
    yield [lie, honest[0]!, honest[1]!];
    yield [honest[0]!, lie, honest[2]!];
    yield [honest[1]!, honest[2]!, lie];
    yield [informed, lie, honest[2]!];
  }
}

interface Verdict {
  readonly views: number;
  /** A history in which a block that may be committed is lost. */
  readonly lost: string | undefined;
}

/** Walks every history of `viewsLeft` further views. */
function explore(select: Select, heightMax: number, viewCount: number): Verdict {
  let views = 0;
  // Many quorums give the same beginning: what follows from it is looked at once.
  const seen = new Set<string>();
  const isNew = ({ locks }: History, view: number, beginning: Chain): boolean => {
    const known = locks.map((own) =>
      own.map(({ view: left, chain, height }) => `${left}${chain.slice(1, height + 1).join('')}`).join(),
    );
    const key = `${view}|${known.join('|')}|${beginning.join()}`;
    return !seen.has(key) && seen.add(key).size > 0;
  };
  const walk = (history: History, view: number, beginning: Chain): string | undefined => {
    for (const heights of lockHeights(heightMax)) {
      const chain = extended(beginning, view, heightMax);
      const next = afterLocking(history, view, chain, heights);
      for (const changes of quorums(next)) {
        views += 1;
        const selected = chainOf(select(changes), next.committed);
        const missing = next.committed.findIndex((hash, height) => selected[height] !== hash);
        if (missing >= 0)
          return `view ${view + 1} begins with ${selected.join('-')}, not ${next.committed.join('-')}`;
        const isLast = view + 1 === viewCount;
        const lost = isLast || !isNew(next, view, selected) ? undefined : walk(next, view + 1, selected);
        if (lost !== undefined) return lost;
      }
    }
    return undefined;
  };
  const lost = walk({ locks: HONEST.map(() => []), certificates: [], committed: [GENESIS] }, 0, [GENESIS]);
  return { views, lost };
}

describe('selectChain (PBFT-VIEW-5)', () => {
  it('keeps whatever may be committed, in every history of three views over two heights', () => {
    const { views, lost } = explore(selectChain, 2, 3);
    expect(lost).toBeUndefined();
    expect(views).toBeGreaterThan(900_000);
  });

  it('keeps it in every history of two views over four heights', () => {
    const { views, lost } = explore(selectChain, 4, 2);
    expect(lost).toBeUndefined();
    expect(views).toBeGreaterThan(100_000);
  });

  it('is needed as it is: the highest tip alone, the oldest view first, or no tips at all lose blocks', () => {
    const onlyHighest: Select = (changes) =>
      selectChain(
        changes.map((change) => {
          const all = changes.flatMap(({ tips }) => tips);
          const best = all.reduce<PreparedTip | undefined>(
            (high, tip) =>
              high === undefined ||
              tip.view > high.view ||
              (tip.view === high.view && tip.height > high.height)
                ? tip
                : high,
            undefined,
          );
          return { ...change, tips: change.tips.filter((tip) => tip === best) };
        }),
      );
    const oldestFirst: Select = (changes) =>
      selectChain(
        changes.map((change) => ({
          ...change,
          tips: change.tips.map((tip) => ({ ...tip, view: -tip.view })),
        })),
      );
    const noTips: Select = (changes) => selectChain(changes.map((change) => ({ ...change, tips: [] })));
    const lowestBase: Select = (changes) =>
      selectChain([changes.reduce((low, next) => (next.base.height < low.base.height ? next : low))]);
    for (const wrong of [onlyHighest, oldestFirst, noTips, lowestBase]) {
      expect(explore(wrong, 2, 3).lost).toMatch(/begins with/);
    }
  });

  it('does not depend on the order of the view changes', () => {
    const chain = [GENESIS, 'a1', 'a2', 'a3'];
    const other = [GENESIS, 'a1', 'b2'];
    const changes = [
      changeOf([{ view: 0, height: 3, chain }], [GENESIS, 'a1']),
      changeOf([{ view: 1, height: 2, chain: other }], [GENESIS]),
      changeOf([], [GENESIS]),
    ];
    const hashes = (order: readonly number[]): readonly string[] =>
      selectChain(order.map((index) => changes[index]!)).chain.map(({ hash }) => hash);
    expect(hashes([0, 1, 2])).toEqual(['b2']);
    expect(hashes([2, 1, 0])).toEqual(hashes([0, 1, 2]));
    expect(hashes([1, 0, 2])).toEqual(hashes([0, 1, 2]));
  });
});
