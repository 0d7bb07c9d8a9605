import { describe, expect, it } from '@jest/globals';
import { testGenesis } from '../../../test/support/signed-transactions.js';
import type { ReplicaView } from '../../protocol/pbft/replica-report.js';
import type { Status } from '../../protocol/pbft/message.js';
import { HealthBoard } from './health-board.js';
import { PeerStatuses } from './peer-statuses.js';
import { StatusReporter } from './status-reporter.js';

/** Globex' node (validator 1) in view 0, whose primary is Acme. */
function bench({ self }: { readonly self: number | undefined } = { self: 1 }) {
  const peers = new PeerStatuses();
  const health = new HealthBoard(() => undefined);
  const view = {
    epoch: 0,
    view: 0,
    phase: 'active',
    executedHeight: 7,
    acceptedHeight: 7,
    certifiedHeight: 6,
  } as ReplicaView;
  const state = {
    view,
    mempool: { size: 0, bytes: 0 },
    fetcher: { active: false, targetHeight: undefined as number | undefined },
  };
  const reporter = new StatusReporter({
    genesis: testGenesis(),
    organisation: 'globex',
    self,
    replica: { view: () => state.view },
    peers,
    mempool: state.mempool,
    fetcher: state.fetcher,
    health,
  });
  const connect = (...indices: readonly number[]): void => {
    for (const index of indices) peers.onConnected(index, true);
  };
  return { reporter, peers, health, state, connect };
}

describe('StatusReporter', () => {
  it('says in one sentence why there is progress or none', () => {
    const { reporter, peers, health, state, connect } = bench();
    const cause = (): string => reporter.read().cause;
    expect(cause()).toBe('the node is reading its ledger');
    health.onStarted();
    expect(cause()).toBe(
      'no progress: 1 of 4 validators reachable, 3 needed: acme and initech and umbrella do not answer',
    );
    connect(0, 2);
    expect(cause()).toBe('idle: no transaction is waiting');
    state.mempool.size = 5;
    expect(cause()).toBe('in progress: 5 transactions waiting, blocks up to 7 in flight');
    state.view = { ...state.view, acceptedHeight: 9 };
    state.mempool.size = 0;
    expect(cause()).toBe('in progress: 0 transactions waiting, blocks up to 9 in flight');
    connect(3);
    peers.onConnected(0, false);
    expect(cause()).toBe('no progress: the primary acme does not answer');
    state.fetcher.active = true;
    state.fetcher.targetHeight = 90;
    expect(cause()).toBe('catching up: at height 7 of 90');
    health.onDatabase(false, 'the database is away');
    expect(cause()).toBe('no progress here: the database is away');
    peers.onConnected(2, false);
    expect(cause()).toBe(
      'no progress: 2 of 4 validators reachable, 3 needed: acme and initech do not answer',
    );
    health.onHalted('conflicting certificates');
    expect(cause()).toBe('stopped: conflicting certificates');
  });

  it('counts nobody but peers for a node that may not vote', () => {
    const { reporter, connect } = bench({ self: undefined });
    connect(0, 2);
    expect(reporter.quorumProblem()).toBe(
      '2 of 4 validators reachable, 3 needed: globex and umbrella do not answer',
    );
    connect(3);
    expect(reporter.quorumProblem()).toBeUndefined();
  });

  it('reports what is known of each validator', () => {
    const { reporter, peers, state, connect } = bench();
    state.view = { ...state.view, acceptedHeight: 9 };
    connect(0);
    peers.onStatus(0, { executedHeight: 8, clockMs: 1_050 } as Status, 1_000);
    peers.onVote(0, 9);
    peers.onVote(0, 8);
    const report = reporter.read();
    expect(report).toMatchObject({
      organisation: 'globex',
      height: 7,
      certifiedHeight: 6,
      primary: 'acme',
      quorum: { needed: 3, reachable: 2, validators: 4 },
      inFlightHeights: [8, 9],
    });
    expect(report.validators.slice(0, 3)).toEqual([
      {
        organisation: 'acme',
        self: false,
        reachable: true,
        height: 8,
        lastVoteHeight: 9,
        clockOffsetMs: 50,
      },
      { organisation: 'globex', self: true, reachable: true, height: 7, lastVoteHeight: 9, clockOffsetMs: 0 },
      {
        organisation: 'initech',
        self: false,
        reachable: false,
        height: undefined,
        lastVoteHeight: undefined,
        clockOffsetMs: undefined,
      },
    ]);
  });
});
