import { describe, expect, it } from '@jest/globals';
import { changingChain, LAST_HEIGHT, successors } from '../../../../test/support/pbft/epoch-bench.js';
import {
  baseOf,
  certificateOf,
  changeOf,
  contextOf,
  founders,
  genesis,
  GENESIS_BASE,
  GENESIS_HASH,
  messageContext,
  newViewOf,
  testBlock,
  testChain,
  timeoutOf,
  tipOf,
  viewChangeOf,
} from '../../../../test/support/pbft/signed-messages.js';
import type { Block } from '../../ledger/block.js';
import type { ChainId } from '../../primitives/identifiers.js';
import type { CommitReference, PreparedTip } from '../view-change.js';
import { verifyQuorumCertificate } from '../certificate.js';
import { isSignedChange, newViewProblem, viewChangeProblem } from './verify-view-change.js';

const [first, second, third, fourth] = testChain(4) as readonly [Block, Block, Block, Block];
const tip = tipOf([first, second]);

/** What is wrong with a view change for view 3 of validator 2 that makes these claims, with its true signature. */
function problemOf(base: CommitReference, tips: readonly PreparedTip[]): string | undefined {
  return viewChangeProblem(viewChangeOf(changeOf(2, 3, { base, tips })), messageContext);
}

/** Blocks as somebody else has made them: another field in the header of the first, and the second on it. */
function alienBlocks(field: Partial<Block['header']>): readonly Block[] {
  const alien = testBlock(1, GENESIS_HASH, 0, 0, field);
  return [alien, testBlock(2, alien.hash)];
}

