/**
 * View changes and what belongs to them between their domain form and their protobuf messages
 * (proto/countersign/v1/peer.proto), for the wire and the journal. Reading is strict, as in certificate-fields.ts. Headers
 * travel as their canonical bytes and are hashed here, so none carries a hash that is not its own.
 */
import type {
  CommitReference as CommitReferenceMessage,
  NewView as NewViewMessage,
  PreparedTip as PreparedTipMessage,
  TimeoutCertificate as TimeoutCertificateMessage,
  ViewChange as ViewChangeMessage,
} from '../../encoding/generated/countersign/v1/peer_pb.js';
import { decodeHeader, encodeHeader, hashHeader } from '../../ledger/block-header.js';
import { hexToBytes } from '../../primitives/bytes.js';
import type { Epoch, Signature, View } from '../../primitives/identifiers.js';
import { accept, reject, type Result } from '../../primitives/rejection.js';
import type { TimeoutCertificate } from '../certificate.js';
import type {
  CommitReference,
  HashedHeader,
  PreparedTip,
  ViewChange,
  ViewChangeContent,
} from '../view-change.js';
import { quorumCertificateToFields, signaturesToFields } from './certificate-fields.js';
import {
  flaw,
  readBaseCertificate,
  readBlockHash,
  readCertificate,
  readChecked,
  readInteger,
  readItems,
  readPresent,
  readSignature,
  readSignatures,
  readSigner,
  type FieldsOf,
  type ViewChangeLimits,
} from './checked-fields.js';

export type TimeoutCertificateFields = FieldsOf<TimeoutCertificateMessage>;
export type ViewChangeFields = FieldsOf<ViewChangeMessage>;
export type NewViewFields = FieldsOf<NewViewMessage>;

/** What a view began with. Its primary journals it before it signs, so its own journal has no signature. */
export interface EnteredView {
  readonly epoch: Epoch;
  readonly view: View;
  readonly changes: readonly ViewChange[];
  readonly signature: Signature | undefined;
}

export function timeoutCertificateToFields(certificate: TimeoutCertificate): TimeoutCertificateFields {
  return {
    epoch: BigInt(certificate.epoch),
    view: BigInt(certificate.view),
    signatures: signaturesToFields(certificate.signatures),
  };
}

function commitReferenceToFields({ height, blockHash, certificate }: CommitReference) {
  return {
    height: BigInt(height),
    blockHash: hexToBytes(blockHash),
    certificate: certificate && quorumCertificateToFields(certificate),
  } satisfies FieldsOf<CommitReferenceMessage>;
}

function preparedTipToFields({ certificate, headers }: PreparedTip) {
  return {
    certificate: quorumCertificateToFields(certificate),
    headers: headers.map(({ header }) => encodeHeader(header)),
  } satisfies FieldsOf<PreparedTipMessage>;
}

export function viewChangeToFields(change: ViewChange): ViewChangeFields {
  return {
    epoch: BigInt(change.epoch),
    view: BigInt(change.view),
    base: commitReferenceToFields(change.base),
    tips: change.tips.map(preparedTipToFields),
    signer: change.signer,
    signature: change.signature,
  };
}

/** What is journalled before it is signed: neither signer nor signature. */
export function viewChangeContentToFields(content: ViewChangeContent): ViewChangeFields {
  return viewChangeToFields({ ...content, signer: 0, signature: new Uint8Array() });
}

export function newViewToFields({ epoch, view, changes, signature }: EnteredView): NewViewFields {
  return {
    epoch: BigInt(epoch),
    view: BigInt(view),
    changes: changes.map(viewChangeToFields),
    signature: signature ?? new Uint8Array(),
  };
}

function readBase(fields: FieldsOf<CommitReferenceMessage>): CommitReference {
  const height = readInteger(fields.height, 'base.height');
  return {
    height,
    blockHash: readBlockHash(fields.blockHash, 'base.block_hash'),
    certificate: readBaseCertificate(height, fields.certificate, 'base.certificate'),
  };
}

function readHashedHeader(bytes: Uint8Array): HashedHeader {
  const header = decodeHeader(bytes);
  if (!header.ok) return flaw('bytes', `are refused: ${header.rejection.message}`);
  return { header: header.value, hash: hashHeader(header.value) };
}

