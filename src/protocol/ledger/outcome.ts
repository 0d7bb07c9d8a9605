/**
 * What became of a transaction: version u16 ‖ code u8 ‖ detail ‖ signer key ‖ identity text ‖ custody u8. The identity that
 * the key resolved to is inside, so a receipt needs no further proof of the key (OUT-1).
 */
import { leafHash } from '../crypto/merkle/merkle-hash.js';
import { ByteReader } from '../encoding/byte-reader.js';
import { ByteWriter } from '../encoding/byte-writer.js';
import { concatBytes, hexToBytes } from '../primitives/bytes.js';
import type { PublicKey, TransactionId } from '../primitives/identifiers.js';
import { accept, reject, type Result } from '../primitives/rejection.js';
import { CUSTODIES, isIdentity, type Custody } from './identity.js';

export const OUTCOME_VERSION = 1;

/** Why an included transaction had no effect. Stable: they are part of the hashed bytes. */
export const FAILURE_CODES = [
  'SIGNER_UNKNOWN',
  'SIGNER_NOT_PERMITTED',
  'IDEMPOTENCY_CONFLICT',
  'JSON_MALFORMED',
  'JSON_DUPLICATE_KEY',
  'JSON_TOO_DEEP',
  'JSON_NUMBER_OUT_OF_RANGE',
  'JSON_LONE_SURROGATE',
  'EPCIS_DOCUMENT_INVALID',
  'SUBJECT_INVALID',
  'SUBJECTS_TOO_MANY',
  'RECORDS_TOO_MANY',
  'POINTER_INVALID',
  'SIGNER_REVOKED',
  'SIGNER_NOT_VALID_YET',
  'SIGNER_EXPIRED',
  'IDENTITY_INVALID',
  'IDENTITY_EXISTS',
  'IDENTITY_UNKNOWN',
  'IDENTITY_REVOKED',
  'IDENTITIES_TOO_MANY',
  'KEY_INVALID',
  'KEY_IN_USE',
  'POSSESSION_INVALID',
  'LAST_ADMIN',
  'READER_UNKNOWN',
  'SIGNER_ORGANISATION_REMOVED',
  'MOTION_UNKNOWN',
  'MOTION_CLOSED',
  'MOTION_EXPIRED',
  'MOTIONS_TOO_MANY',
  'BALLOT_CAST_ALREADY',
  'BALLOT_NOT_ENTITLED',
  'NOT_PROPOSER',
  'ORGANISATION_EXISTS',
  'ORGANISATION_UNKNOWN',
  'ORGANISATION_REMOVED',
  'ORGANISATION_NOT_OWN',
  'ORGANISATIONS_TOO_MANY',
  'VALIDATOR_ALREADY',
  'VALIDATOR_NOT',
  'VALIDATORS_TOO_MANY',
  'LAST_QUORUM',
  'EPOCH_CHANGE_PENDING',
  'PARAMETER_UNKNOWN',
  'PARAMETER_INVALID',
  'PARAMETER_FIXED',
  'CREDENTIAL_EXISTS',
  'CREDENTIAL_UNKNOWN',
  'CREDENTIAL_REVOKED',
  'CREDENTIALS_TOO_MANY',
] as const;

export type FailureCode = (typeof FAILURE_CODES)[number];

const CODE_NUMBER = { OK: 0, REPLAYED: 1, FAILED: 2 } as const;

interface OutcomeSigner {
  readonly signer: PublicKey;
  /** `organisation/name`; empty when the key belongs to no identity. */
  readonly identity: string;
  /** Who held the key: `node` says that the organisation's node signed for a caller that it had authenticated. */
  readonly custody: Custody;
}

export type Outcome = OutcomeSigner &
  (
    | { readonly code: 'OK' }
    /** The same command was executed before under this idempotency key, by `firstId`; no effect. */
    | { readonly code: 'REPLAYED'; readonly firstId: TransactionId }
    /** No effect, nothing reserved. */
    | { readonly code: 'FAILED'; readonly failure: FailureCode }
  );

export function isFailureCode(code: string): code is FailureCode {
  return (FAILURE_CODES as readonly string[]).includes(code);
}

export function encodeOutcome(outcome: Outcome): Uint8Array {
  const writer = new ByteWriter().u16(OUTCOME_VERSION).u8(CODE_NUMBER[outcome.code]);
  if (outcome.code === 'REPLAYED') writer.digest(outcome.firstId);
  if (outcome.code === 'FAILED') writer.text(outcome.failure);
  const custody = CUSTODIES.indexOf(outcome.custody);
  return writer.digest(outcome.signer).text(outcome.identity).u8(custody).finish();
}

/** Leaf of a block's entries tree: RFC 6962 over transaction id ‖ outcome bytes. */
export function entryLeafHash(id: TransactionId, outcomeBytes: Uint8Array): Uint8Array {
  return leafHash(concatBytes(hexToBytes(id), outcomeBytes));
}

/** Refusal: RECEIPT_MALFORMED; every outcome has exactly one encoding. */
export function decodeOutcome(bytes: Uint8Array): Result<Outcome> {
  const malformed = (what: string) => reject('RECEIPT_MALFORMED', `outcome bytes: ${what}`, 'outcome');
  const reader = new ByteReader(bytes);
  const version = reader.u16();
  const code = reader.u8();
  const firstId = code === CODE_NUMBER.REPLAYED ? (reader.digest() as TransactionId | undefined) : undefined;
  const failure = code === CODE_NUMBER.FAILED ? reader.text() : undefined;
  const signer = reader.digest() as PublicKey | undefined;
  const identity = reader.text();
  const custodyNumber = reader.u8();
  if (!reader.isComplete() || signer === undefined || identity === undefined || custodyNumber === undefined)
    return malformed('not the fixed layout');
  if (version !== OUTCOME_VERSION) return malformed(`version ${version} is not ${OUTCOME_VERSION}`);
  if (identity !== '' && !isIdentity(identity)) return malformed('the identity is not organisation/name');
  const custody = CUSTODIES[custodyNumber];
  if (custody === undefined) return malformed(`unknown custody ${custodyNumber}`);
  if (identity === '' && custody !== 'self')
    return malformed('a key without an identity is in nobody’s custody');
  const who = { signer, identity, custody };
  if (code === CODE_NUMBER.OK) return accept({ code: 'OK', ...who });
  if (firstId !== undefined) return accept({ code: 'REPLAYED', firstId, ...who });
  if (failure === undefined) return malformed(`unknown code ${code}`);
  if (!isFailureCode(failure)) return malformed(`unknown failure code ${failure}`);
  return accept({ code: 'FAILED', failure, ...who });
}
