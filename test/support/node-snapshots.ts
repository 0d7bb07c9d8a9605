/** Snapshots for the sentence of the status page: Globex' node among Acme, Globex, Initech and Umbrella, quiet unless a test says what is different. */
import type { NodeSnapshot } from '../../src/node/status/node-snapshot.js';
import { explainStanding } from '../../src/node/status/explain-standing.js';
import { countQuorum } from '../../src/node/status/node-snapshot.js';
import type { InFlightHeight, ValidatorStatus } from '../../src/node/use-cases.js';

export const NOW_MS = Date.UTC(2026, 2, 2, 9, 0, 30);
/** Moments of the tests: so many seconds before now. */
export function ago(seconds: number): number {
  return NOW_MS - seconds * 1_000;
}

export function validatorStatus(
  organisation: string,
  changes: Partial<ValidatorStatus> = {},
): ValidatorStatus {
  return {
    organisation,
    self: organisation === 'globex',
    reachable: true,
    voting: true,
    reachableSinceMs: ago(3_600),
    unreachableSinceMs: undefined,
    silentSinceMs: undefined,
    standing: 'voting',
    view: 0,
    phase: 'active',
    height: 7,
    lastVote: { kind: 'commit', view: 0, height: 7, ageMs: 9_000 },
    lastVoteHeight: 7,
    clockOffsetMs: 0,
    ...changes,
  };
}

/** What a validator shows whose connection was lost. */
export function lost(seconds: number): Partial<ValidatorStatus> {
  return {
    reachable: false,
    voting: false,
    reachableSinceMs: undefined,
    unreachableSinceMs: ago(seconds),
  };
}

export interface SnapshotChanges extends Partial<Omit<NodeSnapshot, 'report'>> {
  readonly report?: Partial<NodeSnapshot['report']>;
  readonly validators?: Readonly<Record<string, Partial<ValidatorStatus>>>;
}

/** Height 7 is executed and countersigned, nothing waits, all four vote; Acme is the primary. */
export function nodeSnapshot({
  report = {},
  validators = {},
  ...changes
}: SnapshotChanges = {}): NodeSnapshot {
  const table = ['acme', 'globex', 'initech', 'umbrella'].map((organisation) =>
    validatorStatus(organisation, validators[organisation]),
  );
  return {
    report: {
      role: 'validator',
      organisation: 'globex',
      standing: 'voting',
      height: 7,
      certifiedHeight: 7,
      epoch: 0,
      view: 0,
      phase: 'active',
      primary: 'acme',
      quorum: countQuorum(table),
      validators: table,
      inFlight: [],
      viewChange: { sinceMs: undefined, held: [], suspectedBy: [] },
      catchUp: undefined,
      scrub: undefined,
      mempool: { transactions: 0, bytes: 0 },
      health: { state: 'ready' },
      ...report,
    },
    voice: { kind: 'validator' },
    nowMs: NOW_MS,
    problem: undefined,
    startedAtMs: ago(7_200),
    phaseSinceMs: ago(7_200),
    committedHeight: 7,
    acceptedHeight: 7,
    baseHeight: 0,
    pipelineDepth: 8,
    clockDriftMs: 1_000,
    echoedBy: ['acme', 'initech'],
    echoesNeeded: 2,
    knownHeight: 7,
    suspicion: undefined,
    early: undefined,
    refusal: undefined,
    check: undefined,
    firstAcceptedSinceMs: ago(7_200),
    executionSinceMs: ago(9),
    uncertifiedSinceMs: ago(9),
    unproposedSinceMs: ago(9),
    primaryWord: undefined,
    ...changes,
  };
}

export const IDLE = 'idle: no transaction is waiting';

export function explain(changes: SnapshotChanges): string {
  return explainStanding(nodeSnapshot(changes));
}

export function inFlight(
  height: number,
  stage: InFlightHeight['stage'],
  prepares: readonly string[] = [],
  commits: readonly string[] = [],
): InFlightHeight {
  return { height, stage, prepares, commits };
}

/** Three transactions wait and a quorum is gone, so that graver and lighter rules compete. */
export const WITHOUT_QUORUM = {
  report: { mempool: { transactions: 3, bytes: 900 } },
  validators: { acme: lost(25), initech: lost(25) },
} as const;
