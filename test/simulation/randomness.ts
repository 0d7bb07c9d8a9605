/**
 * A counter-based generator: every draw is a hash of the seed and of what is decided (stream, source, destination, kind,
 * view, height, count). Taking one fault away leaves all other draws as they were, so that a failing run can be shrunk.
 */

const { imul } = Math;

/** One number for each concern that draws. */
export const STREAM = {
  options: 1,
  latency: 2,
  loss: 3,
  duplication: 4,
  slowness: 5,
  journal: 6,
  ledger: 7,
  crash: 8,
  partition: 9,
  workload: 10,
  check: 11,
  liar: 12,
  filter: 13,
  isolation: 14,
  rounds: 15,
  clock: 16,
  boot: 17,
  restart: 18,
  membership: 19,
} as const;

function mix(hash: number, value: number): number {
  let mixed = imul(value | 0, 0xcc9e2d51);
  mixed = (mixed << 15) | (mixed >>> 17);
  mixed = imul(mixed, 0x1b873593);
  let result = hash ^ mixed;
  result = (result << 13) | (result >>> 19);
  return (imul(result, 5) + 0xe6546b64) | 0;
}

export class Randomness {
  constructor(private readonly seed: number) {}

  /** A number in [0, 1) that depends on the seed and the keys alone. */
  draw(stream: number, ...keys: readonly number[]): number {
    let hash = mix(mix(this.seed ^ 0x9e3779b9, stream), Math.floor(this.seed / 0x1_0000_0000));
    for (const key of keys) hash = mix(hash, key);
    hash ^= hash >>> 16;
    hash = imul(hash, 0x85ebca6b);
    hash ^= hash >>> 13;
    hash = imul(hash, 0xc2b2ae35);
    hash ^= hash >>> 16;
    return (hash >>> 0) / 0x1_0000_0000;
  }

  /** Successive draws of one stream. */
  sequence(stream: number, ...keys: readonly number[]): RandomSequence {
    let count = 0;
    return new RandomSequence(() => this.draw(stream, ...keys, count++));
  }
}

export class RandomSequence {
  constructor(private readonly next: () => number) {}

  /** In [0, 1). */
  unit(): number {
    return this.next();
  }

  /** In 0..limit − 1. */
  integer(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  exponential(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.integer(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }
}
