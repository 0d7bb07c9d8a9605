import { describe, expect, it } from '@jest/globals';
import {
  certificateOf,
  genesis,
  GENESIS_HASH,
  messageContext,
  signAs,
  testBlock,
  testChain,
} from '../../../test/support/pbft/signed-messages.js';
import {
  concealedCommit,
  conflictingCheckpoints,
  conflictingVotes,
  signedEvidence,
} from '../../../test/support/signed-evidence.js';
import type { Block } from '../ledger/block.js';
import type { Digest } from '../primitives/identifiers.js';
import { evidenceSlot, verifyEvidence, type ConcealedCommit, type Evidence } from './evidence.js';
import { viewChangeDigest } from './view-change.js';

const OFFENDER = 1;
const isProof = (evidence: Evidence): boolean => verifyEvidence(evidence, messageContext);

describe('evidence of every kind', () => {
  it.each(signedEvidence(genesis).map((evidence) => [evidence.type, evidence] as const))(
    'proves itself: %s',
    (_, evidence) => {
      expect(isProof(evidence)).toBe(true);
    },
  );

  it('accuses whose signatures they are, and nobody else', () => {
    for (const evidence of signedEvidence(genesis)) {
      for (const offender of [0, 2, 3, 4, 255]) expect(isProof({ ...evidence, offender })).toBe(false);
    }
  });

  it('concerns its epoch: of one that nobody knows it proves nothing', () => {
    for (const evidence of signedEvidence(genesis)) expect(isProof({ ...evidence, epoch: 1 })).toBe(false);
  });

  it('has one name for each thing that a validator can be accused of', () => {
    const slots = [
      ...signedEvidence(genesis),
      conflictingVotes(genesis, { kind: 'commit' }),
      conflictingVotes(genesis, { height: 8 }),
      conflictingVotes(genesis, { view: 2 }),
      conflictingCheckpoints(genesis, 8),
    ].map(evidenceSlot);
    expect(new Set(slots).size).toBe(slots.length);
    const { first, second, ...rest } = conflictingVotes(genesis);
    expect(evidenceSlot({ ...rest, first: second, second: first })).toBe(slots[0]);
  });
});

describe('two votes (PBFT-EVIDENCE-1)', () => {
  it.each(['propose', 'prepare', 'commit', 'viewChange', 'newView'] as const)(
    'of the kind %s are a proof',
    (kind) => {
      const height = kind === 'viewChange' || kind === 'newView' ? 0 : 7;
      expect(isProof(conflictingVotes(genesis, { kind, view: OFFENDER, height }))).toBe(true);
    },
  );

  it('for one thing are none, however often it is signed', () => {
    const { first, ...rest } = conflictingVotes(genesis);
    expect(isProof({ ...rest, first, second: first })).toBe(false);
  });

  it('of a proposer or of a NEWVIEW are one only against the primary of their view', () => {
    for (const kind of ['propose', 'newView'] as const) {
      const height = kind === 'newView' ? 0 : 7;
      expect(isProof(conflictingVotes(genesis, { kind, view: 5, height }))).toBe(true);
      expect(isProof(conflictingVotes(genesis, { kind, view: 2, height }))).toBe(false);
    }
  });

  it('that were signed for different views, heights or kinds are none', () => {
    const evidence = conflictingVotes(genesis);
    for (const change of [{ view: 2 }, { height: 8 }, { kind: 'commit' as const }]) {
      const { second } = conflictingVotes(genesis, change);
      expect(isProof({ ...evidence, second })).toBe(false);
      expect(isProof({ ...evidence, ...change, second })).toBe(false);
    }
  });

  it('with one good signature are none', () => {
    const evidence = conflictingVotes(genesis);
    for (const which of ['first', 'second'] as const) {
      const signature = evidence[which].signature.slice();
      signature[0]! ^= 1;
      expect(isProof({ ...evidence, [which]: { ...evidence[which], signature } })).toBe(false);
    }
  });
});

describe('two lines under a checkpoint', () => {
  it('under one root, or for different heights, are no proof', () => {
    const { first, ...rest } = conflictingCheckpoints(genesis);
    expect(isProof({ ...rest, first, second: first })).toBe(false);
    expect(isProof({ ...rest, first, second: conflictingCheckpoints(genesis, 8).second })).toBe(false);
  });
});

