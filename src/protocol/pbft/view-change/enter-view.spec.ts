import { describe, expect, it } from '@jest/globals';
import { ReplicaBench, testConfig } from '../../../../test/support/pbft/replica-bench.js';
import {
  baseOf,
  changeOf,
  decidedOf,
  GENESIS_HASH,
  newViewOf,
  proposalOf,
  testBlock,
  testChain,
  timeoutOf,
  tipOf,
  viewChangeOf,
} from '../../../../test/support/pbft/signed-messages.js';
import type { Block } from '../../ledger/block.js';
import type { NewView } from '../message.js';
import { selectChain } from './select-chain.js';

const chain = testChain(4);
const [first, second] = chain as readonly [Block, Block];

/** Three view changes for view 1: validator 0 has prepared both blocks, the others know of nothing. */
const changes = [changeOf(0, 1, { tips: [tipOf([first, second])] }), changeOf(1, 1), changeOf(2, 1)] as const;
const newView = newViewOf(changes);

/** Validator 1, the primary of view 1, has left view 0 and signed its view change. */
function changingPrimary(): ReplicaBench {
  const bench = new ReplicaBench();
  bench.leave();
  bench.sign();
  return bench;
}

/** The same after it has begun view 1 from its own view change and those of 0 and 2, NEWVIEW not signed yet. */
function beginningPrimary(): ReplicaBench {
  const bench = changingPrimary();
  bench.message(0, viewChangeOf(changes[0]));
  bench.message(2, viewChangeOf(changes[2]));
  return bench;
}

/** Validator 3 after it has entered view 1. */
function entered(message: NewView = newView, config = {}): ReplicaBench {
  const bench = new ReplicaBench({ self: 3, ...config });
  expect(bench.receive(1, message)).toBe('taken');
  return bench;
}

describe('the primary of a new view', () => {
  it('begins it with Q view changes, its own among them, and not with fewer (PBFT-VIEW-6)', () => {
    const bench = changingPrimary();
    bench.message(0, viewChangeOf(changes[0]));
    expect([bench.replica.view().phase, bench.signing()]).toEqual(['changing', []]);
    bench.message(2, viewChangeOf(changes[2]));
    expect(bench.replica.view()).toMatchObject({ view: 1, phase: 'active' });
    expect(bench.journal.at(-1)).toMatchObject({
      type: 'viewEntered',
      view: 1,
      changes,
      signature: undefined,
    });
  });

  it('does not begin it without its own view change, however many others there are', () => {
    const bench = new ReplicaBench();
    bench.leave();
    for (const signer of [0, 2, 3]) bench.message(signer, viewChangeOf(changeOf(signer, 1)));
    expect(bench.replica.view().phase).toBe('changing');
  });

  it('journals what the view begins with before it signs, and signs before it sends', () => {
    const bench = changingPrimary();
    bench.message(0, viewChangeOf(changes[0]));
    const types = bench.message(2, viewChangeOf(changes[2])).map(({ type }) => type);
    expect(types.indexOf('append')).toBeGreaterThanOrEqual(0);
    expect(types.indexOf('append')).toBeLessThan(types.indexOf('sign'));
    expect([bench.signing(), bench.sentOf('newView')]).toEqual([['newView'], []]);
    bench.sign();
    expect(bench.sentOf('newView')).toEqual([newView]);
  });

  it('begins it once: a view change that comes later, or a proof of the end of the view before, is too late', () => {
    const bench = beginningPrimary();
    bench.sign();
    const before = bench.replica.report();
    expect(bench.receive(3, viewChangeOf(changeOf(3, 1)))).toBe('unwanted');
    expect(bench.receive(3, { ...viewChangeOf(changes[2]), timeout: timeoutOf(0, [1, 2, 3]) })).toBe(
      'unwanted',
    );
    expect([bench.effects, bench.replica.report()]).toEqual([[], before]);
  });

  it('begins it in all its lives with the same quorum and the same bytes', () => {
    const before = beginningPrimary();
    const after = new ReplicaBench({}, { journal: before.journal });
    expect(after.signing()).toContain('newView');
    after.sign();
    expect(after.sentOf('newView')).toEqual([newView]);
    after.message(3, viewChangeOf(changeOf(3, 1)));
    expect(after.journal.filter(({ type }) => type === 'viewEntered')).toEqual([]);
  });

  it('is the only one to do so: the others wait for it with as many view changes', () => {
    const bench = new ReplicaBench({ self: 3 });
    bench.leave();
    bench.sign();
    for (const change of changes) bench.message(change.signer, viewChangeOf(change));
    expect(bench.replica.view()).toMatchObject({ view: 1, phase: 'changing' });
  });

  it('proposes what the view begins with before anything of its own', () => {
    const bench = beginningPrimary();
    expect(bench.all('requestProposal')).toEqual([]);
    for (const block of [first, second]) {
      bench.message(0, { type: 'blockReply', block });
      bench.approve(block);
      bench.sign();
      bench.vote(0, 'commit', block, 1);
      bench.vote(2, 'commit', block, 1);
      bench.vote(3, 'commit', block, 1);
    }
    bench.executed(1);
    expect(bench.all('requestProposal').map(({ request }) => [request.view, request.height])).toEqual([
      [1, 3],
    ]);
  });
});

