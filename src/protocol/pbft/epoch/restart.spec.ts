import { describe, expect, it } from '@jest/globals';
import {
  ACME,
  changingChain,
  EpochBench,
  GLOBEX,
  HOOLI,
  INITECH,
  LAST_HEIGHT,
  successors,
} from '../../../../test/support/pbft/epoch-bench.js';
import {
  certificateOf,
  certifiedOf,
  checkpointOf,
  founders,
  testRoot,
} from '../../../../test/support/pbft/signed-messages.js';
import type { JournalRecord, SignRequest } from '../effect.js';
import type { RecoveredState } from '../replica-config.js';

const chain = changingChain(successors);
const base = founders.baseOf(chain[LAST_HEIGHT - 1]!);

/** The database had block 1 and what it schedules when the machine failed. */
const behind: Partial<RecoveredState> = {
  executedHeight: 1,
  executedBlockHash: chain[0]!.hash,
  executedTimestampMs: 1,
  executedRoot: testRoot(1),
  recentBlocks: [{ block: chain[0]!, certificate: certificateOf('commit', chain[0]!) }],
  pending: successors.seatsFor(INITECH),
};

function restarted(journal: readonly JournalRecord[]): EpochBench {
  return new EpochBench(INITECH, successors, { ...behind, journal });
}

/** Initech's replica in epoch 1, its barrier open. */
function begun(): EpochBench {
  const bench = new EpochBench(INITECH);
  bench.bring(3);
  bench.message(GLOBEX, certifiedOf(LAST_HEIGHT));
  return bench;
}

/** It has prepared block 4 and accepted block 5 in view 0 of epoch 1. */
function voted(): EpochBench {
  const bench = begun();
  bench.prepare(bench.block(4));
  bench.sign();
  bench.accept(bench.block(5));
  return bench;
}

/** What is asked to be signed of epoch 1, in any order. */
function asked(bench: EpochBench): readonly SignRequest[] {
  return bench.all('sign').flatMap(({ request }) => (request.epoch === 1 ? [request] : []));
}

/** Where it stands, but for what is executed. */
function place(bench: EpochBench) {
  const { epoch, view, phase, self, committedHeight, preparedHeight, acceptedHeight, tips, atBarrier } =
    bench.replica.view();
  return { epoch, view, phase, self, committedHeight, preparedHeight, acceptedHeight, tips, atBarrier };
}

/** Executes again what was executed before; keeps the effects of all of it. */
function caughtUp(bench: EpochBench): EpochBench {
  bench.together(() => {
    bench.run(2);
    bench.run(3);
  });
  return bench;
}

