/**
 * Losses with a structure that uniform noise does not produce: by kind of message, and by the view that a
 * message speaks of, as in Twins (OPODIS'21): then each view is a round with a partition of its own.
 */
import type { PeerMessage } from '../../../src/node/ports.js';
import type { Cluster } from '../cluster.js';
import { STREAM } from '../randomness.js';
import type { SimulatedNode } from '../simulated-node.js';

const TYPE_DROP_MS_MEAN = 150;
const DROPPABLE = [
  'vote',
  'prePrepare',
  'decided',
  'status',
  'blockReply',
  'checkpointVote',
  'syncResponse',
  'suspect',
  'viewChange',
  'newView',
  'echo',
] as const;

/** For a while, some kinds of message do not reach some of the nodes. */
function dropTypes(cluster: Cluster, nodes: readonly SimulatedNode[]): void {
  const { time, network, randomness } = cluster;
  const random = randomness.sequence(STREAM.filter);
  let dropped: { type: string; to: ReadonlySet<number> }[] = [];
  const change = (): void => {
    if (network.isHealed) return;
    dropped = Array.from({ length: 1 + random.integer(3) }, () => ({
      type: random.pick(DROPPABLE),
      to: new Set(nodes.filter(() => random.chance(0.7)).map((node) => node.id)),
    }));
    time.after(random.exponential(TYPE_DROP_MS_MEAN), change);
  };
  change();
  network.addFilter((_, to, message) =>
    dropped.some(({ type, to: ids }) => type === message.type && ids.has(to.id)),
  );
}

/** The view that a message belongs to; `undefined` for those that bring views together or speak of none. */
function roundOf(message: PeerMessage): number | undefined {
  switch (message.type) {
    case 'prePrepare':
    case 'vote':
    case 'newView':
      return message.view;
    case 'decided':
      return message.certificate.view;
    default:
      return undefined;
  }
}

/** Each of the first views has a partition of its own, COMMITs are lost link by link, and nobody catches up. */
function dropByRounds(cluster: Cluster): void {
  const { network, randomness, options } = cluster;
  const draw = (...keys: readonly number[]): number => randomness.draw(STREAM.rounds, ...keys);
  const rounds = 3 + Math.floor(draw(0) * 5);
  const sideOf = (view: number, id: number): number => {
    const sides = [1, 2, 2, 3][Math.floor(draw(1, view) * 4)] ?? 1;
    return Math.floor(draw(2, view, id) * sides);
  };
  network.addFilter((from, to, message) => {
    const link = from.id * 64 + to.id;
    if (message.type === 'syncResponse') return cluster.time.nowMs < 0.8 * options.healAtMs;
    if (message.type === 'viewChange') return draw(3, message.change.view, link) < 0.2;
    const view = roundOf(message);
    if (view === undefined || view >= rounds) return false;
    if (sideOf(view, from.id) !== sideOf(view, to.id)) return true;
    const isCommit = message.type === 'vote' && message.kind === 'commit';
    return isCommit && draw(4, view, message.height % 3, link) < draw(5, view);
  });
}

export function startStructuredLoss(cluster: Cluster, nodes: readonly SimulatedNode[]): void {
  const { mode } = cluster.options;
  if (mode === 'typeDrop' || mode === 'crashAtRecord') dropTypes(cluster, nodes);
  if (mode === 'rounds') dropByRounds(cluster);
}
