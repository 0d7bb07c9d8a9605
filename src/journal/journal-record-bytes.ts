/**
 * A journal record as the payload bytes of its frame (proto/countersign/v1/journal.proto). Headers travel as their
 * canonical bytes and are hashed again when read, so a record never carries a hash that its header does not have.
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { JournalRecordSchema } from '../protocol/encoding/generated/countersign/v1/journal_pb.js';
import type {
  CheckpointCertificate as CheckpointCertificateMessage,
  NewView as NewViewMessage,
  QuorumCertificate as QuorumCertificateMessage,
  TimeoutCertificate as TimeoutCertificateMessage,
  ViewChange as ViewChangeMessage,
} from '../protocol/encoding/generated/countersign/v1/peer_pb.js';
import type { Block } from '../protocol/ledger/block.js';
import { decodeHeader, encodeHeader, hashHeader } from '../protocol/ledger/block-header.js';
import {
  CERTIFICATE_SIGNERS_MAX,
  checkpointCertificateToFields,
  fieldsToCheckpointCertificate,
  fieldsToQuorumCertificate,
  quorumCertificateToFields,
} from '../protocol/pbft/wire/certificate-fields.js';
import type { ViewChangeLimits } from '../protocol/pbft/wire/checked-fields.js';
import {
  fieldsToEnteredView,
  fieldsToTimeoutCertificate,
  fieldsToViewChangeContent,
  newViewToFields,
  timeoutCertificateToFields,
  viewChangeContentToFields,
} from '../protocol/pbft/wire/view-change-fields.js';
import type { QuorumCertificate } from '../protocol/pbft/certificate.js';
import type { JournalRecord } from '../protocol/pbft/effect.js';
import { bytesToHex, hexToBytes } from '../protocol/primitives/bytes.js';
import { bigintToInteger } from '../protocol/primitives/checked-integers.js';
import type { Digest, Height } from '../protocol/primitives/identifiers.js';

const DIGEST_BYTES = 32;
/**
 * The size of a record bounds what it holds. L does not: a replica whose database was set back tells of more heights, and a
 * record that was durable must never be unreadable.
 */
const RECORD_LIMITS: ViewChangeLimits = {
  pipelineDepth: Number.MAX_SAFE_INTEGER,
  validators: CERTIFICATE_SIGNERS_MAX,
};

function recordFields(record: JournalRecord): Parameters<typeof create<typeof JournalRecordSchema>>[1] {
  switch (record.type) {
    case 'prepared':
      return {
        record: {
          case: 'prepared',
          value: {
            epoch: BigInt(record.epoch),
            view: BigInt(record.view),
            header: encodeHeader(record.block.header),
            body: record.block.body,
          },
        },
      };
    case 'locked':
      return {
        record: { case: 'locked', value: { certificate: quorumCertificateToFields(record.certificate) } },
      };
    case 'committed':
      return {
        record: {
          case: 'committed',
          value: {
            certificate: quorumCertificateToFields(record.certificate),
            ...(record.block && { header: encodeHeader(record.block.header), body: record.block.body }),
          },
        },
      };
    case 'checkpointSigned':
      return {
        record: {
          case: 'checkpointSigned',
          value: { height: BigInt(record.height), root: hexToBytes(record.root) },
        },
      };
    case 'viewLeft': {
      const timeout = timeoutCertificateToFields(record.timeout);
      const content = viewChangeContentToFields(record.content);
      return { record: { case: 'viewLeft', value: { timeout, content } } };
    }
    case 'viewEntered':
      return { record: { case: 'viewEntered', value: { newView: newViewToFields(record) } } };
    case 'endCertified': {
      const certificate = checkpointCertificateToFields(record.certificate);
      return { record: { case: 'endCertified', value: { certificate } } };
    }
  }
}

/** A fresh copy: the caller may change the record's bytes afterwards. */
export function encodeJournalRecord(record: JournalRecord): Uint8Array {
  return toBinary(JournalRecordSchema, create(JournalRecordSchema, recordFields(record)));
}