describe('entering a view', () => {
  it('is journalled with the proof before anything is voted for in it', () => {
    const bench = entered();
    expect(bench.replica.view()).toMatchObject({ view: 1, phase: 'active' });
    expect(bench.journal).toEqual([
      { type: 'viewEntered', epoch: 0, view: 1, changes, signature: newView.signature },
    ]);
    expect(bench.signing()).toEqual([]);
  });

  it('begins with the chain that everybody computes from the view changes, whoever brings them (PBFT-VIEW-5)', () => {
    const bench = new ReplicaBench({ self: 3 });
    bench.message(2, newView);
    const begun = [...bench.state.viewState.chain.values()].map(({ hash }) => hash);
    expect(begun).toEqual(selectChain(changes).chain.map(({ hash }) => hash));
    expect(begun).toEqual([first.hash, second.hash]);
  });

  it('takes the bodies from the signers of the tip, and votes for them by height (PBFT-FETCH-2)', () => {
    const bench = entered();
    expect(bench.all('send').map(({ to, message }) => [to, message])).toContainEqual([
      0,
      { type: 'fetchBlock', blockHash: first.hash },
    ]);
    bench.message(0, { type: 'blockReply', block: second });
    expect(bench.all('checkProposal')).toEqual([]);
    bench.message(0, { type: 'blockReply', block: first });
    for (const block of [first, second]) {
      expect(bench.all('checkProposal').map((effect) => effect.block)).toEqual([block]);
      bench.approve(block);
    }
    expect(bench.replica.view().acceptedHeight).toBe(2);
  });

  it('takes no proposal at the heights of that chain, and a fresh one above it', () => {
    const bench = entered();
    const other = testBlock(1, GENESIS_HASH, 7, 1);
    expect(bench.receive(1, proposalOf(other))).toBe('unwanted');
    expect(bench.receive(1, proposalOf(testBlock(3, second.hash, 0, 1)))).toBe('taken');
  });

  it('keeps the proposals that came before the NEWVIEW (PBFT-WINDOW-1)', () => {
    const bench = new ReplicaBench({ self: 3 });
    const fresh = testBlock(1, GENESIS_HASH, 0, 1);
    expect(bench.receive(1, proposalOf(fresh))).toBe('taken');
    bench.message(1, newViewOf([0, 1, 2].map((signer) => changeOf(signer, 1))));
    expect(bench.all('checkProposal').map(({ block }) => block)).toEqual([fresh]);
  });

  it('stands on a commit that is not here yet: nothing is accepted before it is', () => {
    const claims = { base: baseOf(second), tips: [] };
    const bench = entered(newViewOf([changeOf(0, 1, claims), changeOf(1, 1), changeOf(2, 1)]));
    expect(bench.replica.report().baseHeight).toBe(2);
    bench.propose(testBlock(1, GENESIS_HASH, 7, 1), 1, 1);
    expect(bench.all('checkProposal')).toEqual([]);
    expect(bench.state.decided.get(2)?.blockHash).toBe(second.hash);
    for (const block of [first, second]) bench.synced(block);
    const next = testBlock(3, second.hash, 0, 1);
    bench.executed(1);
    bench.propose(next, 1, 1);
    expect(bench.all('checkProposal').map(({ block }) => block)).toEqual([next]);
  });

  it('needs no view change of this replica, and no view between', () => {
    const later = [0, 1, 2].map((signer) => changeOf(signer, 6));
    const bench = entered(newViewOf(later));
    expect(bench.replica.view()).toMatchObject({ view: 6, phase: 'active', primary: 2 });
  });

  it('ends the search for the bodies of the view before, of which there may be any number', () => {
    const bench = new ReplicaBench({ self: 3 });
    for (let view = 1; view <= 20; view++) {
      const block = testBlock(1, GENESIS_HASH, view);
      const told = [changeOf(0, view, { tips: [tipOf([block])] }), changeOf(1, view), changeOf(2, view)];
      bench.message(1, newViewOf(told));
      expect([...bench.state.fetches.keys()]).toEqual([block.hash]);
    }
  });

  it('is for observers too, who write nothing down', () => {
    const bench = new ReplicaBench({ self: undefined });
    bench.message(1, newView);
    expect([bench.replica.view().view, bench.journal]).toEqual([1, []]);
  });

  it('halts where the view begins beside a commit of a view before it (PBFT-COMMIT-4)', () => {
    const other = testBlock(1, GENESIS_HASH, 7);
    const before = new ReplicaBench({ self: 3 });
    before.synced(other);
    before.message(1, newView);
    expect(before.all('halt').map(({ reason }) => reason)).toEqual(['CONFLICTING_NEW_VIEW']);
    const after = new ReplicaBench({ self: 3 });
    after.synced(other, 2);
    after.message(1, newView);
    expect([after.all('halt'), after.replica.view().view]).toEqual([[], 1]);
  });
});

