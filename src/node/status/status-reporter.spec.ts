import { describe, expect, it } from '@jest/globals';
import { SimulatedClock } from '../../../test/support/simulated-clock.js';
import { testGenesis } from '../../../test/support/signed-transactions.js';
import type { Standing, Status, Vote } from '../../protocol/pbft/message.js';
import type { ReplicaReport } from '../../protocol/pbft/replica-report.js';
import { Chronicle } from './chronicle.js';
import { HealthBoard } from './health-board.js';
import { PeerStatuses } from './peer-statuses.js';
import { StatusReporter } from './status-reporter.js';
import { EpochHistory } from '../epochs/epoch-history.js';
import { Roster } from '../members/roster.js';

const genesis = testGenesis();
const NONE = [false, false, false, false];
const QUIET = {
  epoch: 0,
  view: 0,
  phase: 'active',
  standing: 'voting',
  primary: 0,
  isPrimary: false,
  executedHeight: 7,
  committedHeight: 7,
  preparedHeight: 7,
  acceptedHeight: 7,
  certifiedHeight: 7,
  inFlight: [],
  suspicion: undefined,
  suspectedBy: [],
  viewChanges: NONE,
  echoedBy: [0, 2],
  knownHeight: 7,
  early: undefined,
  refusedHeight: undefined,
  baseHeight: 0,
} as unknown as ReplicaReport;

/** Globex' node (validator 1) in view 0, whose primary is Acme; started at 15:06:40. */
function bench({ member }: { readonly member: string | undefined } = { member: 'globex' }) {
  const clock = new SimulatedClock(Date.UTC(2025, 5, 15, 15, 6, 40));
  const peers = new PeerStatuses((peer) => peer < 4, clock.wallMs());
  const health = new HealthBoard(clock, () => undefined);
  const chronicle = new Chronicle(clock);
  const state = { replica: QUIET, reports: 0, waitingMs: 0 };
  const mempool = { size: 0, bytes: 0, oldestWaitingMs: () => state.waitingMs };
  const fetcher = {
    active: false,
    targetHeight: undefined as number | undefined,
    source: undefined as number | undefined,
  };
  const replica = {
    view: () => state.replica,
    report: () => {
      state.reports++;
      return state.replica;
    },
  };
  const reporter = new StatusReporter({
    epochs: new EpochHistory(genesis),
    roster: new Roster(genesis.organisations),
    organisation: 'globex',
    member,
    voice: () => (member === undefined ? undefined : { kind: 'validator' }),
    replica,
    peers,
    mempool,
    fetcher,
    health,
    chronicle,
    scrub: () => undefined,
    clock,
    silenceTimeoutMs: 3_000,
  });
  const connect = (...indices: readonly number[]): void => {
    for (const index of indices) peers.onConnected(index, true, clock.wallMs());
  };
  const tell = (index: number, standing: Standing): void => {
    const status = { standing, view: 0, phase: 'active', executedHeight: 8, clockMs: clock.wallMs() + 50 };
    peers.onStatus(index, status as Status, clock.wallMs());
    peers.onHeard(index, clock.wallMs());
  };
  return { reporter, peers, health, chronicle, clock, state, mempool, fetcher, connect, tell };
}