describe('a view change', () => {
  it('may tell of genesis, of a commit, and of tips above them', () => {
    expect(problemOf(GENESIS_BASE, [])).toBeUndefined();
    expect(problemOf(GENESIS_BASE, [tip])).toBeUndefined();
    expect(problemOf(baseOf(first), [])).toBeUndefined();
    expect(problemOf(baseOf(first), [tipOf([second, third])])).toBeUndefined();
    const older = tipOf([first, second], 0);
    const newer = tipOf([first], 1);
    expect(problemOf(GENESIS_BASE, [newer, older])).toBeUndefined();
  });

  it('may have a base that a later view has committed: a commit is final in every view', () => {
    expect(problemOf(baseOf(first, 8), [])).toBeUndefined();
  });

  const bases: readonly (readonly [string, CommitReference])[] = [
    ['genesis under another hash', { ...GENESIS_BASE, blockHash: first.hash }],
    ['genesis with a certificate', { ...GENESIS_BASE, certificate: certificateOf('commit', first) }],
    ['a commit without one', { ...baseOf(first), certificate: undefined }],
    ['a commit that is only prepared', { ...baseOf(first), certificate: certificateOf('prepare', first) }],
    ['a certificate of another height', { ...baseOf(first), height: 2 }],
    ['a certificate of another block', { ...baseOf(first), blockHash: second.hash }],
    [
      'a certificate of too few',
      { ...baseOf(first), certificate: certificateOf('commit', first, 0, [0, 2]) },
    ],
  ];

  it.each(bases)('is refused when its base is %s', (_, base) => {
    expect(problemOf(base, [])).toBe('unproven base');
  });

  const badHeaders = { chainId: 'ab'.repeat(32) as ChainId, epoch: 1, originView: 1 };
  const tips: readonly (readonly [string, PreparedTip])[] = [
    ['is of the view to be entered', tipOf([first, second], 3)],
    ['has a certificate of COMMITs', { ...tip, certificate: certificateOf('commit', second) }],
    ['has a certificate of another view', { ...tip, view: 1 }],
    ['has a certificate of another height', { ...tip, certificate: certificateOf('prepare', first) }],
    ['has a certificate of too few', { ...tip, certificate: certificateOf('prepare', second, 0, [1, 3]) }],
    ['has a certificate that names another epoch', { ...tip, certificate: { ...tip.certificate, epoch: 1 } }],
    ['lacks the headers', { ...tip, headers: [] }],
    ['lacks one of the headers', { ...tip, headers: tip.headers.slice(1) }],
    ['has a header too many', { ...tip, headers: [...tip.headers, ...tipOf([third]).headers] }],
    [
      'has headers that end elsewhere',
      { ...tip, headers: tipOf([first, testBlock(2, first.hash, 7)]).headers },
    ],
    [
      'has headers that are not linked',
      { ...tip, headers: [tipOf([testBlock(1, GENESIS_HASH, 7)]).headers[0]!, tip.headers[1]!] },
    ],
    ['lies beside its base', tipOf([testBlock(1, third.hash), second])],
    ['reaches further than L above the base', tipOf([first, second, third])],
    ['has a header of another chain', tipOf(alienBlocks({ chainId: badHeaders.chainId }))],
    ['has a header of another epoch', tipOf(alienBlocks({ epoch: badHeaders.epoch }))],
    [
      'has a header from a later view than its own',
      tipOf(alienBlocks({ originView: badHeaders.originView })),
    ],
  ];

  it.each(tips)('is refused when a tip %s', (_, unproven) => {
    expect(genesis.parameters.pipelineDepth).toBe(2);
    expect(problemOf(GENESIS_BASE, [unproven])).toBe('unproven tip');
  });

  it('is refused when one tip dominates another: a correct replica holds no such tips (PBFT-TIP-1)', () => {
    const [low, high] = [tipOf([first], 1), tipOf([first, second], 0)];
    for (const dominated of [
      [high, low],
      [low, low],
      [tipOf([first, second], 1), low],
      [tipOf([first, second], 1), tipOf([first], 0)],
    ]) {
      expect(problemOf(GENESIS_BASE, dominated)).toBe('tips out of order');
    }
  });

  it('is refused when a tip lies at or below the base', () => {
    expect(problemOf(baseOf(second), [tipOf([first, second])])).toBe('unproven tip');
    expect(problemOf(baseOf(third), [tipOf([fourth]), tipOf([third])])).toBe('tips out of order');
  });

  it('needs the proof that the view before it has ended (PBFT-VIEW-2)', () => {
    const change = changeOf(2, 3);
    for (const view of [0, 1, 3]) {
      const message = { type: 'viewChange', timeout: timeoutOf(view), change } as const;
      expect(viewChangeProblem(message, messageContext)).toBe('certificate of another view');
    }
    const doubled = {
      ...timeoutOf(2),
      signatures: [0, 0, 1].map((index) => timeoutOf(2).signatures[index]!),
    };
    for (const timeout of [
      timeoutOf(2, [0, 1]),
      timeoutOf(2, [0, 1, 2, 3]),
      timeoutOf(2, [2, 1, 0]),
      doubled,
    ]) {
      expect(viewChangeProblem({ type: 'viewChange', timeout, change }, messageContext)).toBe(
        'bad timeout certificate',
      );
    }
  });

  it('is signed by its signer, who is a member', () => {
    const change = changeOf(2, 3);
    expect(isSignedChange(change, messageContext)).toBe(true);
    for (const signer of [0, 1, 3, 4])
      expect(isSignedChange({ ...change, signer }, messageContext)).toBe(false);
    expect(isSignedChange({ ...change, epoch: 1 }, messageContext)).toBe(false);
    expect(isSignedChange({ ...change, view: 4 }, messageContext)).toBe(false);
  });
});

describe('a NEWVIEW (PBFT-VIEW-6)', () => {
  const changes = [0, 1, 2].map((signer) => changeOf(signer, 3));

  it('stands on Q view changes of different members for its view, under the name of its primary', () => {
    expect(newViewProblem(newViewOf(changes), messageContext)).toBeUndefined();
  });

  it('is refused of an epoch that nobody knows, and for view 0, which needs none', () => {
    expect(newViewProblem({ ...newViewOf(changes), epoch: 1 }, messageContext)).toBe('unknown epoch');
    const none = newViewOf([0, 1, 2].map((signer) => changeOf(signer, 0)));
    expect(newViewProblem(none, messageContext)).toBe('not a quorum of view changes');
  });

  it('is refused when one of its view changes is for another view or epoch', () => {
    const [zero, one, two] = changes;
    for (const wrong of [changeOf(2, 4), { ...two!, epoch: 1 }]) {
      const message = newViewOf([zero!, one!, wrong]);
      expect(newViewProblem(message, messageContext)).toBe('a view change of another view');
    }
  });

  it('is refused when one of its view changes would be refused by itself, and says which', () => {
    const wrong = changeOf(1, 3, { base: { ...baseOf(first), height: 2 } });
    const message = newViewOf([changes[0]!, wrong, changes[2]!]);
    expect(newViewProblem(message, messageContext)).toBe('view change of 1: unproven base');
  });
});

