/** Everything that a run decides in advance, drawn from its seed; printed when the run fails. */
import { faultsMax } from '../../src/protocol/primitives/quorum.js';
import { Randomness, STREAM, type RandomSequence } from './randomness.js';

/**
 * How a faulty validator misbehaves: it says nothing, it runs two replicas with one key, it sends votes for other
 * blocks, replays, wrong heights and forged certificates, or its execution gives other results than everybody's.
 */
export type FaultKind = 'silent' | 'twins' | 'liar' | 'diverging';

/** What goes wrong besides the network's noise (consensus.md 3.3). */
export type NemesisMode = 'uniform' | 'typeDrop' | 'isolateAfterCommit' | 'crashAtRecord';

export interface SimulationOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly pipelineDepth: number;
  readonly transactions: number;
  readonly blockTransactionsMax: number;
  readonly mode: NemesisMode;
  /** Faulty validators by index. */
  readonly faulty: Readonly<Record<number, FaultKind>>;
  /** False when the primary of view 0 is faulty: agreement must still hold. */
  readonly expectsProgress: boolean;
  /** From here on the network is good and every correct node is up. */
  readonly healAtMs: number;
  /** By then everything must be committed and certified everywhere. */
  readonly deadlineMs: number;
  readonly statusIntervalMs: number;
  readonly statusCoalesceMs: number;
  readonly fetchRetryMs: number;
  readonly latencyMs: number;
  readonly lossRate: number;
  readonly duplicationRate: number;
  readonly slowRate: number;
  readonly journalSyncMs: number;
  readonly ledgerCommitMs: number;
  readonly crashes: number;
  readonly partitions: number;
}

/** In these many runs the primary of view 0 is faulty: nothing can replace it yet, so only agreement is asked for. */
const FAULTY_PRIMARY_CHANCE = 0.2;

function drawFaulty(random: RandomSequence, nodes: number): Readonly<Record<number, FaultKind>> {
  const faulty: Record<number, FaultKind> = {};
  const limit = faultsMax(nodes);
  if (random.chance(FAULTY_PRIMARY_CHANCE) && limit > 0) faulty[0] = random.pick(['twins', 'twins', 'liar']);
  const count = random.integer(limit + 1 - Object.keys(faulty).length);
  const candidates = Array.from({ length: nodes - 1 }, (_, index) => index + 1);
  for (let drawn = 0; drawn < count; drawn++) {
    const [index] = candidates.splice(random.integer(candidates.length), 1);
    if (index !== undefined) faulty[index] = random.pick(['silent', 'twins', 'liar', 'liar', 'diverging']);
  }
  return faulty;
}

export function drawOptions(seed: number, overrides: Partial<SimulationOptions> = {}): SimulationOptions {
  const random = new Randomness(seed).sequence(STREAM.options);
  const drawnNodes = random.pick([4, 4, 4, 4, 5, 6, 7, 7, 10]);
  const nodes = overrides.nodes ?? drawnNodes;
  const faulty = drawFaulty(random, nodes);
  const healAtMs = random.pick([1_000, 2_500]);
  return {
    seed,
    nodes,
    pipelineDepth: random.pick([1, 2, 4, 8]),
    transactions: 30,
    blockTransactionsMax: random.pick([1, 2, 10]),
    mode: random.pick(['uniform', 'typeDrop', 'isolateAfterCommit', 'crashAtRecord']),
    faulty,
    expectsProgress: faulty[0] === undefined,
    healAtMs,
    deadlineMs: healAtMs + 60_000,
    statusIntervalMs: random.pick([100, 200, 500]),
    statusCoalesceMs: random.pick([20, 50]),
    fetchRetryMs: random.pick([50, 200]),
    latencyMs: random.pick([1, 5, 20]),
    lossRate: random.pick([0, 0.01, 0.1, 0.3]),
    duplicationRate: random.pick([0, 0.05, 0.2]),
    slowRate: random.pick([0, 0.02, 0.1]),
    journalSyncMs: random.pick([0.2, 2, 20]),
    ledgerCommitMs: random.pick([1, 5, 40]),
    crashes: random.pick([0, 2, 6, 12]),
    partitions: random.pick([0, 2, 5]),
    ...overrides,
  };
}