/** View, height and hash of a tip are those of its certificate; they are not written twice. */
function readPreparedTip(
  fields: FieldsOf<PreparedTipMessage>,
  { pipelineDepth }: ViewChangeLimits,
): PreparedTip {
  const certificate = readCertificate(fields.certificate, 'certificate');
  const { view, height, blockHash } = certificate;
  const headers = readItems(fields.headers, pipelineDepth, 'headers', readHashedHeader);
  return { view, height, blockHash, certificate, headers };
}

function readContent(fields: ViewChangeFields, limits: ViewChangeLimits): ViewChangeContent {
  return {
    epoch: readInteger(fields.epoch, 'epoch'),
    view: readInteger(fields.view, 'view'),
    base: readBase(readPresent(fields.base, 'base')),
    tips: readItems(fields.tips, limits.pipelineDepth, 'tips', (tip) => readPreparedTip(tip, limits)),
  };
}

function readViewChange(fields: ViewChangeFields, limits: ViewChangeLimits): ViewChange {
  const signer = readSigner(fields.signer, 'signer', limits);
  const signature = readSignature(fields.signature, 'signature');
  return { ...readContent(fields, limits), signer, signature };
}

/** Each member once, ascending; whether they are a quorum is verify-view-change.ts's question. */
function readChanges(list: readonly ViewChangeFields[], limits: ViewChangeLimits): readonly ViewChange[] {
  if (list.length === 0) flaw('changes', 'are missing');
  const changes = readItems(list, limits.validators, 'changes', (change) => readViewChange(change, limits));
  let previous = -1;
  for (const { signer } of changes) {
    if (signer <= previous) flaw('changes', 'are not ascending by signer');
    previous = signer;
  }
  return changes;
}

/** Rejection: CERTIFICATE_INVALID. Whether it holds a quorum of SUSPECTs is verifyTimeoutCertificate's question. */
export function fieldsToTimeoutCertificate(fields: TimeoutCertificateFields): Result<TimeoutCertificate> {
  return readChecked(() => ({
    epoch: readInteger(fields.epoch, 'epoch'),
    view: readInteger(fields.view, 'view'),
    signatures: readSignatures(fields.signatures, 'signatures'),
  }));
}

/** Rejection: CERTIFICATE_INVALID. What it claims is not proven by reading it: verify-view-change.ts. */
export function fieldsToViewChange(fields: ViewChangeFields, limits: ViewChangeLimits): Result<ViewChange> {
  return readChecked(() => readViewChange(fields, limits));
}

/** Rejection: CERTIFICATE_INVALID. The inverse of `viewChangeContentToFields`. */
export function fieldsToViewChangeContent(
  fields: ViewChangeFields,
  limits: ViewChangeLimits,
): Result<ViewChangeContent> {
  return readChecked(() => {
    if (fields.signer !== 0) flaw('signer', 'stands in a view change that is not signed');
    if (fields.signature.length > 0) flaw('signature', 'stands in a view change that is not signed');
    return readContent(fields, limits);
  });
}

/** Rejection: CERTIFICATE_INVALID. A signature of no bytes is none: the form in the journal of the view's primary. */
export function fieldsToEnteredView(fields: NewViewFields, limits: ViewChangeLimits): Result<EnteredView> {
  return readChecked(() => ({
    epoch: readInteger(fields.epoch, 'epoch'),
    view: readInteger(fields.view, 'view'),
    signature: fields.signature.length === 0 ? undefined : readSignature(fields.signature, 'signature'),
    changes: readChanges(fields.changes, limits),
  }));
}

/** Rejection: CERTIFICATE_INVALID. */
export function fieldsToNewView(
  fields: NewViewFields,
  limits: ViewChangeLimits,
): Result<EnteredView & { readonly signature: Signature }> {
  const entered = fieldsToEnteredView(fields, limits);
  if (!entered.ok) return entered;
  const { signature } = entered.value;
  if (signature === undefined) return reject('CERTIFICATE_INVALID', 'signature is missing', 'signature');
  return accept({ ...entered.value, signature });
}
