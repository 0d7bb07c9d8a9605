/**
 * How much a replica holds: the size of every map, set and list of its state, found by walking it, and the bound of each
 * (PBFT-WINDOW-1). One that is added to the state has no bound here until somebody gives it one.
 */
import { LACKED_ENDS_MAX } from '../../../src/protocol/pbft/message.js';
import { ENDED_EPOCHS_MAX, type ReplicaState } from '../../../src/protocol/pbft/state/replica-state.js';

type Sizes = Map<string, number>;

/** Told once, and no matter of what anybody says. */
const FIXED = new Set(['config']);

function sizeOf(value: unknown): number | undefined {
  if (value instanceof Map || value instanceof Set) return value.size;
  return Array.isArray(value) ? value.length : undefined;
}

/** Lists within a list count together, under its name with `[]`. What single messages contain is bounded by their form. */
function measure(value: unknown, path: string, sizes: Sizes): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  const size = sizeOf(value);
  if (size === undefined) {
    for (const [key, inner] of Object.entries(value)) {
      if (!FIXED.has(key)) measure(inner, path === '' ? key : `${path}.${key}`, sizes);
    }
    return;
  }
  sizes.set(path, size);
  const inner = [...(value as Iterable<unknown>)].map((item) =>
    value instanceof Map && Array.isArray(item) ? sizeOf(item[1]) : sizeOf(item),
  );
  if (inner.some((each) => each !== undefined)) {
    sizes.set(
      `${path}[]`,
      inner.reduce<number>((sum, each) => sum + (each ?? 0), 0),
    );
  }
}

/** By the path of the container in the state; only those that are there. */
export function heldSizes(state: ReplicaState): ReadonlyMap<string, number> {
  const sizes: Sizes = new Map();
  measure(state, '', sizes);
  return sizes;
}

/** The bound of each; `observers` are connected besides the validators. */
export function sizeBounds(state: ReplicaState, observers = 0): Readonly<Record<string, number>> {
  const { config, seats, quorum, isAwake } = state;
  const { pipelineDepth: depth } = config;
  const { validators } = seats;
  // Until it is awake it holds what its own journal has told it, and that is as long as it is.
  const whenAwake = (bound: number): number => (isAwake ? bound : Infinity);
  const count = validators.length;
  const window = 3 * depth;
  return {
    'seats.validators': count,
    'seats.peers': count,
    ended: ENDED_EPOCHS_MAX,
    // The own journal alone fills it.
    later: whenAwake(0),
    proposals: window,
    nextProposals: window,
    refused: window,
    voted: window,
    proposed: window,
    'votes.votes': window,
    'votes.votes[]': 2 * 2 * count * window,
    tips: depth,
    decided: window,
    bodies: whenAwake(window + depth + depth ** 2),
    fetches: window + depth,
    recent: window,
    // The own journal alone fills it.
    journalled: whenAwake(0),
    'checkpoints.certificate.signatures': quorum,
    'checkpoints.certificates': 2 * window + depth,
    'checkpoints.ownRoots': window,
    'checkpoints.signedRoots': whenAwake(window),
    'checkpoints.lines.lines': 2 * window + depth,
    'checkpoints.lines.lines[]': count * (2 * window + depth),
    'viewState.suspects.held': count,
    'viewState.timeout.signatures': quorum,
    'viewState.ownChange.tips': depth,
    'viewState.ownChange.base.certificate.signatures': quorum,
    'viewState.changes': count,
    'viewState.entered.changes': quorum,
    'viewState.chain': depth,
    echoes: count,
    lastWords: count,
    accused: 16 * count,
    peers: count + observers,
    'lastStatus.prepareVotes': window,
    'lastStatus.prepareVotes[]': count * window,
    'lastStatus.commitVotes': window,
    'lastStatus.commitVotes[]': count * window,
    'lastStatus.viewChanges': count,
    'lastStatus.lackedEnds': LACKED_ENDS_MAX,
  };
}

/** Containers without a bound, and those that hold more than theirs. */
export function findOverflow(state: ReplicaState, observers = 0): readonly string[] {
  const bounds = sizeBounds(state, observers);
  return [...heldSizes(state)].flatMap(([path, size]) => {
    const bound = bounds[path];
    if (bound === undefined) return [`${path} has no bound`];
    return size > bound ? [`${path} holds ${size}, its bound is ${bound}`] : [];
  });
}
