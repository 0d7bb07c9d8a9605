import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ExecutedWrite } from '../../protocol/execution/executed-block.js';
import { commitWrites, mergeLeaves } from '../../protocol/execution/commit-writes.js';
import type { Block } from '../../protocol/ledger/block.js';
import { hexToBytes } from '../../protocol/primitives/bytes.js';
import { ReplacedNodes } from '../../protocol/state/replaced-nodes.js';
import { stateKey, stateKeyDigest, stateValueDigest, type StateKey } from '../../protocol/state/state-key.js';
import { verifyStateProof } from '../../protocol/state/state-proof.js';
import { StateTree, type StateLeaf } from '../../protocol/state/state-tree.js';
import { PrefetchedState } from '../../protocol/state/state-view.js';
import type { BucketKey, StateRow } from '../ports.js';
import { RecentStates, type RecentStatesLimits } from './recent-states.js';

const BUCKET_BITS = 3;
const KEYS = Array.from({ length: 40 }, (_, index) => stateKey('subject', `urn:${index}`));
type Values = ReadonlyMap<StateKey, Uint8Array>;

/** A state in memory and the table of it, which is behind by as many blocks as the test lets it. */
class Bench {
  readonly tree = new StateTree(BUCKET_BITS);
  readonly states: RecentStates;
  /** By height. */
  readonly roots = [''];
  readonly history: Values[] = [new Map()];
  readonly leaves: ReadonlyMap<number, readonly StateLeaf[]>[] = [new Map()];
  durable = 0;
  /** Runs while the table is read. */
  meanwhile = (): void => undefined;

  constructor(limits?: RecentStatesLimits) {
    this.states = new RecentStates(this.tree, 0, { readBuckets: (keys) => this.readBuckets(keys) }, limits);
    this.roots[0] = Buffer.from(this.tree.root()).toString('hex');
  }

  get head(): number {
    return this.history.length - 1;
  }

  execute(changes: ReadonlyMap<StateKey, Uint8Array | undefined>): void {
    const before = this.history.at(-1)!;
    const leavesBefore = this.leaves.at(-1)!;
    const stateWrites = [...changes]
      .map(([key, value]) => ({ key, keyDigest: stateKeyDigest(key), value }))
      .filter(({ key, value }) => value !== undefined || before.has(key))
      .sort((left, right) => Buffer.compare(left.keyDigest, right.keyDigest));
    const declared = new Map(
      stateWrites.map(({ keyDigest }) => {
        const bucket = this.tree.bucketOf(keyDigest);
        return [bucket, leavesBefore.get(bucket) ?? []] as const;
      }),
    );
    const replaced = new ReplacedNodes();
    const { writes, stateRoot } = commitWrites(stateWrites, this.tree, declared, replaced);
    const view = new PrefetchedState(writes.map(({ key }) => [key, before.get(key)] as const));
    const block = { header: { height: this.head + 1 } } as Block;
    this.states.onExecuted({ block, writes }, { view, leaves: declared }, replaced);
    this.roots.push(stateRoot);
    this.history.push(this.applied(before, writes));
    this.leaves.push(this.appliedLeaves(leavesBefore, writes));
  }

  private applied(before: Values, writes: readonly ExecutedWrite[]): Values {
    const after = new Map(before);
    for (const { key, value } of writes) {
      if (value === undefined) after.delete(key);
      else after.set(key, value);
    }
    return after;
  }

  private appliedLeaves(before: ReadonlyMap<number, readonly StateLeaf[]>, writes: readonly ExecutedWrite[]) {
    const after = new Map(before);
    for (const bucket of new Set(writes.map((write) => write.bucket))) {
      const own = writes.filter((write) => write.bucket === bucket);
      after.set(bucket, mergeLeaves(before.get(bucket) ?? [], own));
    }
    return after;
  }

  private async readBuckets(keys: readonly BucketKey[]): Promise<readonly StateRow[]> {
    const [{ key, bucket }] = keys as [BucketKey];
    const digest = Buffer.from(stateKeyDigest(key)).toString('hex');
    const value = this.history[this.durable]!.get(key);
    const rows = (this.leaves[this.durable]!.get(bucket) ?? []).map((leaf) => {
      const isKey = Buffer.from(leaf.keyDigest).toString('hex') === digest;
      return isKey && value !== undefined ? { ...leaf, bucket, key, value } : { ...leaf, bucket };
    });
    await Promise.resolve();
    this.meanwhile();
    return rows;
  }

