import { describe, expect, it } from '@jest/globals';
import {
  ACME,
  changingChain,
  endOf,
  enlarged,
  EpochBench,
  FIRST_HEIGHT,
  GLOBEX,
  HOOLI,
  INITECH,
  LAST_HEIGHT,
  successors,
  UMBRELLA,
} from '../../../../test/support/pbft/epoch-bench.js';
import {
  certifiedOf,
  changeOf,
  checkpointOf,
  decidedOf,
  echoOf,
  founders,
  lineOf,
  newViewOf,
  proposalOf,
  suspectOf,
  testBlock,
  testRoot,
  viewChangeOf,
  voteOf,
} from '../../../../test/support/pbft/signed-messages.js';
import { conflictingVotes } from '../../../../test/support/signed-evidence.js';
import type { EndedEpoch } from '../epoch-seats.js';
import { LACKED_ENDS_MAX, type Message, type Status } from '../message.js';

const chain = changingChain(successors);
const last = chain[LAST_HEIGHT - 1]!;

function at(peer: number, committed: number, executed = committed): EpochBench {
  const bench = new EpochBench(peer);
  bench.bring(committed, executed);
  return bench;
}

/** What a replica that stands there says of itself. */
function statusOf(bench: EpochBench): Status {
  bench.tick(400);
  return bench.sentOf('status')[0]!;
}

/** What `bench` answers to the Status of a peer, a while after everything was sent for the first time. */
function answer(bench: EpochBench, from: number, status: Status): readonly Message[] {
  bench.tick(400);
  bench.message(from, status);
  return bench.all('send').flatMap(({ to, message }) => (to === from ? [message] : []));
}

describe('the ends that a Status names (PBFT-EPOCH-4)', () => {
  it('are those whose certificate is not known', () => {
    const bench = at(ACME, 2);
    expect(statusOf(bench).lackedEnds).toEqual([]);
    bench.bring(3);
    expect(statusOf(bench).lackedEnds).toEqual([LAST_HEIGHT]);
    bench.message(GLOBEX, certifiedOf(LAST_HEIGHT));
    expect(statusOf(bench).lackedEnds).toEqual([]);
  });

  it('stay named when a later height is certified', () => {
    const bench = at(ACME, 5);
    bench.message(GLOBEX, successors.certifiedOf(5));
    expect(bench.replica.view()).toMatchObject({ certifiedHeight: 5, lackedEnds: [LAST_HEIGHT] });
    expect(bench.receive(UMBRELLA, certifiedOf(LAST_HEIGHT))).toBe('taken');
    expect(bench.replica.view().lackedEnds).toEqual([]);
  });

  it('are the oldest, so many as one Status asks for', () => {
    const ended = Array.from({ length: LACKED_ENDS_MAX + 2 }, (_, epoch): EndedEpoch => {
      const end = endOf(chain, ACME);
      const header = { ...end.header, epoch, height: epoch + 1 };
      return {
        ...end,
        seats: { ...end.seats, epoch, firstHeight: epoch + 1 },
        header,
        checkpoint: undefined,
      };
    });
    const bench = new EpochBench(
      ACME,
      successors,
      { endedEpochs: ended, executedHeight: 6, executedBlockHash: last.hash },
      { epoch: 6, firstHeight: 7 },
      { wakes: false },
    );
    expect(statusOf(bench).lackedEnds).toEqual([1, 2, 3, 4]);
  });

  it('are answered with the certificate', () => {
    const bench = at(GLOBEX, 3);
    bench.message(ACME, certifiedOf(LAST_HEIGHT));
    expect(answer(bench, ACME, statusOf(at(ACME, 3)))).toContainEqual(certifiedOf(LAST_HEIGHT));
  });

  it('or else with every line that is held, of whomever', () => {
    const bench = at(GLOBEX, 3);
    bench.sign();
    bench.message(UMBRELLA, lineOf(3, LAST_HEIGHT));
    const answered = answer(bench, ACME, statusOf(at(ACME, 3)));
    expect(answered).toEqual(expect.arrayContaining([lineOf(1, LAST_HEIGHT), lineOf(3, LAST_HEIGHT)]));
    const asking = at(ACME, 3);
    asking.sign();
    for (const message of answered) asking.message(GLOBEX, message);
    expect(asking.replica.view().atBarrier).toBe(false);
  });

  it('and by whoever has left, and to it', () => {
    const left = at(UMBRELLA, 3);
    left.message(ACME, certifiedOf(LAST_HEIGHT));
    left.input({ type: 'peer', index: ACME, connected: true });
    const certificate = answer(left, ACME, statusOf(at(ACME, 3))).filter(
      ({ type }) => type === 'checkpointCertified',
    );
    expect(certificate).toContainEqual(certifiedOf(LAST_HEIGHT));
    expect(at(ACME, 3).receive(UMBRELLA, certificate[0]!)).toBe('taken');
    const bench = at(GLOBEX, 3);
    bench.input({ type: 'peer', index: UMBRELLA, connected: true });
    bench.message(ACME, certifiedOf(LAST_HEIGHT));
    expect(answer(bench, UMBRELLA, statusOf(at(UMBRELLA, 3)))).toContainEqual(certifiedOf(LAST_HEIGHT));
  });

  it('that are none here get no answer', () => {
    const status = { ...statusOf(at(ACME, 3)), lackedEnds: [1, 2, FIRST_HEIGHT, 1_000] };
    const bench = at(GLOBEX, 3);
    expect(answer(bench, ACME, status).filter(({ type }) => type === 'checkpointVote')).toEqual([]);
  });
});

