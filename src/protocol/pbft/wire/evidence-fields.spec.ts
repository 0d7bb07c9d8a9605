import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sampleEvidence } from '../../../../test/support/peer-message-samples.js';
import { ARBITRARY_LIMITS, arbitraryEvidence } from '../../../../test/support/view-change-arbitraries.js';
import { EvidenceSchema, StatementKind } from '../../encoding/generated/countersign/v1/peer_pb.js';
import { evidenceToFields, fieldsToEvidence, type EvidenceFields } from './evidence-fields.js';

const LIMITS = { pipelineDepth: 2, validators: 4 };
const TOO_LARGE = 2n ** 53n;

const throughBytes = (fields: EvidenceFields) =>
  fromBinary(EvidenceSchema, toBinary(EvidenceSchema, create(EvidenceSchema, fields)));

const [votes, checkpoints, concealed] = sampleEvidence().map(evidenceToFields);

type CaseName = 'conflictingVotes' | 'conflictingCheckpoints' | 'concealedCommit';
type ValueOf<Case extends CaseName> = Extract<EvidenceFields['evidence'], { case: Case }>['value'];

/** Fields of a sample with some of its case's fields replaced. */
function withValue<Case extends CaseName>(
  fields: EvidenceFields,
  changed: Partial<ValueOf<Case>>,
): EvidenceFields {
  const evidence = { ...fields.evidence, value: { ...fields.evidence.value, ...changed } };
  return { ...fields, evidence: evidence as EvidenceFields['evidence'] };
}

const ofVotes = (changed: Partial<ValueOf<'conflictingVotes'>>) =>
  withValue<'conflictingVotes'>(votes!, changed);
const ofCheckpoints = (changed: Partial<ValueOf<'conflictingCheckpoints'>>) =>
  withValue<'conflictingCheckpoints'>(checkpoints!, changed);
const ofConcealed = (changed: Partial<ValueOf<'concealedCommit'>>) =>
  withValue<'concealedCommit'>(concealed!, changed);

const concealedValue = concealed!.evidence.value as ValueOf<'concealedCommit'>;
const { commit, baseCertificate, tips } = concealedValue;
const signedDigest = { digest: new Uint8Array(32), signature: new Uint8Array(64) };
const shortDigest = { ...signedDigest, digest: new Uint8Array(31) };
const longSignature = { ...signedDigest, signature: new Uint8Array(65) };

const bad: readonly [string, string, EvidenceFields][] = [
  ['no case', 'evidence', { ...votes!, evidence: { case: undefined } }],
  ['an offender beyond the set', 'offender', { ...votes!, offender: 4 }],
  ['an epoch beyond 2^53', 'epoch', { ...checkpoints!, epoch: TOO_LARGE }],
  ['no kind', 'kind', ofVotes({ kind: StatementKind.UNSPECIFIED })],
  ['an unknown kind', 'kind', ofVotes({ kind: 4 as never })],
  ['a kind that binds to nothing', 'kind', ofVotes({ kind: 5 as never })],
  ['a view beyond 2^53', 'view', ofVotes({ view: TOO_LARGE })],
  ['a height beyond 2^53', 'height', ofVotes({ height: TOO_LARGE })],
  ['the height of a view change', 'height', ofVotes({ kind: StatementKind.VIEW_CHANGE })],
  ['the height of a new view', 'height', ofVotes({ kind: StatementKind.NEW_VIEW })],
  ['no first vote', 'first', ofVotes({ first: undefined })],
  ['no second vote', 'second', ofVotes({ second: undefined })],
  ['a short digest', 'first.digest', ofVotes({ first: shortDigest })],
  ['a long signature', 'second.signature', ofVotes({ second: longSignature })],
  ['a checkpoint height beyond 2^53', 'height', ofCheckpoints({ height: TOO_LARGE })],
  ['no first root', 'first', ofCheckpoints({ first: undefined })],
  ['a short root', 'second.digest', ofCheckpoints({ second: shortDigest })],
  ['no commit', 'commit', ofConcealed({ commit: undefined })],
  [
    'a commit height beyond 2^53',
    'commit.height',
    ofConcealed({ commit: { ...commit!, height: TOO_LARGE } }),
  ],
  [
    'a short commit hash',
    'commit.block_hash',
    ofConcealed({ commit: { ...commit!, blockHash: new Uint8Array(31) } }),
  ],
  ['no commit signature', 'commit_signature', ofConcealed({ commitSignature: new Uint8Array() })],
  ['a view of the change beyond 2^53', 'view', ofConcealed({ view: TOO_LARGE })],
  ['a base height beyond 2^53', 'base_height', ofConcealed({ baseHeight: TOO_LARGE })],
  ['a short base hash', 'base_hash', ofConcealed({ baseHash: new Uint8Array(31) })],
  ['a base without certificate', 'base_certificate', ofConcealed({ baseCertificate: undefined })],
  ['a certificate of genesis', 'base_certificate', ofConcealed({ baseHeight: 0n })],
  [
    'a bad base certificate',
    'base_certificate',
    ofConcealed({ baseCertificate: { ...baseCertificate!, signatures: [] } }),
  ],
  ['more than L tips', 'tips', ofConcealed({ tips: [tips[0]!, tips[0]!, tips[0]!] })],
  ['a tip view beyond 2^53', 'tips[0].view', ofConcealed({ tips: [{ ...tips[0]!, view: TOO_LARGE }] })],
  [
    'a long change signature',
    'view_change_signature',
    ofConcealed({ viewChangeSignature: new Uint8Array(65) }),
  ],
];

describe('fields of evidence', () => {
  it('keep all of it', () => {
    fc.assert(
      fc.property(arbitraryEvidence, (evidence) => {
        const read = fieldsToEvidence(throughBytes(evidenceToFields(evidence)), ARBITRARY_LIMITS);
        expect(read).toEqual({ ok: true, value: evidence });
      }),
      { numRuns: 300 },
    );
  });

  it('copy what they keep', () => {
    for (const evidence of sampleEvidence()) {
      const bytes = toBinary(EvidenceSchema, create(EvidenceSchema, evidenceToFields(evidence)));
      const read = fieldsToEvidence(fromBinary(EvidenceSchema, bytes), LIMITS);
      bytes.fill(0);
      expect(read).toEqual({ ok: true, value: evidence });
    }
  });

  it.each(bad)('refuse %s', (_what, field, fields) => {
    expect(fieldsToEvidence(fields, LIMITS)).toMatchObject({
      ok: false,
      rejection: {
        code: 'CERTIFICATE_INVALID',
        field: expect.stringContaining(field),
        message: expect.stringContaining(field),
      },
    });
  });

  it('take genesis as a base without a certificate', () => {
    expect(
      fieldsToEvidence(ofConcealed({ baseHeight: 0n, baseCertificate: undefined }), LIMITS),
    ).toMatchObject({
      ok: true,
      value: { baseCertificate: undefined },
    });
  });
});
