/** Everything that a run decides in advance, drawn from its seed; written down when the run fails. */
import { faultsMax, quorumSize } from '../../src/protocol/primitives/quorum.js';
import { Randomness, STREAM, type RandomSequence } from './randomness.js';
import type { MembershipChange } from './twins/simulated-governance.js';

/**
 * How a faulty validator misbehaves. silent: says nothing any more; twins, triplets: two or three processes with one key;
 * liar: drops, replays, moves and rewrites what it says, forges certificates; equivocator: two proposals for one height and
 * votes for both; concealer: view changes without tips or with an old base; forger: two NEWVIEWs; syncLiar: wrong blocks to
 * who catches up; flooder: everything many times; diverging: wrong results; amnesiac: loses its journal; wrongClock: a clock
 * that is minutes off; censor: leaves transactions out; slow: proposes as seldom as it dares.
 */
export const FAULT_KINDS = [
  'silent',
  'twins',
  'triplets',
  'liar',
  'equivocator',
  'concealer',
  'forger',
  'syncLiar',
  'flooder',
  'diverging',
  'amnesiac',
  'wrongClock',
  'censor',
  'slow',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/**
 * What goes wrong besides the network's noise. rounds: another partition for each view, by the view that a
 * message speaks of; typeDrop: kinds of message lost to some; isolateAfterCommit: the first to commit is cut off;
 * crashAtRecord: crashes around the sync of a record; liveness: only a quorum of correct nodes heals.
 */
export const NEMESIS_MODES = [
  'uniform',
  'rounds',
  'typeDrop',
  'isolateAfterCommit',
  'crashAtRecord',
  'liveness',
] as const;
export type NemesisMode = (typeof NEMESIS_MODES)[number];

export interface SimulationOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly pipelineDepth: number;
  readonly transactions: number;
  /** Organisations beside the founders, which are validators when a change makes them so. */
  readonly joiners: number;
  /** Transactions that ask for another set of validators. */
  readonly changes: readonly MembershipChange[];
  /** No set has fewer. */
  readonly validatorsMin: number;
  readonly blockTransactionsMax: number;
  readonly mode: NemesisMode;
  /** Faulty organisations by index; no more of them than any set permits. */
  readonly faulty: Readonly<Record<number, FaultKind>>;
  /** In mode `liveness`: the validators among whom the network heals; all otherwise. */
  readonly core: readonly number[];
  /** From here on the network is good among the core, and every correct node of it is up. */
  readonly healAtMs: number;
  /** By then everything must be committed and certified everywhere in the core. */
  readonly deadlineMs: number;
  readonly statusIntervalMs: number;
  readonly statusCoalesceMs: number;
  readonly fetchRetryMs: number;
  readonly progressTimeoutMs: number;
  readonly progressTimeoutMsMax: number;
  readonly silenceTimeoutMs: number;
  readonly rotationBlocks: number;
  readonly latencyMs: number;
  readonly lossRate: number;
  readonly duplicationRate: number;
  readonly slowRate: number;
  readonly journalSyncMs: number;
  readonly ledgerCommitMs: number;
  readonly crashes: number;
  readonly partitions: number;
  /** Chance that a crash is found with a database that was set back to an older state. */
  readonly rollbackRate: number;
}

/** What a run lasts after healing before it counts as stuck: many times the longest time-out. */
const PATIENCE_MS = 90_000;

function shuffled(random: RandomSequence, count: number): number[] {
  const items = Array.from({ length: count }, (_, index) => index);
  for (let index = count - 1; index > 0; index--) {
    const other = random.integer(index + 1);
    [items[index], items[other]] = [items[other]!, items[index]!];
  }
  return items;
}

function drawFaulty(
  random: RandomSequence,
  order: readonly number[],
  most = faultsMax(order.length),
): Readonly<Record<number, FaultKind>> {
  const count = random.integer(most + 1);
  return Object.fromEntries(order.slice(0, count).map((index) => [index, random.pick(FAULT_KINDS)]));
}

