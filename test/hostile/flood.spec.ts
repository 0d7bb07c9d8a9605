import { describe, expect, it } from '@jest/globals';
import type { Block } from '../../src/protocol/ledger/block.js';
import type { Message } from '../../src/protocol/pbft/message.js';
import { findOverflow, heldSizes, sizeBounds } from '../support/pbft/held-sizes.js';
import { NodeDoor } from '../support/pbft/node-door.js';
import { ReplicaBench } from '../support/pbft/replica-bench.js';
import {
  changeOf,
  newViewOf,
  suspectOf,
  testBlock,
  testChain,
  viewChangeOf,
} from '../support/pbft/signed-messages.js';
import {
  certificates,
  evidence,
  FLOODER,
  lines,
  newViews,
  proposals,
  questions,
  statuses,
  suspicions,
  viewChanges,
  votes,
} from './flood.js';

const L = 2;
const WINDOW = 3 * L;
/** More than one step ever has to say: an answer to a Status, and what a commit sets free. */
const EFFECTS_MAX = 64 + 20 * L;
const chain = testChain(20);

interface Flooded {
  readonly outcomes: Map<string, number>;
  /** The most that each container ever held. */
  readonly most: Map<string, number>;
}

/** Hands back every signature that is asked for, and those that these bring about. */
function signAll(bench: ReplicaBench): void {
  while (bench.sign().some(({ type }) => type === 'sign'));
}

/** Pours the messages in, while time passes; everything stays within its bounds after each of them. */
function flood(bench: ReplicaBench, messages: Iterable<Message>): Flooded {
  const door = new NodeDoor(bench);
  const [outcomes, most] = [new Map<string, number>(), new Map<string, number>()];
  let count = 0;
  for (const message of messages) {
    const { outcome } = door.send(FLOODER, message);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    const { effects } = bench;
    if (effects.length > EFFECTS_MAX) throw new Error(`${message.type} has ${effects.length} effects`);
    signAll(bench);
    if (++count % 10 === 0) bench.tick(bench.state.config.statusCoalesceMs);
    const overflow = findOverflow(bench.state);
    if (overflow.length > 0) throw new Error(`${message.type}: ${overflow.join(', ')}`);
    for (const [path, size] of heldSizes(bench.state)) most.set(path, Math.max(most.get(path) ?? 0, size));
  }
  return { outcomes, most };
}

/** Validator 1 in view 3, so that the flooder is the primary of the view after; it waits for nobody. */
function inView(view: number): ReplicaBench {
  const bench = new ReplicaBench({
    silenceTimeoutMs: 1_000_000_000,
    progressTimeoutMs: 1_000_000_000,
    progressTimeoutMsMax: 1_000_000_000,
  });
  if (view > 0) bench.message(2, newViewOf([0, 2, 3].map((signer) => changeOf(signer, view))));
  return bench;
}

function statusOf(bench: ReplicaBench) {
  return bench.state.lastStatus!;
}

/** Both of the others, who are correct as well. */
const OTHERS = [2, 3];

/** The three correct validators leave the view, and every one after it until the replica itself is the primary. */
function becomePrimary(bench: ReplicaBench): void {
  do {
    const { view } = bench.replica.view();
    bench.tick(bench.state.config.statusCoalesceMs);
    for (const signer of OTHERS) {
      bench.message(signer, suspectOf(signer, view));
      signAll(bench);
    }
    expect(bench.replica.view()).toMatchObject({ view: view + 1, phase: 'changing' });
  } while (!bench.replica.view().isPrimary);
  const { view } = bench.replica.view();
  for (const signer of OTHERS) bench.message(signer, viewChangeOf(changeOf(signer, view)));
  expect(bench.replica.view()).toMatchObject({ view, phase: 'active' });
  signAll(bench);
}

/** The three agree on a block that the replica has accepted. */
function agree(bench: ReplicaBench, block: Block): void {
  const { view } = bench.replica.view();
  signAll(bench);
  for (const kind of ['prepare', 'commit'] as const) {
    for (const signer of OTHERS) {
      bench.vote(signer, kind, block, view);
      signAll(bench);
    }
  }
  expect(bench.replica.view().committedHash).toBe(block.hash);
  bench.executed(block.header.height);
  signAll(bench);
}

/** Without the flooder, the replica begins a view, finishes what was begun, and has a block of its own committed. */
function goOn(bench: ReplicaBench): void {
  becomePrimary(bench);
  for (const { hash } of [...bench.state.viewState.chain.values()]) {
    const block = bench.state.bodies.get(hash)!;
    bench.approve(block);
    agree(bench, block);
  }
  const { committedHeight, committedHash, view } = bench.replica.view();
  const block = testBlock(committedHeight + 1, committedHash, 99, view);
  bench.input({ type: 'proposalBuilt', block });
  agree(bench, block);
  expect(bench.replica.view()).toMatchObject({ standing: 'voting', committedHeight: committedHeight + 1 });
}

