/** Evidence as it lies in the database: the protobuf message that organisations send each other. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { EvidenceSchema } from '../protocol/encoding/generated/countersign/v1/peer_pb.js';
import type { Evidence } from '../protocol/pbft/evidence.js';
import { CERTIFICATE_SIGNERS_MAX } from '../protocol/pbft/wire/certificate-fields.js';
import type { ViewChangeLimits } from '../protocol/pbft/wire/checked-fields.js';
import { evidenceToFields, fieldsToEvidence } from '../protocol/pbft/wire/evidence-fields.js';
import { readStoredMessage } from './rows/stored-message.js';

/** What canonical bytes can hold at all: the limits of genesis were checked before anything was saved. */
const STORED_LIMITS: ViewChangeLimits = { pipelineDepth: 65_535, validators: CERTIFICATE_SIGNERS_MAX };

export function encodeEvidence(evidence: Evidence): Uint8Array {
  return toBinary(EvidenceSchema, create(EvidenceSchema, evidenceToFields(evidence)));
}

/** Throws LedgerError DATABASE_CORRUPT. */
export function decodeEvidence(bytes: Uint8Array): Evidence {
  return readStoredMessage('proof of misbehaviour', () =>
    fieldsToEvidence(fromBinary(EvidenceSchema, bytes), STORED_LIMITS),
  );
}