/** Other organisations, fewer validators and other keys, wished for at any time: some of it while another change is pending. */
function drawMembership(
  seed: number,
  nodes: number,
): Pick<SimulationOptions, 'joiners' | 'changes' | 'validatorsMin' | 'faulty'> {
  const random = new Randomness(seed).sequence(STREAM.membership);
  const joiners = 1 + random.integer(3);
  const changes = Array.from({ length: 1 + random.integer(6) }, () => ({
    kind: random.pick(['join', 'join', 'leave', 'leave', 'rotate'] as const),
    organisation: random.integer(nodes + joiners),
  }));
  const validatorsMin = random.pick([4, nodes]);
  const faulty = drawFaulty(random, shuffled(random, nodes + joiners), faultsMax(validatorsMin));
  return { joiners, changes, validatorsMin, faulty };
}

/** What a run without changes has. */
export function constantMembership(
  nodes: number,
): Pick<SimulationOptions, 'joiners' | 'changes' | 'validatorsMin'> {
  return { joiners: 0, changes: [], validatorsMin: nodes };
}

/** Half of the runs change their validators; in `liveness` the core is a quorum of the founders for ever. */
function isChanging(seed: number, mode: NemesisMode): boolean {
  return mode !== 'liveness' && new Randomness(seed).draw(STREAM.membership, 1) < 0.5;
}

/** `membershipOf`: whether the validators change; drawn when absent. */
export function drawOptions(
  seed: number,
  overrides: Partial<SimulationOptions> = {},
  membershipOf?: 'changing' | 'constant',
): SimulationOptions {
  const random = new Randomness(seed).sequence(STREAM.options);
  const drawnNodes = random.pick([4, 4, 4, 4, 5, 6, 7, 7, 10]);
  const nodes = overrides.nodes ?? drawnNodes;
  const shuffledOrder = shuffled(random, nodes);
  const drawnFaulty = drawFaulty(random, shuffledOrder);
  const drawnMode = overrides.mode ?? random.pick(NEMESIS_MODES);
  const mode = membershipOf === 'changing' && drawnMode === 'liveness' ? 'uniform' : drawnMode;
  const isWanted = membershipOf === undefined ? isChanging(seed, mode) : membershipOf === 'changing';
  const membership = isWanted
    ? drawMembership(seed, nodes)
    : { ...constantMembership(nodes), faulty: drawnFaulty };
  const faulty = overrides.faulty ?? membership.faulty;
  const organisations = nodes + (overrides.joiners ?? membership.joiners);
  // The faulty ones come first in the order: the last Q are correct.
  const isFaulty = (index: number): boolean => faulty[index] !== undefined;
  const order = [...shuffledOrder.filter(isFaulty), ...shuffledOrder.filter((index) => !isFaulty(index))];
  const core =
    mode === 'liveness' ? order.slice(nodes - quorumSize(nodes)) : [...Array(organisations).keys()];
  const healAtMs = random.pick([1_000, 2_500, 4_000]);
  const statusIntervalMs = random.pick([50, 100, 200, 500]);
  const progressTimeoutMs = Math.max(statusIntervalMs, random.pick([100, 250, 600]));
  return {
    seed,
    nodes,
    ...membership,
    pipelineDepth: random.pick([1, 2, 4, 8]),
    transactions: 30,
    blockTransactionsMax: random.pick([1, 2, 10]),
    mode,
    faulty,
    core: [...core].sort((left, right) => left - right),
    healAtMs,
    deadlineMs: healAtMs + PATIENCE_MS,
    statusIntervalMs,
    statusCoalesceMs: random.pick([20, 50]),
    fetchRetryMs: random.pick([50, 200]),
    progressTimeoutMs,
    progressTimeoutMsMax: 8_000,
    silenceTimeoutMs: Math.max(4 * statusIntervalMs, random.pick([300, 1_000])),
    rotationBlocks: random.pick([0, 0, 2, 5]),
    latencyMs: random.pick([1, 5, 20]),
    lossRate: random.pick([0, 0.01, 0.1, 0.3]),
    duplicationRate: random.pick([0, 0.05, 0.2]),
    slowRate: random.pick([0, 0.02, 0.1]),
    journalSyncMs: random.pick([0.2, 2, 20]),
    ledgerCommitMs: random.pick([1, 5, 40]),
    crashes: random.pick([0, 2, 6, 12]),
    partitions: random.pick([0, 2, 6]),
    rollbackRate: random.pick([0, 0, 0.2]),
    ...overrides,
  };
}