/** Block sync brings the rest of a chain on which the others have agreed. */
function catchUp(bench: ReplicaBench): void {
  for (const block of chain) {
    bench.synced(block);
    bench.executed(block.header.height);
  }
  expect(bench.replica.view()).toMatchObject({ standing: 'voting', committedHash: chain.at(-1)!.hash });
}

const longChain = (): Iterable<Message> => certificates(chain);

/** The container, what floods it, and what is to be in it in the end: neither more, nor so little that nothing was poured in. */
const floods: readonly (readonly [
  string,
  () => ReplicaBench,
  () => Iterable<Message>,
  Readonly<Record<string, number>>,
])[] = [
  [
    'proposals of all heights and views',
    () => inView(0),
    () => proposals([0, 4, 8, 2 ** 32]),
    { proposals: WINDOW, nextProposals: 0, accused: WINDOW },
  ],
  [
    'proposals of the next view',
    () => inView(3),
    () => proposals([4, 8]),
    { proposals: 0, nextProposals: WINDOW },
  ],
  [
    'votes for everything',
    () => inView(0),
    votes,
    { 'votes.votes': WINDOW, 'votes.votes[]': 2 * 2 * WINDOW, accused: 16 },
  ],
  ['lines under everything', () => inView(0), lines, { 'checkpoints.lines.lines': WINDOW, accused: WINDOW }],
  ['suspicions of all views', () => inView(0), suspicions, { 'viewState.suspects.held': 1 }],
  ['evidence against itself', () => inView(0), evidence, { accused: 16 }],
  [
    'view changes for all views',
    () => {
      const bench = inView(0);
      bench.leave();
      return bench;
    },
    () => viewChanges(0),
    { 'viewState.changes': 1, 'viewState.timeout.signatures': 3, accused: 1 },
  ],
  [
    'NEWVIEWs of every kind',
    () => inView(3),
    () => newViews(4),
    { 'viewState.entered.changes': 3, 'viewState.chain': 1, accused: 1 },
  ],
  ['questions and answers', () => inView(0), () => questions(chain), { echoes: 3, bodies: 0 }],
  [
    'certificates of a long chain',
    () => inView(0),
    longChain,
    { decided: WINDOW, fetches: L, 'checkpoints.certificates': WINDOW },
  ],
];

describe('a flood of well-signed messages from one validator', () => {
  it.each(floods)(
    'stays within its bound and does not stop the replica: %s',
    (_, createBench, messages, expected) => {
      const bench = createBench();
      const { outcomes, most } = flood(bench, messages());
      expect(Object.fromEntries(Object.keys(expected).map((path) => [path, most.get(path) ?? 0]))).toEqual(
        expected,
      );
      expect(outcomes.get('taken')).toBeGreaterThan(0);
      if (messages === longChain) catchUp(bench);
      else goOn(bench);
    },
  );

  it('of everything at once does so too, at a replica that is in the middle of its work', () => {
    const bench = inView(0);
    bench.prepare(chain[0]!);
    bench.sign();
    bench.accept(chain[1]!);
    const status = statusOf(bench);
    const everything = [
      ...proposals([0]),
      ...votes(),
      ...lines(),
      ...suspicions(),
      ...evidence(),
      ...viewChanges(0),
      ...questions(chain),
      ...statuses(status),
    ];
    // Dealt out like cards, so that all kinds come in turn.
    const dealt = Array.from({ length: 97 }, (_, start) =>
      everything.filter((__, at) => at % 97 === start),
    ).flat();
    const { outcomes } = flood(bench, dealt);
    expect(dealt.length).toBeGreaterThan(1_500);
    expect(Math.min(outcomes.get('taken') ?? 0, outcomes.get('unwanted') ?? 0)).toBeGreaterThan(100);
    goOn(bench);
  });
});

describe('the bounds', () => {
  it('are given for every container of the state, and for none that is not there', () => {
    const seen = new Set<string>();
    const note = (bench: ReplicaBench): void => {
      for (const path of heldSizes(bench.state).keys()) seen.add(path);
    };
    const changing = new ReplicaBench();
    changing.synced(chain[0]!);
    changing.executed(1);
    changing.leave();
    changing.sign();
    note(changing);
    for (const signer of [0, 2]) changing.message(signer, viewChangeOf(changeOf(signer, 1)));
    note(changing);
    for (const [, createBench, messages] of floods) {
      const bench = createBench();
      const door = new NodeDoor(bench);
      for (const message of messages()) door.send(FLOODER, message);
      bench.tick(bench.state.config.statusIntervalMs);
      note(bench);
    }
    expect([...seen].sort()).toEqual(Object.keys(sizeBounds(changing.state)).sort());
  });

  it('are noticed when they are missing, or overstepped', () => {
    const { state } = new ReplicaBench();
    expect(findOverflow(state)).toEqual([]);
    Object.assign(state, { waiting: new Map([[1, [1, 2]]]) });
    state.echoes.add(7).add(8).add(9);
    expect(findOverflow(state)).toEqual([
      'echoes holds 6, its bound is 4',
      'waiting has no bound',
      'waiting[] has no bound',
    ]);
  });
});