describe('a concealed commit (PBFT-EVIDENCE-2)', () => {
  const chain = testChain(3);
  const [first, second, third] = chain as readonly [Block, Block, Block];
  const other = testBlock(2, first.hash, 7);

  /** Validator 1 has committed block 2 in view 2, and says this of it when it changes to a later view. */
  function concealed(change: {
    readonly view?: number;
    readonly base?: { readonly height: number; readonly blockHash: Block['hash'] };
    readonly tips?: ConcealedCommit['viewChange']['claim']['tips'];
    readonly baseCertificate?: ConcealedCommit['baseCertificate'];
  }): ConcealedCommit {
    const { view = 3, base = { height: 0, blockHash: GENESIS_HASH }, tips = [], baseCertificate } = change;
    const commit = { view: 2, height: 2, blockHash: second.hash };
    const claim = { base, tips };
    const digest = viewChangeDigest(claim);
    return {
      type: 'concealedCommit',
      offender: OFFENDER,
      epoch: 0,
      commit: {
        ...commit,
        signature: signAs(OFFENDER, { type: 'vote', kind: 'commit', epoch: 0, ...commit }),
      },
      viewChange: {
        view,
        claim,
        signature: signAs(OFFENDER, { type: 'viewChange', epoch: 0, view, digest }),
      },
      baseCertificate,
    };
  }

  const baseOfFirst = { height: 1, blockHash: first.hash };

  it('is one on genesis, and on a base that was committed in its view or before', () => {
    expect(isProof(concealed({}))).toBe(true);
    expect(isProof(concealedCommit(genesis, 0))).toBe(true);
    for (const view of [0, 1, 2]) {
      const baseCertificate = certificateOf('commit', first, view);
      expect(isProof(concealed({ base: baseOfFirst, baseCertificate }))).toBe(true);
    }
  });

  it('is none where a later view has committed the base: that may have pushed the tip aside (docs/adr/0017)', () => {
    const baseCertificate = certificateOf('commit', first, 3);
    expect(isProof(concealed({ view: 4, base: baseOfFirst, baseCertificate }))).toBe(false);
  });

  it('is none where the view change tells of it, or of what came after it', () => {
    const told = [
      { view: 2, height: 2, blockHash: second.hash },
      { view: 2, height: 3, blockHash: third.hash },
      { view: 3, height: 2, blockHash: other.hash },
    ];
    for (const tip of told) expect(isProof(concealed({ view: 4, tips: [tip] }))).toBe(false);
    expect(isProof(concealed({ view: 4, tips: [{ view: 1, height: 3, blockHash: third.hash }] }))).toBe(true);
    expect(isProof(concealed({ view: 4, tips: [{ view: 3, height: 1, blockHash: first.hash }] }))).toBe(true);
    const base = { height: 2, blockHash: second.hash };
    const baseCertificate = certificateOf('commit', second, 2);
    expect(isProof(concealed({ base, baseCertificate }))).toBe(false);
  });

  it('is none where the view change is for the view of the commit or for one before it', () => {
    for (const view of [1, 2]) expect(isProof(concealed({ view }))).toBe(false);
  });

  it('is none on a base that is not proven: no certificate, one of other things, or one that nobody needs', () => {
    const certificates = [
      undefined,
      certificateOf('prepare', first, 2),
      certificateOf('commit', second, 2),
      { ...certificateOf('commit', first, 2), view: 1 },
      { ...certificateOf('commit', first, 2), epoch: 1 },
      certificateOf('commit', first, 2, [0, 2]),
    ];
    for (const baseCertificate of certificates) {
      expect(isProof(concealed({ base: baseOfFirst, baseCertificate }))).toBe(false);
    }
    expect(isProof(concealed({ baseCertificate: certificateOf('commit', first, 2) }))).toBe(false);
  });

  it('is none without both signatures, of the commit and of the claim as it was made', () => {
    const evidence = concealed({});
    const { commit, viewChange } = evidence;
    const claim = { base: { height: 0, blockHash: first.hash }, tips: [] };
    const forged: readonly ConcealedCommit[] = [
      { ...evidence, commit: { ...commit, height: 3 } },
      { ...evidence, commit: { ...commit, view: 1 } },
      { ...evidence, commit: { ...commit, blockHash: other.hash } },
      { ...evidence, commit: { ...commit, signature: viewChange.signature } },
      { ...evidence, viewChange: { ...viewChange, view: 4 } },
      { ...evidence, viewChange: { ...viewChange, claim } },
      { ...evidence, viewChange: { ...viewChange, signature: commit.signature } },
    ];
    for (const forgery of forged) expect(isProof(forgery)).toBe(false);
  });
});

describe('SUSPECT', () => {
  it('binds its signer to nothing: it is no kind that evidence can speak of', () => {
    const evidence = conflictingVotes(genesis, { kind: 'viewChange', view: 1, height: 0 });
    const signature = signAs(OFFENDER, { type: 'suspect', epoch: 0, view: 1 });
    const [first, second] = ['a1', 'b2'].map((byte) => ({ digest: byte.repeat(32) as Digest, signature }));
    expect(isProof({ ...evidence, first: first!, second: second! })).toBe(false);
  });
});
