/** A node's report of itself in the middle of a stall, with something in every field, for tests of the edges. */
import type { NodeStatusReport, ValidatorStatus } from '../../src/node/use-cases.js';

const START_MS = Date.UTC(2026, 2, 2, 8);

export const UNHEARD_VALIDATOR: ValidatorStatus = {
  organisation: 'globex',
  self: false,
  reachable: false,
  voting: false,
  reachableSinceMs: undefined,
  unreachableSinceMs: START_MS,
  silentSinceMs: undefined,
  standing: undefined,
  view: undefined,
  phase: undefined,
  height: undefined,
  lastVote: undefined,
  lastVoteHeight: undefined,
  clockOffsetMs: undefined,
};

export const SAMPLE_REPORT: NodeStatusReport = {
  role: 'validator',
  organisation: 'acme',
  standing: 'voting',
  height: 1,
  certifiedHeight: 1,
  epoch: 0,
  view: 2,
  phase: 'changing',
  primary: 'globex',
  quorum: { needed: 3, reachable: 3, present: 2, validators: 4 },
  validators: [
    {
      ...UNHEARD_VALIDATOR,
      organisation: 'acme',
      self: true,
      reachable: true,
      voting: true,
      reachableSinceMs: START_MS,
      unreachableSinceMs: undefined,
      standing: 'voting',
      view: 2,
      phase: 'changing',
      height: 1,
      lastVote: { kind: 'prepare', view: 1, height: 2, ageMs: 4_000 },
      lastVoteHeight: 2,
      clockOffsetMs: 0,
    },
    UNHEARD_VALIDATOR,
  ],
  inFlight: [{ height: 2, stage: 'accepted', prepares: ['acme'], commits: [] }],
  viewChange: { sinceMs: START_MS + 5_000, held: ['acme'], suspectedBy: [] },
  catchUp: { at: 1, target: 9, blocksPerSecond: undefined, from: 'initech' },
  mempool: { transactions: 0, bytes: 0 },
  scrub: undefined,
  health: { state: 'ready' },
  cause: 'no progress: a sample',
};