describe('a replica whose database is in the epoch before that of its journal', () => {
  it('has begun the epoch when the last block is committed again, and says nothing before its database is there', () => {
    const bench = restarted(voted().journal);
    expect(place(bench)).toMatchObject({ epoch: 1, view: 0, self: 3, committedHeight: 3, atBarrier: false });
    expect([asked(bench), bench.replica.view().standing]).toEqual([[], 'waking']);
  });

  it('stands where it stood and signs the same, without a new record', () => {
    const before = voted();
    const bench = restarted(before.journal);
    caughtUp(bench);
    expect(bench.replica.view().standing).toBe('voting');
    expect(place(bench)).toEqual(place(before));
    const vote = { type: 'vote', epoch: 1, view: 0 };
    expect(asked(bench)).toEqual([
      { ...vote, kind: 'prepare', height: 4, blockHash: bench.block(4).hash },
      { ...vote, kind: 'commit', height: 4, blockHash: bench.block(4).hash },
      { ...vote, kind: 'prepare', height: 5, blockHash: bench.block(5).hash },
    ]);
    const again = bench.journal.filter(({ type }) => type !== 'checkpointSigned');
    expect(again.filter(({ type }) => type !== 'endCertified')).toEqual([]);
    bench.sign();
    expect(bench.sentOf('vote').map(({ signer, epoch }) => [signer, epoch])).toEqual(Array(3).fill([3, 1]));
  });

  it('votes for no other block of a height that it has voted on (PBFT-VOTE-3)', () => {
    const bench = caughtUp(restarted(voted().journal));
    bench.propose(successors.testBlock(5, bench.block(4).hash, 7));
    expect(bench.all('checkProposal')).toEqual([]);
  });

  it('is the same for every order of the records', () => {
    const { journal } = voted();
    const expected = place(caughtUp(restarted(journal)));
    const rotated = journal.map((_, from) => [...journal.slice(from), ...journal.slice(0, from)]);
    for (const records of [...rotated, [...journal].reverse()])
      expect(place(caughtUp(restarted(records)))).toEqual(expected);
  });

  it('changes the view that it was changing, and says of it what it has said', () => {
    const before = begun();
    before.prepare(before.block(4));
    before.leave();
    before.sign();
    const said = before.sentOf('viewChange');
    expect(said).toHaveLength(1);
    const bench = caughtUp(restarted(before.journal));
    expect(place(bench)).toMatchObject({ epoch: 1, view: 1, phase: 'changing' });
    expect(asked(bench).map(({ type }) => type)).toEqual(['viewChange']);
    bench.sign();
    expect(bench.sentOf('viewChange')).toEqual(said);
  });

  it('is in the view that it had entered, with what that began with', () => {
    const before = begun();
    before.leave();
    const changes = [0, 1, 2].map((signer) =>
      successors.changeOf(signer, 1, { base, tips: signer === 0 ? [successors.tipOf([chain[3]!])] : [] }),
    );
    before.message(HOOLI, successors.newViewOf(changes));
    expect(place(before)).toMatchObject({ view: 1, phase: 'active' });
    const bench = caughtUp(restarted(before.journal));
    expect(place(bench)).toEqual(place(before));
    expect([...bench.state.viewState.chain.values()].map(({ hash }) => hash)).toEqual([chain[3]!.hash]);
  });

  it('opens the barrier with the certificate of its journal, and waits for it when the journal has none', () => {
    const journal = begun().journal.filter(({ type }) => type !== 'endCertified');
    expect(caughtUp(restarted(journal)).replica.view()).toMatchObject({ atBarrier: true, lackedEnds: [3] });
    const end = { type: 'endCertified', certificate: checkpointOf(LAST_HEIGHT) } as const;
    for (const records of [
      [...journal, end],
      [end, ...journal],
    ])
      expect(caughtUp(restarted(records)).replica.view()).toMatchObject({ atBarrier: false, lackedEnds: [] });
  });

  it('takes up nothing of the epoch before: its votes are over', () => {
    const old = new EpochBench(INITECH);
    old.bring(1);
    old.prepare(old.block(2));
    old.prepare(old.block(3));
    const bench = restarted([...old.journal, ...begun().journal]);
    caughtUp(bench);
    expect([bench.state.voted.size, bench.state.tips, asked(bench)]).toEqual([0, [], []]);
  });
});

describe('a replica that has lost the end of the epoch from its journal too', () => {
  it('keeps what it has promised in the next one until block sync brings it there', () => {
    const journal = voted().journal.filter(({ type }) => type !== 'committed' && type !== 'endCertified');
    const bench = restarted(journal);
    expect(place(bench)).toMatchObject({ epoch: 0, view: 0, committedHeight: 1, acceptedHeight: 1 });
    expect(asked(bench)).toEqual([]);
    bench.together(() => {
      bench.bring(3);
      bench.message(ACME, certifiedOf(LAST_HEIGHT));
    });
    expect(place(bench)).toEqual(place(voted()));
    expect(asked(bench).map((request) => (request.type === 'vote' ? request.kind : request.type))).toEqual([
      'prepare',
      'commit',
      'prepare',
    ]);
  });
});