describe('a NEWVIEW that is invalid or that nobody owes', () => {
  const [zero, one, two] = changes;
  const pair = newViewOf([zero, one]);
  const foreign = newViewOf([changeOf(0, 2), changeOf(1, 2), changeOf(2, 2)]);
  const unproven = changeOf(0, 1, {
    tips: [{ ...tipOf([first, second]), view: 0, height: 2, blockHash: first.hash }],
  });
  const forgeries: readonly (readonly [string, NewView, string])[] = [
    ['has fewer than Q view changes', pair, 'not a quorum of view changes'],
    ['has more than Q', newViewOf([zero, one, two, changeOf(3, 1)]), 'not a quorum of view changes'],
    ['has one of them twice', newViewOf([zero, one, one]), 'signers out of order'],
    ['has them in another order', newViewOf([one, zero, two]), 'signers out of order'],
    [
      'is signed by the primary of another view',
      { ...newView, signature: foreign.signature },
      'bad NEWVIEW signature',
    ],
    ['is made of view changes for another view', { ...foreign, view: 1 }, 'a view change of another view'],
    [
      'leaves out what the signatures cover',
      { ...newView, changes: [{ ...zero, tips: [] }, one, two] },
      'bad NEWVIEW signature',
    ],
    [
      'contains a view change that nobody has signed',
      newViewOf([{ ...zero, tips: [] }, one, two]),
      'view change of 0: bad VIEWCHANGE signature',
    ],
    ['contains a tip that nothing proves', newViewOf([unproven, one, two]), 'view change of 0: unproven tip'],
  ];

  it.each(forgeries)('changes nothing when it %s (PBFT-VIEW-6)', (_, forgery, reason) => {
    const changing = new ReplicaBench({ self: 3 });
    changing.leave();
    const inViewZero = new ReplicaBench({ self: 3 });
    for (const bench of [inViewZero, changing]) {
      const [before, records] = [bench.replica.report(), bench.journal.length];
      expect(bench.receive(1, forgery)).toBe(`refused: newView: ${reason}`);
      expect([bench.effects, bench.replica.report(), bench.journal.length]).toEqual([[], before, records]);
    }
  });

  it('is dropped unread when the view is over, or begun already', () => {
    const bench = entered(newViewOf([0, 1, 2].map((signer) => changeOf(signer, 2))));
    for (const message of [newView, newViewOf([0, 1, 2].map((signer) => changeOf(signer, 2)))]) {
      expect(bench.receive(1, message)).toBe('unwanted');
    }
  });
});

describe('the proof of a view', () => {
  it('is sent again to a peer that is in a view before, or still changing to it (PBFT-STATUS-8)', () => {
    const status = new ReplicaBench({ self: 2 }).sentOf('status')[0]!;
    const peers = [
      [{ ...status, view: 0, phase: 'active' }, 1],
      [{ ...status, view: 0, phase: 'changing' }, 1],
      [{ ...status, view: 1, phase: 'changing' }, 1],
      [{ ...status, view: 1, phase: 'active' }, 0],
      [{ ...status, view: 2, phase: 'changing' }, 0],
    ] as const;
    for (const [shown, count] of peers) {
      const bench = entered();
      bench.tick(testConfig.statusIntervalMs);
      bench.message(2, shown);
      expect(bench.sentOf('newView')).toEqual(Array.from({ length: count }, () => newView));
      bench.message(2, shown);
      expect(bench.sentOf('newView')).toEqual([]);
    }
  });

  it('is all that a laggard needs: with the decisions below it, it has arrived', () => {
    const bench = entered(newView, { self: 2 });
    bench.message(0, decidedOf(first, 1));
    bench.message(0, { type: 'blockReply', block: first });
    expect(bench.replica.view()).toMatchObject({ view: 1, phase: 'active', committedHeight: 1 });
  });
});
