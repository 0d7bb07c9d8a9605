/**
 * Certificates between their domain form and their protobuf message (proto/countersign/v1/peer.proto), for the wire and
 * the journal. Reading is strict: a length, a number or an order that a correct writer cannot produce is refused.
 */
import type {
  CheckpointCertificate as CheckpointCertificateMessage,
  QuorumCertificate as QuorumCertificateMessage,
  SignerSignature as SignerSignatureMessage,
} from '../../encoding/generated/countersign/v1/peer_pb.js';
import { VoteKind as VoteKindNumber } from '../../encoding/generated/countersign/v1/peer_pb.js';
import { bytesToHex, hexToBytes } from '../../primitives/bytes.js';
import { bigintToInteger } from '../../primitives/checked-integers.js';
import type { BlockHash, Digest } from '../../primitives/identifiers.js';
import { accept, reject, type Result } from '../../primitives/rejection.js';
import type { CheckpointCertificate, QuorumCertificate, SignerSignature, VoteKind } from '../certificate.js';

const DIGEST_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** Most validators a set can have: signers are u16 in canonical bytes, and no real set comes near this. */
export const CERTIFICATE_SIGNERS_MAX = 1024;

type Fields<Message> = Omit<Message, '$typeName' | '$unknown'>;
/** A message without the mark of the generated code; `create` adds it. */
export type SignerSignatureFields = Fields<SignerSignatureMessage>;
export type QuorumCertificateFields = Omit<Fields<QuorumCertificateMessage>, 'signatures'> & {
  signatures: SignerSignatureFields[];
};
export type CheckpointCertificateFields = Omit<Fields<CheckpointCertificateMessage>, 'signatures'> & {
  signatures: SignerSignatureFields[];
};

export function voteKindToNumber(kind: VoteKind): VoteKindNumber {
  return kind === 'prepare' ? VoteKindNumber.PREPARE : VoteKindNumber.COMMIT;
}

/** `undefined` for a number that names no kind. */
export function numberToVoteKind(kind: VoteKindNumber): VoteKind | undefined {
  if (kind === VoteKindNumber.PREPARE) return 'prepare';
  return kind === VoteKindNumber.COMMIT ? 'commit' : undefined;
}

export function signaturesToFields(signatures: readonly SignerSignature[]): SignerSignatureFields[] {
  return signatures.map(({ signer, signature }) => ({ signer, signature }));
}

export function quorumCertificateToFields(certificate: QuorumCertificate): QuorumCertificateFields {
  return {
    kind: voteKindToNumber(certificate.kind),
    epoch: BigInt(certificate.epoch),
    view: BigInt(certificate.view),
    height: BigInt(certificate.height),
    blockHash: hexToBytes(certificate.blockHash),
    signatures: signaturesToFields(certificate.signatures),
  };
}

export function checkpointCertificateToFields(
  certificate: CheckpointCertificate,
): CheckpointCertificateFields {
  return {
    height: BigInt(certificate.height),
    root: hexToBytes(certificate.root),
    signatures: signaturesToFields(certificate.signatures),
  };
}

/** `undefined` unless the signers ascend strictly and every signature has 64 bytes. Copies what it keeps. */
export function fieldsToSignatures(
  signatures: readonly SignerSignatureFields[],
): SignerSignature[] | undefined {
  if (signatures.length === 0 || signatures.length > CERTIFICATE_SIGNERS_MAX) return undefined;
  let previous = -1;
  const result: SignerSignature[] = [];
  for (const { signer, signature } of signatures) {
    if (signer <= previous || signer >= CERTIFICATE_SIGNERS_MAX) return undefined;
    if (signature.length !== SIGNATURE_BYTES) return undefined;
    previous = signer;
    result.push({ signer, signature: new Uint8Array(signature) });
  }
  return result;
}

/** Rejection: CERTIFICATE_INVALID. Whether it holds a quorum of valid signatures is verifyQuorumCertificate's question. */
export function fieldsToQuorumCertificate(fields: QuorumCertificateFields): Result<QuorumCertificate> {
  const kind = numberToVoteKind(fields.kind);
  if (kind === undefined) return reject('CERTIFICATE_INVALID', `unknown vote kind ${fields.kind}`, 'kind');
  const epoch = bigintToInteger(fields.epoch);
  const view = bigintToInteger(fields.view);
  const height = bigintToInteger(fields.height);
  if (epoch === undefined || view === undefined || height === undefined) {
    return reject('CERTIFICATE_INVALID', 'epoch, view or height is beyond 2^53-1');
  }
  if (fields.blockHash.length !== DIGEST_BYTES) {
    return reject('CERTIFICATE_INVALID', `block hash has ${fields.blockHash.length} bytes`, 'block_hash');
  }
  const signatures = fieldsToSignatures(fields.signatures);
  if (signatures === undefined) {
    return reject(
      'CERTIFICATE_INVALID',
      'signatures are not 64 bytes each, ascending by signer',
      'signatures',
    );
  }
  return accept({
    kind,
    epoch,
    view,
    height,
    blockHash: bytesToHex(fields.blockHash) as BlockHash,
    signatures,
  });
}

/** Rejection: CERTIFICATE_INVALID. */
export function fieldsToCheckpointCertificate(
  fields: CheckpointCertificateFields,
): Result<CheckpointCertificate> {
  const height = bigintToInteger(fields.height);
  if (height === undefined) return reject('CERTIFICATE_INVALID', 'height is beyond 2^53-1', 'height');
  if (fields.root.length !== DIGEST_BYTES) {
    return reject('CERTIFICATE_INVALID', `root has ${fields.root.length} bytes`, 'root');
  }
  const signatures = fieldsToSignatures(fields.signatures);
  if (signatures === undefined) {
    return reject(
      'CERTIFICATE_INVALID',
      'signatures are not 64 bytes each, ascending by signer',
      'signatures',
    );
  }
  return accept({ height, root: bytesToHex(fields.root) as Digest, signatures });
}