describe('StatusReporter', () => {
  it('says in one sentence why there is progress or none, from what the parts have told', async () => {
    const { reporter, peers, health, clock, state, mempool, fetcher, connect } = bench();
    const cause = (): string => reporter.read().cause;
    expect(cause()).toBe('the node is reading its ledger');
    health.onStarted();
    expect(cause()).toBe(
      'no progress: 1 of 4 validators reachable, 3 needed: acme, initech and umbrella do not answer since 2025-06-15T15:06:40Z',
    );
    connect(0, 2);
    expect(cause()).toBe('idle: no transaction is waiting');
    mempool.size = 5;
    expect(cause()).toBe('in progress: 5 transactions waiting, no block in flight yet');
    await clock.advance(9_000);
    state.waitingMs = 6_000;
    peers.onHeard(0, clock.wallMs());
    expect(cause()).toBe(
      'no progress: 5 transactions wait and the primary acme has proposed nothing for 6 s',
    );
    connect(3);
    peers.onConnected(0, false, clock.wallMs());
    expect(cause()).toBe('no progress: the primary acme does not answer since 2025-06-15T15:06:49Z');
    Object.assign(fetcher, { active: true, targetHeight: 90, source: 2 });
    expect(cause()).toBe('catching up: at height 7 of 90, from initech');
    peers.onConnected(2, false, clock.wallMs());
    expect(cause()).toMatch(/^no progress: 2 of 4 validators reachable, 3 needed: acme and initech do not/);
    health.onDatabase(false, 'the database is away');
    expect(cause()).toBe('no progress here since 2025-06-15T15:06:49Z: the database is away');
    health.onHalted('conflicting certificates');
    expect(cause()).toMatch(/^this node has halted since .*: conflicting certificates$/);
  });

  it('counts who is there and votes, the own vote only while this node has one', () => {
    const { reporter, state, connect, tell } = bench();
    connect(0, 2);
    expect(reporter.quorumProblem()).toBeUndefined();
    state.replica = { ...QUIET, standing: 'observing' };
    expect(reporter.quorumProblem()).toBe(
      '3 of 4 validators reachable and 2 of them voting, 3 needed: umbrella does not answer since 2025-06-15T15:06:40Z; reachable but not voting: globex (this node, observing)',
    );
    connect(3);
    expect(reporter.quorumProblem()).toBeUndefined();
    tell(3, 'quarantined');
    expect(reporter.quorumProblem()).toContain('globex (this node, observing) and umbrella (quarantined)');
    expect(reporter.read().quorum).toEqual({ needed: 3, reachable: 4, present: 2, validators: 4 });
    tell(3, 'voting');
    expect(reporter.quorumProblem()).toBeUndefined();
  });

  it('does not count an observer, neither itself nor another', () => {
    const { reporter, state, connect } = bench({ member: undefined });
    state.replica = { ...QUIET, standing: 'observing' };
    connect(0, 4);
    expect(reporter.quorumProblem()).toBe(
      '1 of 4 validators reachable, 2 needed: globex, initech and umbrella do not answer since 2025-06-15T15:06:40Z',
    );
    expect(reporter.read().role).toBe('observer');
    connect(1);
    expect(reporter.quorumProblem()).toBeUndefined();
    expect(reporter.read().validators.map(({ self }) => self)).toEqual(NONE);
  });

  it('asks the replica for its report only when somebody reads', () => {
    const { reporter, state, connect } = bench();
    connect(0, 2, 3);
    reporter.quorumProblem();
    reporter.readiness();
    reporter.health();
    expect(state.reports).toBe(0);
    reporter.read();
    expect(state.reports).toBe(1);
  });

  it('reports what is known of each validator', async () => {
    const { reporter, peers, chronicle, clock, connect, tell } = bench();
    connect(0, 3);
    tell(0, 'voting');
    const vote = { type: 'vote', kind: 'commit', view: 0, height: 9, signer: 0 } as Vote;
    peers.onVote(0, vote, clock.wallMs());
    chronicle.onTrace({ type: 'trace', kind: 'accepted', epoch: 0, view: 0, height: 8 });
    await clock.advance(4_000);
    peers.onHeard(0, clock.wallMs());
    const startMs = clock.wallMs() - 4_000;
    const [acme, globex, initech, umbrella] = reporter.read().validators;
    const unheard = { view: undefined, phase: undefined, height: undefined, clockOffsetMs: undefined };
    expect(acme).toEqual({
      organisation: 'acme',
      self: false,
      reachable: true,
      voting: true,
      reachableSinceMs: startMs,
      unreachableSinceMs: undefined,
      silentSinceMs: undefined,
      standing: 'voting',
      view: 0,
      phase: 'active',
      height: 8,
      lastVote: { kind: 'commit', view: 0, height: 9, ageMs: 4_000 },
      lastVoteHeight: 9,
      clockOffsetMs: 50,
    });
    expect(globex).toMatchObject({
      self: true,
      voting: true,
      height: 7,
      clockOffsetMs: 0,
      lastVote: { kind: 'prepare', view: 0, height: 8, ageMs: 4_000 },
    });
    expect(initech).toMatchObject({
      ...unheard,
      reachable: false,
      voting: false,
      unreachableSinceMs: startMs,
    });
    expect(umbrella).toMatchObject({ ...unheard, reachable: true, voting: true, silentSinceMs: startMs });
  });

  it('reports the heights in flight with the votes seen, and none of which nothing is known', () => {
    const { reporter, state } = bench();
    const known = { isProposed: true, isAccepted: true, prepares: NONE, commits: NONE };
    state.replica = {
      ...QUIET,
      committedHeight: 8,
      preparedHeight: 9,
      acceptedHeight: 10,
      inFlight: [
        { ...known, height: 9, prepares: [true, true, true, false], commits: [false, true, false, false] },
        { ...known, height: 10 },
        { ...known, height: 11, isAccepted: false },
        { ...known, height: 12, isAccepted: false, isProposed: false },
        { ...known, height: 13, isAccepted: false, isProposed: false, prepares: [true, false, false, false] },
      ],
    };
    expect(reporter.read().inFlight).toEqual([
      { height: 8, stage: 'committed', prepares: [], commits: [] },
      { height: 9, stage: 'prepared', prepares: ['acme', 'globex', 'initech'], commits: ['globex'] },
      { height: 10, stage: 'accepted', prepares: [], commits: [] },
      { height: 11, stage: 'proposed', prepares: [], commits: [] },
      { height: 13, stage: 'awaited', prepares: ['acme'], commits: [] },
    ]);
  });

  it('reports the view change and the catch-up, and neither when there is none', () => {
    const { reporter, chronicle, state, fetcher } = bench();
    expect(reporter.read()).toMatchObject({
      viewChange: { sinceMs: undefined, held: [], suspectedBy: [] },
      catchUp: undefined,
    });
    chronicle.onTrace({ type: 'trace', kind: 'viewLeft', epoch: 0, view: 1, height: 7 });
    state.replica = {
      ...QUIET,
      view: 1,
      phase: 'changing',
      primary: 1,
      viewChanges: [false, true, true, false],
      suspectedBy: [3],
    };
    Object.assign(fetcher, { active: true, targetHeight: 90, source: undefined });
    expect(reporter.read()).toMatchObject({
      primary: 'globex',
      phase: 'changing',
      viewChange: {
        sinceMs: chronicle.phaseSinceMs,
        held: ['globex', 'initech'],
        suspectedBy: ['umbrella'],
      },
      catchUp: { at: 7, target: 90, blocksPerSecond: undefined, from: undefined },
    });
  });

  it('tells the reason of a refusal only for the proposal that it is about', () => {
    const { reporter, chronicle, health, state, connect } = bench();
    health.onStarted();
    connect(0, 2, 3);
    const refusal = { type: 'trace', kind: 'proposalRefused', epoch: 0, view: 0, height: 8 } as const;
    chronicle.onTrace({ ...refusal, detail: 'too old on arrival' });
    state.replica = { ...QUIET, refusedHeight: 8 };
    expect(reporter.read().cause).toMatch(/was refused: too old on arrival$/);
    state.replica = { ...QUIET, refusedHeight: 8, view: 4 };
    expect(reporter.read().cause).toMatch(/height 8 by the primary acme was refused$/);
    chronicle.onCheck(8);
    state.replica = QUIET;
    expect(reporter.read().cause).toBe('idle: no transaction is waiting');
  });
});
