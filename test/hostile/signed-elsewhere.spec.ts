import { describe, expect, it } from '@jest/globals';
import { checkpointText } from '../../src/protocol/encoding/checkpoint-text.js';
import { encodeVote, VOTE_KIND_NUMBER, type VoteContent } from '../../src/protocol/encoding/vote-bytes.js';
import type { SignedVoteKind } from '../../src/protocol/encoding/vote-bytes.js';
import type { QuorumCertificate, SignerSignature } from '../../src/protocol/pbft/certificate.js';
import type {
  ConcealedCommit,
  ConflictingCheckpoints,
  ConflictingVotes,
} from '../../src/protocol/pbft/evidence.js';
import type { Message } from '../../src/protocol/pbft/message.js';
import { newViewDigest, viewChangeDigest } from '../../src/protocol/pbft/view-change.js';
import { utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import {
  ZERO_DIGEST,
  type ChainId,
  type Digest,
  type Signature,
} from '../../src/protocol/primitives/identifiers.js';
import { NodeDoor } from '../support/pbft/node-door.js';
import { changeOf, genesis, signBytesAs, testRoot } from '../support/pbft/signed-messages.js';
import { sampleArrivals, type SampleArrival } from './sample-arrivals.js';

type Content = Required<VoteContent>;
interface Line {
  readonly origin: string;
  readonly height: number;
  readonly root: Digest;
}

/** A signature somewhere in a message: whose it is, what it stands for, and the message with another one in its place. */
interface SignedPlace<Signed> {
  readonly name: string;
  readonly sample: SampleArrival;
  readonly signer: number;
  readonly content: Signed;
  readonly place: (signature: Signature) => Message;
}

const OTHER_DIGEST = 'ab'.repeat(32) as Digest;

function sampleOf<Type extends Message['type']>(
  name: string,
  _type: Type,
): { sample: SampleArrival; message: Extract<Message, { type: Type }> } {
  const sample = sampleArrivals.find((arrival) => arrival.name === name)!;
  return { sample, message: sample.message as Extract<Message, { type: Type }> };
}

const contentOf = (fields: Pick<Content, 'kind' | 'view' | 'height' | 'digest'>): Content => ({
  chainId: genesis.chainId,
  epoch: 0,
  extra: ZERO_DIGEST,
  ...fields,
});

function withSignature(
  list: readonly SignerSignature[],
  index: number,
  signature: Signature,
): readonly SignerSignature[] {
  return list.map((entry, at) => (at === index ? { ...entry, signature } : entry));
}

const certificateContent = ({ kind, view, height, blockHash }: QuorumCertificate): Content =>
  contentOf({ kind, view, height, digest: blockHash });

const { sample: proposal, message: prePrepare } = sampleOf('a proposal', 'prePrepare');
const { sample: prepares, message: prepare } = sampleOf('a PREPARE', 'vote');
const { sample: commits, message: commit } = sampleOf('a COMMIT', 'vote');
const { sample: suspicions, message: suspect } = sampleOf('a suspicion', 'suspect');
const { sample: changes, message: viewChange } = sampleOf('a view change', 'viewChange');
const { sample: newViews, message: newView } = sampleOf('a NEWVIEW', 'newView');
const { sample: decisions, message: decided } = sampleOf('a decision', 'decided');
const { sample: echoes, message: echo } = sampleOf('an echo', 'echo');
const { sample: lines, message: line } = sampleOf('a line of a checkpoint', 'checkpointVote');
const { sample: certified, message: checkpoint } = sampleOf('a checkpoint', 'checkpointCertified');
const { sample: doubled, message: doubledVotes } = sampleOf('evidence of conflictingVotes', 'evidence');
const { sample: forked, message: forkedLines } = sampleOf('evidence of conflictingCheckpoints', 'evidence');
const { sample: concealing, message: concealment } = sampleOf('evidence of concealedCommit', 'evidence');
const conflict = doubledVotes.evidence as ConflictingVotes;
const fork = forkedLines.evidence as ConflictingCheckpoints;
const concealed = concealment.evidence as ConcealedCommit;

const { change, timeout } = viewChange;
const base = change.base.certificate!;
const [tip] = change.tips;
const changeContent = (view: number, claim: Parameters<typeof viewChangeDigest>[0]): Content =>
  contentOf({ kind: 'viewChange', view, height: 0, digest: viewChangeDigest(claim) });

const votePlaces: readonly SignedPlace<Content>[] = [
  {
    name: 'a proposal',
    sample: proposal,
    signer: 0,
    content: contentOf({ kind: 'propose', view: 0, height: 1, digest: prePrepare.block.hash }),
    place: (signature) => ({ ...prePrepare, signature }),
  },
  ...(
    [
      [prepares, prepare],
      [commits, commit],
    ] as const
  ).map(([sample, vote]) => ({
    name: `a ${vote.kind.toUpperCase()}`,
    sample,
    signer: vote.signer,
    content: contentOf({ kind: vote.kind, view: vote.view, height: vote.height, digest: vote.blockHash }),
    place: (signature: Signature): Message => ({ ...vote, signature }),
  })),
  {
    name: 'a suspicion',
    sample: suspicions,
    signer: suspect.signer,
    content: contentOf({ kind: 'suspect', view: suspect.view, height: 0, digest: ZERO_DIGEST }),
    place: (signature) => ({ ...suspect, signature }),
  },
  {
    name: 'a view change',
    sample: changes,
    signer: change.signer,
    content: changeContent(change.view, change),
    place: (signature) => ({ ...viewChange, change: { ...change, signature } }),
  },
  {
    name: 'a suspicion in the timeout certificate of a view change',
    sample: changes,
    signer: timeout.signatures[1]!.signer,
    content: contentOf({ kind: 'suspect', view: timeout.view, height: 0, digest: ZERO_DIGEST }),
    place: (signature) => ({
      ...viewChange,
      timeout: { ...timeout, signatures: withSignature(timeout.signatures, 1, signature) },
    }),
  },
  {
    name: 'a COMMIT under the base of a view change',
    sample: changes,
    signer: base.signatures[0]!.signer,
    content: certificateContent(base),
    place: (signature) => {
      const certificate = { ...base, signatures: withSignature(base.signatures, 0, signature) };
      return { ...viewChange, change: { ...change, base: { ...change.base, certificate } } };
    },
  },
  {
    name: 'a PREPARE under a tip of a view change',
    sample: changes,
    signer: tip!.certificate.signatures[2]!.signer,
    content: certificateContent(tip!.certificate),
    place: (signature) => {
      const signatures = withSignature(tip!.certificate.signatures, 2, signature);
      const [, ...others] = change.tips;
      const tips = [{ ...tip!, certificate: { ...tip!.certificate, signatures } }, ...others];
      return { ...viewChange, change: { ...change, tips } };
    },
  },
  {
    name: 'a NEWVIEW',
    sample: newViews,
    signer: 3,
    content: contentOf({
      kind: 'newView',
      view: newView.view,
      height: 0,
      digest: newViewDigest(newView.changes),
    }),
    place: (signature) => ({ ...newView, signature }),
  },
  {
    name: 'a view change in a NEWVIEW',
    sample: newViews,
    signer: newView.changes[1]!.signer,
    content: changeContent(newView.view, newView.changes[1]!),
    place: (signature) => ({
      ...newView,
      changes: newView.changes.map((each, at) => (at === 1 ? { ...each, signature } : each)),
    }),
  },
  {
    name: 'a COMMIT under a decision',
    sample: decisions,
    signer: decided.certificate.signatures[1]!.signer,
    content: certificateContent(decided.certificate),
    place: (signature) => {
      const signatures = withSignature(decided.certificate.signatures, 1, signature);
      return { ...decided, certificate: { ...decided.certificate, signatures } };
    },
  },
  {
    name: 'a vote in an echo',
    sample: echoes,
    signer: echo.votes[0]!.signer,
    content: contentOf({ kind: 'prepare', view: 0, height: 1, digest: echo.votes[0]!.blockHash }),
    place: (signature) => ({ ...echo, votes: [{ ...echo.votes[0]!, signature }, ...echo.votes.slice(1)] }),
  },
  {
    name: 'a view change in an echo',
    sample: echoes,
    signer: echo.change!.signer,
    content: changeContent(echo.change!.view, echo.change!),
    place: (signature) => ({ ...echo, change: { ...changeOf(3, 2), signature } }),
  },
  ...(['first', 'second'] as const).map((which) => ({
    name: `the ${which} vote in evidence`,
    sample: doubled,
    signer: conflict.offender,
    content: contentOf({ ...conflict, digest: conflict[which].digest }),
    place: (signature: Signature): Message => ({
      type: 'evidence',
      evidence: { ...conflict, [which]: { ...conflict[which], signature } },
    }),
  })),
  {
    name: 'the COMMIT in evidence of concealment',
    sample: concealing,
    signer: concealed.offender,
    content: contentOf({ kind: 'commit', ...concealed.commit, digest: concealed.commit.blockHash }),
    place: (signature) => ({
      type: 'evidence',
      evidence: { ...concealed, commit: { ...concealed.commit, signature } },
    }),
  },
  {
    name: 'the view change in evidence of concealment',
    sample: concealing,
    signer: concealed.offender,
    content: changeContent(concealed.viewChange.view, concealed.viewChange.claim),
    place: (signature) => ({
      type: 'evidence',
      evidence: { ...concealed, viewChange: { ...concealed.viewChange, signature } },
    }),
  },
];

const linePlaces: readonly SignedPlace<Line>[] = [
  {
    name: 'a line',
    sample: lines,
    signer: line.signer,
    content: { origin: genesis.origin, height: line.height, root: line.root },
    place: (signature) => ({ ...line, signature }),
  },
  {
    name: 'a line of a certificate',
    sample: certified,
    signer: checkpoint.certificate.signatures[1]!.signer,
    content: { origin: genesis.origin, height: 1, root: testRoot(1) },
    place: (signature) => {
      const signatures = withSignature(checkpoint.certificate.signatures, 1, signature);
      return { ...checkpoint, certificate: { ...checkpoint.certificate, signatures } };
    },
  },
  {
    name: 'a line in evidence',
    sample: forked,
    signer: fork.offender,
    content: { origin: genesis.origin, height: fork.height, root: fork.first.digest },
    place: (signature) => ({ type: 'evidence', evidence: { ...fork, first: { ...fork.first, signature } } }),
  },
];

/** Every other value that a signed field may have had when the signature was made; a new field is missing here until it has one. */
const OTHER_CONTENTS: {
  readonly [Field in keyof Content]: (value: Content[Field]) => readonly Content[Field][];
} = {
  kind: (kind) => (Object.keys(VOTE_KIND_NUMBER) as SignedVoteKind[]).filter((other) => other !== kind),
  chainId: () => [OTHER_DIGEST as string as ChainId],
  epoch: () => [1, 7],
  view: (view) => [view + 1, view + 4, ...(view > 0 ? [view - 1] : [])],
  height: (height) => [height + 1, ...(height > 0 ? [height - 1] : [])],
  digest: (digest) => [OTHER_DIGEST, ...(digest === ZERO_DIGEST ? [] : [ZERO_DIGEST])],
  extra: () => [OTHER_DIGEST],
};
const OTHER_LINES: { readonly [Field in keyof Line]: (value: Line[Field]) => readonly Line[Field][] } = {
  origin: (origin) => [`${origin.slice(0, -1)}g`, 'countersign/example', ''],
  height: (height) => [height + 1, height - 1],
  root: () => [OTHER_DIGEST, ZERO_DIGEST],
};

/** The content with one field as it would be elsewhere, once for each such value. */
function elsewhere<Signed extends object>(
  content: Signed,
  others: { readonly [Field in keyof Signed]: (value: Signed[Field]) => readonly Signed[Field][] },
): readonly (readonly [string, Signed])[] {
  const fields = Object.keys(others) as (keyof Signed & string)[];
  return fields.flatMap((field) =>
    others[field](content[field]).map(
      (value) => [`${field} ${String(value)}`, { ...content, [field]: value }] as const,
    ),
  );
}

const lineBytes = ({ origin, height, root }: Line): Uint8Array =>
  utf8ToBytes(checkpointText(origin, height, root));

/** What becomes of the message with this signature in that place, at a replica that would take it. */
function outcomeOf<Signed>({ sample, place }: SignedPlace<Signed>, signature: Signature): string {
  const bench = sample.bench();
  const before = bench.replica.report();
  const { outcome } = new NodeDoor(bench).send(sample.from, place(signature));
  if (outcome !== 'taken') expect([bench.effects, bench.replica.report()]).toEqual([[], before]);
  return outcome;
}

describe('a signature (PBFT-DOMAIN-1, PBFT-DOMAIN-2)', () => {
  it.each(votePlaces)('counts for its kind, chain, epoch, view, height and digest alone: $name', (place) => {
    const { signer, content } = place;
    expect(outcomeOf(place, signBytesAs(signer, encodeVote(content)))).toBe('taken');
    const outcomes = elsewhere(content, OTHER_CONTENTS).map(([what, other]) => {
      const outcome = outcomeOf(place, signBytesAs(signer, encodeVote(other)));
      return `${what}: ${outcome}`;
    });
    expect(outcomes.filter((outcome) => !outcome.endsWith(': refused'))).toEqual([]);
    expect(outcomes.length).toBeGreaterThanOrEqual(12);
  });

  it.each(linePlaces)('counts for its log, height and root alone: $name', (place) => {
    const { signer, content } = place;
    expect(outcomeOf(place, signBytesAs(signer, lineBytes(content)))).toBe('taken');
    const outcomes = elsewhere(content, OTHER_LINES).map(([what, other]) => {
      return `${what}: ${outcomeOf(place, signBytesAs(signer, lineBytes(other)))}`;
    });
    expect(outcomes.filter((outcome) => !outcome.endsWith(': refused'))).toEqual([]);
  });

  it('of a line is none under a vote, nor the other way round', () => {
    for (const place of votePlaces) {
      const { height, digest } = place.content;
      const bytes = lineBytes({ origin: genesis.origin, height, root: digest as Digest });
      expect(outcomeOf(place, signBytesAs(place.signer, bytes))).toBe('refused');
    }
    for (const place of linePlaces) {
      const { height, root } = place.content;
      for (const kind of Object.keys(VOTE_KIND_NUMBER) as SignedVoteKind[]) {
        const bytes = encodeVote(contentOf({ kind, view: 0, height, digest: root }));
        expect(outcomeOf(place, signBytesAs(place.signer, bytes))).toBe('refused');
      }
    }
  });

  it.each([...votePlaces, ...linePlaces])('counts for its signer alone: $name', (place) => {
    const { content } = place;
    const bytes = 'origin' in content ? lineBytes(content) : encodeVote(content);
    const others = [0, 1, 2, 3].filter((signer) => signer !== place.signer);
    expect(
      others.map((signer) => outcomeOf(place as SignedPlace<unknown>, signBytesAs(signer, bytes))),
    ).toEqual(['refused', 'refused', 'refused']);
  });
});
