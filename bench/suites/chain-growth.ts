/** How fast a chain grew, from the heights that were seen over time and what the blocks hold. */
import type { BlockResource } from '../../src/sdk/index.js';
import { heightAt, type HeightSample } from '../cluster/height-sampler.js';
import { median } from '../statistics.js';

const SECOND_MS = 1_000;

export interface GrowthRate {
  readonly seconds: number;
  readonly blocksPerSecond: number;
  readonly transactionsPerSecond: number;
  /** Of the whole seconds in it. */
  readonly medianBlocksPerSecond: number;
  readonly medianTransactionsPerSecond: number;
}

export class ChainGrowth {
  private readonly transactions = new Map<number, number>();

  constructor(
    private readonly samples: readonly HeightSample[],
    private readonly blocks: readonly BlockResource[],
  ) {
    for (const { height, transactionCount } of blocks) this.transactions.set(height, transactionCount);
  }

  /** The same chain as another node got it. */
  ofSamples(samples: readonly HeightSample[]): ChainGrowth {
    return new ChainGrowth(samples, this.blocks);
  }

  /** NaN when nothing was seen by then. */
  heightAt(atMs: number): number {
    return heightAt(this.samples, atMs) ?? Number.NaN;
  }

  between(fromMs: number, toMs: number): GrowthRate {
    const whole = this.grown(fromMs, toMs);
    const each: { readonly blocks: number; readonly transactions: number }[] = [];
    for (let startMs = fromMs; startMs + SECOND_MS <= toMs; startMs += SECOND_MS)
      each.push(this.grown(startMs, startMs + SECOND_MS));
    const seconds = (toMs - fromMs) / SECOND_MS;
    return {
      seconds,
      blocksPerSecond: whole.blocks / seconds,
      transactionsPerSecond: whole.transactions / seconds,
      medianBlocksPerSecond: median(each.map(({ blocks }) => blocks)),
      medianTransactionsPerSecond: median(each.map(({ transactions }) => transactions)),
    };
  }

  /** Blocks that became durable in (fromMs, toMs], and the transactions in them. */
  grown(fromMs: number, toMs: number): { readonly blocks: number; readonly transactions: number } {
    const first = heightAt(this.samples, fromMs);
    const last = heightAt(this.samples, toMs);
    if (first === undefined || last === undefined) return { blocks: 0, transactions: 0 };
    let transactions = 0;
    for (let height = first + 1; height <= last; height++) transactions += this.transactions.get(height) ?? 0;
    return { blocks: last - first, transactions };
  }
}
