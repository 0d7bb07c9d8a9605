/** Crashes, partitions and the structured faults that uniform noise does not produce (consensus.md 3.3). */
import type { Cluster } from '../cluster.js';
import { STREAM, type RandomSequence } from '../randomness.js';
import type { SimulatedNode } from '../simulated-node.js';
import type { JournalRecord } from '../../../src/protocol/pbft/effect.js';

const DOWN_MS_MEAN = 200;
const PARTITION_MS_MEAN = 300;
const ISOLATION_MS_MEAN = 400;
const TYPE_DROP_MS_MEAN = 120;
const DROPPABLE = [
  'vote',
  'prePrepare',
  'decided',
  'status',
  'blockReply',
  'checkpointVote',
  'syncResponse',
] as const;
/** Chance that the node crashes around the sync of such a record. */
const CRASH_AT_RECORD: Readonly<Record<JournalRecord['type'], number>> = {
  prepared: 0.02,
  locked: 0.03,
  committed: 0.02,
  checkpointSigned: 0.02,
};

export class Nemesis {
  private readonly crashing: RandomSequence;
  private readonly isolating: RandomSequence;
  private readonly isolatedUntil = new Map<number, number>();

  constructor(
    private readonly cluster: Cluster,
    private readonly nodes: readonly SimulatedNode[],
  ) {
    this.crashing = cluster.randomness.sequence(STREAM.crash, -1);
    this.isolating = cluster.randomness.sequence(STREAM.isolation);
  }

  start(): void {
    const { options } = this.cluster;
    this.scheduleCrashes();
    this.schedulePartitions();
    if (options.mode === 'typeDrop') this.dropTypes();
    if (options.mode === 'isolateAfterCommit') this.isolate();
    this.cluster.hooks = {
      onRecord: (endpoint, record) => {
        if (options.mode === 'crashAtRecord') this.crashAt(endpoint.id, record);
      },
      onFirstCommit: (endpoint) => {
        if (options.mode === 'isolateAfterCommit') this.isolateAfterCommit(endpoint.id);
      },
    };
    this.cluster.time.at(options.healAtMs, () => {
      this.cluster.network.heal();
      for (const node of this.nodes) node.boot();
    });
  }

  private get isOver(): boolean {
    return this.cluster.network.isHealed;
  }

  private crash(node: SimulatedNode): void {
    if (this.isOver || !node.isUp) return;
    node.crash();
    this.cluster.time.after(this.crashing.exponential(DOWN_MS_MEAN), () => {
      node.boot();
    });
  }

  private scheduleCrashes(): void {
    const { options, time } = this.cluster;
    for (let count = 0; count < options.crashes; count++) {
      time.at(this.crashing.unit() * options.healAtMs, () => {
        this.crash(this.crashing.pick(this.nodes));
      });
    }
  }

  private schedulePartitions(): void {
    const { options, time, network, randomness } = this.cluster;
    const random = randomness.sequence(STREAM.partition);
    for (let count = 0; count < options.partitions; count++) {
      time.at(random.unit() * options.healAtMs, () => {
        if (this.isOver) return;
        const sides = random.pick([2, 2, 3]);
        network.partition(new Map(this.nodes.map((node) => [node.id, random.integer(sides)])));
        time.after(random.exponential(PARTITION_MS_MEAN), () => {
          network.heal();
        });
      });
    }
  }

  /** For a while, some kinds of message do not reach some of the nodes. */
  private dropTypes(): void {
    const { time, network, randomness } = this.cluster;
    const random = randomness.sequence(STREAM.filter);
    let dropped: { type: string; to: ReadonlySet<number> }[] = [];
    const change = (): void => {
      if (this.isOver) return;
      dropped = Array.from({ length: 1 + random.integer(3) }, () => ({
        type: random.pick(DROPPABLE),
        to: new Set(this.nodes.filter(() => random.chance(0.7)).map((node) => node.id)),
      }));
      time.after(random.exponential(TYPE_DROP_MS_MEAN), change);
    };
    change();
    network.addFilter((_, to, message) =>
      dropped.some(({ type, to: ids }) => type === message.type && ids.has(to.id)),
    );
  }

  private isolate(): void {
    const { time, network } = this.cluster;
    const isIsolated = (id: number): boolean => (this.isolatedUntil.get(id) ?? 0) > time.nowMs;
    network.addFilter((from, to) => isIsolated(from.id) || isIsolated(to.id));
  }

  /** The first to commit a height is cut off, and perhaps crashed: what it knows nobody else does. */
  private isolateAfterCommit(id: number): void {
    const { time } = this.cluster;
    if (this.isOver || !this.isolating.chance(0.3)) return;
    this.isolatedUntil.set(id, time.nowMs + this.isolating.exponential(ISOLATION_MS_MEAN));
    if (!this.isolating.chance(0.3)) return;
    time.after(this.isolating.unit() * 5, () => {
      this.crash(this.nodes[id]!);
    });
  }

  private crashAt(id: number, record: JournalRecord): void {
    const { time, options } = this.cluster;
    if (this.isOver || !this.crashing.chance(CRASH_AT_RECORD[record.type])) return;
    time.after(this.crashing.unit() * 2 * options.journalSyncMs, () => {
      this.crash(this.nodes[id]!);
    });
  }
}