function readBlock(headerBytes: Uint8Array, body: Uint8Array): Block | undefined {
  const header = decodeHeader(headerBytes);
  if (!header.ok) return undefined;
  return { header: header.value, hash: hashHeader(header.value), body: new Uint8Array(body) };
}

function readCertificate(message: QuorumCertificateMessage | undefined): QuorumCertificate | undefined {
  if (message === undefined) return undefined;
  const certificate = fieldsToQuorumCertificate(message);
  return certificate.ok ? certificate.value : undefined;
}

function readViewLeft(
  timeoutMessage: TimeoutCertificateMessage | undefined,
  contentMessage: ViewChangeMessage | undefined,
): JournalRecord | undefined {
  if (timeoutMessage === undefined || contentMessage === undefined) return undefined;
  const timeout = fieldsToTimeoutCertificate(timeoutMessage);
  const content = fieldsToViewChangeContent(contentMessage, RECORD_LIMITS);
  if (!timeout.ok || !content.ok) return undefined;
  return { type: 'viewLeft', timeout: timeout.value, content: content.value };
}

function readViewEntered(message: NewViewMessage | undefined): JournalRecord | undefined {
  if (message === undefined) return undefined;
  const entered = fieldsToEnteredView(message, RECORD_LIMITS);
  return entered.ok ? { type: 'viewEntered', ...entered.value } : undefined;
}

function readEndCertified(message: CheckpointCertificateMessage | undefined): JournalRecord | undefined {
  if (message === undefined) return undefined;
  const certificate = fieldsToCheckpointCertificate(message);
  return certificate.ok ? { type: 'endCertified', certificate: certificate.value } : undefined;
}

/** `undefined` when the bytes are not a record that `encodeJournalRecord` writes. */
export function decodeJournalRecord(bytes: Uint8Array): JournalRecord | undefined {
  let record;
  try {
    ({ record } = fromBinary(JournalRecordSchema, bytes));
  } catch {
    return undefined;
  }
  switch (record.case) {
    case 'prepared': {
      const { value } = record;
      const epoch = bigintToInteger(value.epoch);
      const view = bigintToInteger(value.view);
      const block = readBlock(value.header, value.body);
      if (epoch === undefined || view === undefined || block === undefined) return undefined;
      return { type: 'prepared', epoch, view, block };
    }
    case 'locked': {
      const certificate = readCertificate(record.value.certificate);
      return certificate && { type: 'locked', certificate };
    }
    case 'committed': {
      const certificate = readCertificate(record.value.certificate);
      if (certificate === undefined) return undefined;
      const { header, body } = record.value;
      if (header.length === 0 && body.length === 0)
        return { type: 'committed', certificate, block: undefined };
      const block = readBlock(header, body);
      return block && { type: 'committed', certificate, block };
    }
    case 'checkpointSigned': {
      const height = bigintToInteger(record.value.height);
      if (height === undefined || record.value.root.length !== DIGEST_BYTES) return undefined;
      return { type: 'checkpointSigned', height, root: bytesToHex(record.value.root) as Digest };
    }
    case 'viewLeft':
      return readViewLeft(record.value.timeout, record.value.content);
    case 'viewEntered':
      return readViewEntered(record.value.newView);
    case 'endCertified':
      return readEndCertified(record.value.certificate);
    case undefined:
      return undefined;
  }
}

/** Height that a record speaks of; `undefined` for one that speaks of a view. */
export function journalRecordHeight(record: JournalRecord): Height | undefined {
  switch (record.type) {
    case 'prepared':
      return record.block.header.height;
    case 'locked':
    case 'committed':
    case 'endCertified':
      return record.certificate.height;
    case 'checkpointSigned':
      return record.height;
    case 'viewLeft':
    case 'viewEntered':
      return undefined;
  }
}