describe('a peer in an earlier epoch (PBFT-EPOCH-4)', () => {
  const decidedHeights = (messages: readonly Message[]): readonly number[] =>
    messages.flatMap((message) => (message.type === 'decided' ? [message.header.height] : []));

  it('is shown blocks up to the end of that epoch, and none beyond it', () => {
    const answered = answer(at(GLOBEX, 6), ACME, statusOf(at(ACME, 1)));
    expect(decidedHeights(answered)).toEqual([2, LAST_HEIGHT]);
    const behind = at(ACME, 1);
    for (const message of answered) {
      if (message.type === 'decided') expect(behind.receive(GLOBEX, message)).toBe('taken');
    }
  });

  it('is shown the end alone, as proof of it, when that is long ago', () => {
    const bench = at(GLOBEX, 6);
    bench.state.recent.clear();
    expect(answer(bench, ACME, statusOf(at(ACME, 1)))).toEqual([decidedOf(last)]);
  });

  it('is told nothing of the views, votes and proposals of a later epoch', () => {
    const bench = at(GLOBEX, 3);
    bench.message(ACME, certifiedOf(LAST_HEIGHT));
    bench.input({ type: 'proposalBuilt', block: bench.block(4) });
    bench.sign();
    const types = answer(bench, ACME, { ...statusOf(at(ACME, 2)), standing: 'waking' }).map(
      ({ type }) => type,
    );
    expect(types).toEqual(['decided']);
  });

  it('of a later epoch lacks nothing that is known here', () => {
    expect(answer(at(GLOBEX, 2), ACME, { ...statusOf(at(ACME, 3)), committedHeight: 0 })).toEqual([]);
  });
});

