/** Certificates as they lie in the database: the protobuf messages that organisations send each other. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  CheckpointCertificateSchema,
  QuorumCertificateSchema,
} from '../protocol/encoding/generated/countersign/v1/peer_pb.js';
import type { CheckpointCertificate, QuorumCertificate } from '../protocol/pbft/certificate.js';
import {
  checkpointCertificateToFields,
  fieldsToCheckpointCertificate,
  fieldsToQuorumCertificate,
  quorumCertificateToFields,
} from '../protocol/pbft/wire/certificate-fields.js';
import { readStoredMessage } from './rows/stored-message.js';

export function encodeQuorumCertificate(certificate: QuorumCertificate): Uint8Array {
  return toBinary(
    QuorumCertificateSchema,
    create(QuorumCertificateSchema, quorumCertificateToFields(certificate)),
  );
}

/** Throws LedgerError DATABASE_CORRUPT. */
export function decodeQuorumCertificate(bytes: Uint8Array): QuorumCertificate {
  return readStoredMessage('commit certificate', () =>
    fieldsToQuorumCertificate(fromBinary(QuorumCertificateSchema, bytes)),
  );
}

export function encodeCheckpointCertificate(certificate: CheckpointCertificate): Uint8Array {
  return toBinary(
    CheckpointCertificateSchema,
    create(CheckpointCertificateSchema, checkpointCertificateToFields(certificate)),
  );
}

/** Throws LedgerError DATABASE_CORRUPT. */
export function decodeCheckpointCertificate(bytes: Uint8Array): CheckpointCertificate {
  return readStoredMessage('checkpoint certificate', () =>
    fieldsToCheckpointCertificate(fromBinary(CheckpointCertificateSchema, bytes)),
  );
}
