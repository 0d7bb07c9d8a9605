/**
 * Evidence between its domain form and its protobuf message (proto/countersign/v1/peer.proto), for the wire and the
 * database. Reading is strict about form; whether it proves anything is verifyEvidence's question.
 */
import {
  StatementKind,
  type ConcealedCommit as ConcealedCommitMessage,
  type ConflictingVotes as ConflictingVotesMessage,
  type Evidence as EvidenceMessage,
  type PointOfView as PointOfViewMessage,
  type SignedDigest as SignedDigestMessage,
} from '../../encoding/generated/countersign/v1/peer_pb.js';
import type { ViewChangeClaim } from '../../encoding/view-change-bytes.js';
import { hexToBytes } from '../../primitives/bytes.js';
import type { Result } from '../../primitives/rejection.js';
import type {
  BindingVoteKind,
  ConcealedCommit,
  ConflictingCheckpoints,
  ConflictingVotes,
  Evidence,
  SignedDigest,
} from '../evidence.js';
import { quorumCertificateToFields } from './certificate-fields.js';
import {
  flaw,
  readBaseCertificate,
  readBlockHash,
  readChecked,
  readDigest,
  readInteger,
  readItems,
  readPresent,
  readSignature,
  readSigner,
  readWithin,
  type FieldsOf,
  type ViewChangeLimits,
} from './checked-fields.js';

export type EvidenceFields = FieldsOf<EvidenceMessage>;
type PointOfView = ViewChangeClaim['tips'][number];
/** Said beside the oneof, once for all kinds of evidence. */
type Accused = Pick<Evidence, 'offender' | 'epoch'>;

const STATEMENT_NUMBER = {
  propose: StatementKind.PROPOSE,
  prepare: StatementKind.PREPARE,
  commit: StatementKind.COMMIT,
  viewChange: StatementKind.VIEW_CHANGE,
  newView: StatementKind.NEW_VIEW,
} as const satisfies Record<BindingVoteKind, StatementKind>;

const KIND_OF_NUMBER: ReadonlyMap<StatementKind, BindingVoteKind> = new Map(
  (Object.keys(STATEMENT_NUMBER) as BindingVoteKind[]).map((kind) => [STATEMENT_NUMBER[kind], kind]),
);

function signedDigestToFields({ digest, signature }: SignedDigest): FieldsOf<SignedDigestMessage> {
  return { digest: hexToBytes(digest), signature };
}

function pointToFields({ view, height, blockHash }: PointOfView): FieldsOf<PointOfViewMessage> {
  return { view: BigInt(view), height: BigInt(height), blockHash: hexToBytes(blockHash) };
}

function concealedCommitToFields(evidence: ConcealedCommit): FieldsOf<ConcealedCommitMessage> {
  const { commit, viewChange, baseCertificate } = evidence;
  const { base, tips } = viewChange.claim;
  return {
    commit: pointToFields(commit),
    commitSignature: commit.signature,
    view: BigInt(viewChange.view),
    baseHeight: BigInt(base.height),
    baseHash: hexToBytes(base.blockHash),
    tips: tips.map(pointToFields),
    viewChangeSignature: viewChange.signature,
    baseCertificate: baseCertificate && quorumCertificateToFields(baseCertificate),
  };
}

function caseToFields(evidence: Evidence): EvidenceFields['evidence'] {
  switch (evidence.type) {
    case 'conflictingVotes':
      return {
        case: 'conflictingVotes',
        value: {
          kind: STATEMENT_NUMBER[evidence.kind],
          view: BigInt(evidence.view),
          height: BigInt(evidence.height),
          first: signedDigestToFields(evidence.first),
          second: signedDigestToFields(evidence.second),
        },
      };
    case 'conflictingCheckpoints':
      return {
        case: 'conflictingCheckpoints',
        value: {
          height: BigInt(evidence.height),
          first: signedDigestToFields(evidence.first),
          second: signedDigestToFields(evidence.second),
        },
      };
    case 'concealedCommit':
      return { case: 'concealedCommit', value: concealedCommitToFields(evidence) };
  }
}

export function evidenceToFields(evidence: Evidence): EvidenceFields {
  return {
    offender: evidence.offender,
    epoch: BigInt(evidence.epoch),
    evidence: caseToFields(evidence),
  };
}

function readSignedDigest(fields: FieldsOf<SignedDigestMessage> | undefined, field: string): SignedDigest {
  const { digest, signature } = readPresent(fields, field);
  return readWithin(field, () => ({
    digest: readDigest(digest, 'digest'),
    signature: readSignature(signature, 'signature'),
  }));
}

function readPoint(fields: FieldsOf<PointOfViewMessage>): PointOfView {
  return {
    view: readInteger(fields.view, 'view'),
    height: readInteger(fields.height, 'height'),
    blockHash: readBlockHash(fields.blockHash, 'block_hash'),
  };
}

function readConflictingVotes(accused: Accused, fields: FieldsOf<ConflictingVotesMessage>): ConflictingVotes {
  const kind = KIND_OF_NUMBER.get(fields.kind) ?? flaw('kind', `${fields.kind} is unknown`);
  const height = readInteger(fields.height, 'height');
  if (height > 0 && (kind === 'viewChange' || kind === 'newView'))
    flaw('height', `of a ${kind} is ${height}`);
  return {
    type: 'conflictingVotes',
    ...accused,
    kind,
    view: readInteger(fields.view, 'view'),
    height,
    first: readSignedDigest(fields.first, 'first'),
    second: readSignedDigest(fields.second, 'second'),
  };
}

function readConcealedCommit(
  accused: Accused,
  fields: FieldsOf<ConcealedCommitMessage>,
  { pipelineDepth }: ViewChangeLimits,
): ConcealedCommit {
  const commit = readPresent(fields.commit, 'commit');
  const baseHeight = readInteger(fields.baseHeight, 'base_height');
  return {
    type: 'concealedCommit',
    ...accused,
    commit: {
      ...readWithin('commit', () => readPoint(commit)),
      signature: readSignature(fields.commitSignature, 'commit_signature'),
    },
    viewChange: {
      view: readInteger(fields.view, 'view'),
      claim: {
        base: { height: baseHeight, blockHash: readBlockHash(fields.baseHash, 'base_hash') },
        tips: readItems(fields.tips, pipelineDepth, 'tips', readPoint),
      },
      signature: readSignature(fields.viewChangeSignature, 'view_change_signature'),
    },
    baseCertificate: readBaseCertificate(baseHeight, fields.baseCertificate, 'base_certificate'),
  };
}

function readEvidence(fields: EvidenceFields, limits: ViewChangeLimits): Evidence {
  const accused: Accused = {
    offender: readSigner(fields.offender, 'offender', limits),
    epoch: readInteger(fields.epoch, 'epoch'),
  };
  const { evidence } = fields;
  switch (evidence.case) {
    case 'conflictingVotes':
      return readConflictingVotes(accused, evidence.value);
    case 'conflictingCheckpoints':
      return {
        type: 'conflictingCheckpoints',
        ...accused,
        height: readInteger(evidence.value.height, 'height'),
        first: readSignedDigest(evidence.value.first, 'first'),
        second: readSignedDigest(evidence.value.second, 'second'),
      } satisfies ConflictingCheckpoints;
    case 'concealedCommit':
      return readConcealedCommit(accused, evidence.value, limits);
    case undefined:
      return flaw('evidence', 'is missing');
  }
}

/** Rejection: CERTIFICATE_INVALID. */
export function fieldsToEvidence(fields: EvidenceFields, limits: ViewChangeLimits): Result<Evidence> {
  return readChecked(() => readEvidence(fields, limits));
}
