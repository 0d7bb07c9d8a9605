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
} from '../protocol/pbft/certificate-message.js';
import type { Result } from '../protocol/primitives/rejection.js';
import { corrupt } from './rows/corrupt.js';

export function encodeQuorumCertificate(certificate: QuorumCertificate): Uint8Array {
  return toBinary(
    QuorumCertificateSchema,
    create(QuorumCertificateSchema, quorumCertificateToFields(certificate)),
  );
}

/** Throws LedgerError DATABASE_CORRUPT. */
export function decodeQuorumCertificate(bytes: Uint8Array): QuorumCertificate {
  return decode('commit certificate', () =>
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
  return decode('checkpoint certificate', () =>
    fieldsToCheckpointCertificate(fromBinary(CheckpointCertificateSchema, bytes)),
  );
}

function decode<Certificate>(what: string, read: () => Result<Certificate>): Certificate {
  let result: Result<Certificate>;
  try {
    result = read();
  } catch (cause) {
    throw corrupt(`a ${what} is no protobuf message`, cause);
  }
  if (!result.ok) throw corrupt(`a ${what}: ${result.rejection.message}`);
  return result.value;
}