  /** The answer for a height must be exactly what the model says, under that height's root. */
  async check(key: StateKey, height: number): Promise<void> {
    const state = await this.states.read(key, height);
    expect(state).toBeDefined();
    const value = this.history[height]!.get(key);
    expect(state!.value).toEqual(value);
    const proven = verifyStateProof(hexToBytes(this.roots[height]!), stateKeyDigest(key), state!.proof);
    expect(proven).toMatchObject({ ok: true });
    if (proven.ok)
      expect(proven.value.valueDigest).toEqual(value === undefined ? undefined : stateValueDigest(value));
  }
}

const change = fc.record({
  key: fc.nat(KEYS.length - 1),
  value: fc.option(fc.uint8Array({ minLength: 1, maxLength: 4 })),
});
const block = fc
  .array(change, { maxLength: 8 })
  .map((changes) => new Map(changes.map(({ key, value }) => [KEYS[key]!, value ?? undefined])));

describe('RecentStates', () => {
  it('proves every height of the window as the model says, however far the table is behind', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(block, { minLength: 1, maxLength: 14 }),
        fc.nat(13),
        fc.array(fc.nat(KEYS.length - 1), { minLength: 3, maxLength: 6 }),
        async (blocks, behind, asked) => {
          const bench = new Bench({ heights: 6, bytes: 1_000_000 });
          for (const changes of blocks) bench.execute(changes);
          const { earliest, latest } = bench.states;
          expect([earliest, latest]).toEqual([Math.max(0, blocks.length - 6), blocks.length]);
          bench.durable = Math.max(earliest, blocks.length - behind);
          for (let height = earliest; height <= bench.durable; height++)
            for (const index of asked) await bench.check(KEYS[index]!, height);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is right when blocks are executed and saved while the table is read', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(block, { minLength: 4, maxLength: 8 }),
        fc.array(block, { minLength: 1, maxLength: 4 }),
        fc.nat(KEYS.length - 1),
        fc.nat(7),
        async (blocks, later, asked, back) => {
          const bench = new Bench();
          for (const changes of blocks) bench.execute(changes);
          bench.durable = bench.head;
          const height = Math.max(0, bench.head - back);
          bench.meanwhile = () => {
            bench.meanwhile = () => undefined;
            for (const changes of later) bench.execute(changes);
            bench.durable = bench.head;
          };
          await bench.check(KEYS[asked]!, height);
          await bench.check(KEYS[asked]!, height);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('answers for no height outside of the window, nor for one that leaves it meanwhile', async () => {
    const bench = new Bench({ heights: 2, bytes: 1_000_000 });
    const next = (): void => {
      bench.execute(new Map([[KEYS[0]!, Uint8Array.of(bench.head)]]));
      bench.durable = bench.head;
    };
    for (let height = 1; height <= 5; height++) next();
    await expect(bench.states.read(KEYS[0]!, 2)).resolves.toBeUndefined();
    await expect(bench.states.read(KEYS[0]!, 6)).resolves.toBeUndefined();
    await bench.check(KEYS[0]!, 3);
    bench.meanwhile = next;
    await expect(bench.states.read(KEYS[0]!, 3)).resolves.toBeUndefined();
  });

  it('forgets the oldest heights when what was replaced is too large, and keeps none of a block that alone is', async () => {
    const bench = new Bench({ heights: 100, bytes: 3_000 });
    for (let height = 1; height <= 30; height++)
      bench.execute(new Map([[KEYS[height]!, new Uint8Array(8).fill(height)]]));
    expect(bench.states.earliest).toBeGreaterThan(20);
    expect(bench.states.earliest).toBeLessThan(30);
    bench.durable = bench.head;
    await bench.check(KEYS[3]!, bench.states.earliest);
    bench.execute(new Map(KEYS.map((key) => [key, Uint8Array.of(1)])));
    bench.durable = bench.head;
    expect(bench.states.earliest).toBe(31);
    await bench.check(KEYS[3]!, 31);
  });

  it('refuses a block that is not the next', () => {
    const bench = new Bench();
    const skipped = { header: { height: 2 } } as Block;
    const nothing = { view: new PrefetchedState([]), leaves: new Map() };
    expect(() => {
      bench.states.onExecuted({ block: skipped, writes: [] }, nothing, new ReplacedNodes());
    }).toThrow('block 2 is executed after 0');
  });
});