describe('certificates and lines of the end', () => {
  it('are judged by the quorum and the places of the old set', () => {
    const bench = new EpochBench(ACME, enlarged);
    bench.bring(3);
    expect(bench.state.quorum).toBe(4);
    expect(bench.receive(GLOBEX, certifiedOf(LAST_HEIGHT))).toBe('taken');
    expect(bench.replica.view().atBarrier).toBe(false);
    const byLines = new EpochBench(ACME, enlarged);
    byLines.bring(3);
    for (const signer of [1, 2, 3]) byLines.message(signer, lineOf(signer, LAST_HEIGHT));
    expect(byLines.journal.at(-1)).toEqual({
      type: 'endCertified',
      certificate: checkpointOf(LAST_HEIGHT, testRoot(LAST_HEIGHT), [1, 2, 3]),
    });
  });

  it('are refused under the signatures of the new set, and under its epoch not wanted', () => {
    const bench = at(ACME, 3);
    const certificate = successors.checkpointOf(LAST_HEIGHT, testRoot(LAST_HEIGHT), [0, 1, 2]);
    expect(bench.receive(GLOBEX, { type: 'checkpointCertified', epoch: 0, certificate })).toBe(
      'refused: checkpointCertified: bad checkpoint certificate',
    );
    expect(bench.receive(GLOBEX, { ...certifiedOf(LAST_HEIGHT), epoch: 1 })).toBe('unwanted');
    const line = successors.lineOf(2, LAST_HEIGHT);
    expect(bench.receive(HOOLI, { ...line, epoch: 0 })).toBe(
      'refused: checkpointVote: bad checkpoint signature',
    );
    expect(bench.receive(HOOLI, line)).toBe('unwanted');
    expect(bench.replica.view().atBarrier).toBe(true);
  });

  it('are of the new set from the first height of the new epoch on', () => {
    const bench = new EpochBench(ACME, enlarged);
    bench.bring(4);
    bench.message(GLOBEX, certifiedOf(LAST_HEIGHT));
    for (const signer of [1, 2, 3]) bench.message(enlarged.voters[signer]!.peer, enlarged.lineOf(signer, 4));
    expect(bench.replica.view().certifiedHeight).toBe(LAST_HEIGHT);
    bench.message(UMBRELLA, enlarged.lineOf(4, 4));
    expect(bench.replica.view().certifiedHeight).toBe(4);
  });

  it('are not taken back as the own line, whose place is that of the height', () => {
    const bench = at(INITECH, 3);
    expect(bench.receive(GLOBEX, lineOf(2, LAST_HEIGHT))).toBe('unwanted');
    expect(bench.receive(GLOBEX, lineOf(3, LAST_HEIGHT))).toBe('taken');
  });
});

describe('messages of another epoch are not wanted (PBFT-EPOCH-1)', () => {
  const block = testBlock(FIRST_HEIGHT, last.hash);
  const old: readonly Message[] = [
    proposalOf(block),
    voteOf(1, 'prepare', block),
    voteOf(1, 'commit', block),
    decidedOf(last),
    suspectOf(1, 5),
    viewChangeOf(changeOf(1, 5)),
    newViewOf([0, 1, 2].map((signer) => changeOf(signer, 5))),
    echoOf(),
    { type: 'evidence', evidence: conflictingVotes(founders.genesis) },
    certifiedOf(FIRST_HEIGHT),
    lineOf(1, FIRST_HEIGHT),
  ];

  it.each(old.map((message) => [message.type, message] as const))('%s of the one before', (_, message) => {
    const bench = at(ACME, 3);
    for (const from of [GLOBEX, INITECH]) expect(bench.receive(from, message)).toBe('unwanted');
  });

  const next = successors.testBlock(FIRST_HEIGHT, last.hash);
  const early: readonly Message[] = [
    successors.proposalOf(next),
    successors.voteOf(1, 'prepare', next),
    successors.voteOf(1, 'commit', next),
    successors.decidedOf(next),
    successors.suspectOf(1, 5),
    successors.viewChangeOf(successors.changeOf(1, 5)),
    successors.newViewOf([0, 1, 2].map((signer) => successors.changeOf(signer, 5))),
    successors.echoOf(),
    { type: 'evidence', evidence: { ...conflictingVotes(founders.genesis), epoch: 1 } },
  ];

  it.each(early.map((message) => [message.type, message] as const))('%s of the next one', (_, message) => {
    const bench = at(ACME, 2);
    for (const from of [GLOBEX, INITECH]) expect(bench.receive(from, message)).toBe('unwanted');
  });

  it('from whoever has left, but for what proves itself', () => {
    const bench = at(ACME, 3);
    for (const message of [
      successors.suspectOf(3, 0),
      successors.echoOf(),
      successors.voteOf(3, 'prepare', next),
    ])
      expect(bench.receive(UMBRELLA, message)).toBe('unwanted');
    expect(bench.receive(UMBRELLA, successors.decidedOf(next))).toBe('taken');
    expect(bench.receive(UMBRELLA, lineOf(3, LAST_HEIGHT))).toBe('taken');
  });
});