describe('a view change in the epoch after (PBFT-EPOCH-1)', () => {
  const chain = changingChain(successors);
  const context = contextOf([founders, successors]);
  const [, below, end, next, above] = chain as readonly [Block, Block, Block, Block, Block];

  /** What is wrong with one for view 3 of epoch 1. */
  function laterProblem(base: CommitReference, tips: readonly PreparedTip[] = []): string | undefined {
    const change = successors.changeOf(2, 3, { base, tips });
    return viewChangeProblem(successors.viewChangeOf(change), context);
  }

  it('may stand on the last block of the epoch before, proven by its set, and on any block of its own', () => {
    expect(end.header.height).toBe(LAST_HEIGHT);
    expect(laterProblem(baseOf(end))).toBeUndefined();
    expect(laterProblem(baseOf(end, 7))).toBeUndefined();
    expect(laterProblem(baseOf(end), [successors.tipOf([next, above])])).toBeUndefined();
    expect(laterProblem(successors.baseOf(next))).toBeUndefined();
  });

  /** Initech's place is another, Hooli is new: Q signatures of the new set. */
  const byTheNew = { ...successors.certificateOf('commit', end, 0, [0, 2, 3]), epoch: 0 };
  const bases: readonly (readonly [string, CommitReference])[] = [
    ['genesis', GENESIS_BASE],
    ['a block below the end of the epoch before', baseOf(below)],
    ['a block of that epoch above its end', baseOf(testBlock(4, end.hash))],
    ['the end, proven by the new set', successors.baseOf(end)],
    ['the end, signed by the new set in the name of the old one', { ...baseOf(end), certificate: byTheNew }],
    ['the end, only prepared', { ...baseOf(end), certificate: certificateOf('prepare', end) }],
    [
      'the end, with the certificate of the block below',
      { ...baseOf(end), certificate: certificateOf('commit', below) },
    ],
    ['its own first block, proven by the old set', baseOf(next)],
    ['the end, under the hash of another block', { ...baseOf(end), blockHash: below.hash }],
  ];

  it.each(bases)('is refused when its base is %s', (_, base) => {
    expect(laterProblem(base)).toBe('unproven base');
  });

  it('is refused when a tip is of the epoch before, or reaches into it', () => {
    for (const tip of [tipOf([end, next]), tipOf([next]), successors.tipOf([testBlock(4, end.hash)])])
      expect(laterProblem(baseOf(end), [tip])).toBe('unproven tip');
    expect(laterProblem(baseOf(below), [tipOf([end])])).toBe('unproven base');
  });

  it('of the epoch before ends with it: its base is no block of the next one, and no tip reaches there', () => {
    const oldProblem = (base: CommitReference, tips: readonly PreparedTip[] = []) =>
      viewChangeProblem(viewChangeOf(changeOf(2, 3, { base, tips })), context);
    expect(oldProblem(baseOf(end))).toBeUndefined();
    expect(oldProblem(successors.baseOf(next))).toBe('unproven base');
    expect(oldProblem(baseOf(below), [tipOf([end])])).toBeUndefined();
    expect(oldProblem(baseOf(below), [tipOf([end, testBlock(4, end.hash)])])).toBe('unproven tip');
  });

  it('has a NEWVIEW of the new set, under the name of the primary of its epoch', () => {
    const changes = [0, 1, 2].map((signer) => successors.changeOf(signer, 3, { base: baseOf(end) }));
    const newView = successors.newViewOf(changes);
    expect(newViewProblem(newView, context)).toBeUndefined();
    const signature = newViewOf([0, 1, 2].map((signer) => changeOf(signer, 3))).signature;
    expect(newViewProblem({ ...newView, signature }, context)).toBe('bad NEWVIEW signature');
    expect(newViewProblem(newView, messageContext)).toBe('unknown epoch');
  });

  it('is proven by certificates whose height is in their epoch, and by no others', () => {
    const beyond = testBlock(4, end.hash);
    const early = successors.testBlock(3, below.hash);
    for (const kind of ['prepare', 'commit'] as const) {
      expect(verifyQuorumCertificate(certificateOf(kind, end), context)).toBe(true);
      expect(verifyQuorumCertificate(successors.certificateOf(kind, next), context)).toBe(true);
      expect(verifyQuorumCertificate(certificateOf(kind, beyond), context)).toBe(false);
      expect(verifyQuorumCertificate(successors.certificateOf(kind, early), context)).toBe(false);
    }
  });
});
