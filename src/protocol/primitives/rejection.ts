/**
 * Bad input from outside is a value of this closed union, never an exception. `code` is stable and listed in
 * docs/ERRORS.md; `message` names the field, what is wrong with its value, and the fix.
 */
export const REJECTION_CODES = [
  // the form of a transaction
  'TRANSACTION_MALFORMED',
  'TRANSACTION_NOT_CANONICAL',
  'TRANSACTION_TOO_LARGE',
  'SIGNATURE_MISSING',
  'SIGNATURE_INVALID',
  'SIGNER_UNKNOWN',
  'SIGNER_REVOKED',
  'SIGNER_NOT_VALID_YET',
  'SIGNER_EXPIRED',
  'SIGNER_NOT_PERMITTED',
  'SIGNER_ORGANISATION_REMOVED',
  'CHAIN_ID_MISMATCH',
  'TRANSACTION_EXPIRED',
  'EXPIRY_TOO_FAR',
  'TRANSACTION_DUPLICATE',
  'IDEMPOTENCY_KEY_INVALID',
  'COMMAND_UNKNOWN',
  'MEMPOOL_FULL',
  'ORGANISATION_SHARE_FULL',
  // the content of a command
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
  'IDENTITY_INVALID',
  'KEY_INVALID',
  'POSSESSION_INVALID',
  'ORGANISATION_NOT_OWN',
  'PARAMETER_UNKNOWN',
  'PARAMETER_INVALID',
  'PARAMETER_FIXED',
  // messages between organisations and proofs
  'MESSAGE_MALFORMED',
  'MESSAGE_UNEXPECTED',
  'CERTIFICATE_INVALID',
  'BLOCK_INVALID',
  'PROPOSAL_INVALID',
  'GENESIS_INVALID',
  'NOTE_MALFORMED',
  'NOTE_UNVERIFIED',
  'PROOF_INVALID',
  'RECEIPT_MALFORMED',
  'RECEIPT_NOT_CANONICAL',
  'RECEIPT_INVALID',
  'HISTORY_MALFORMED',
  'HISTORY_NOT_CANONICAL',
  'HISTORY_INVALID',
  'STATE_PROOF_MALFORMED',
  'STATE_PROOF_NOT_CANONICAL',
  'STATE_PROOF_INVALID',
  'STATE_KEY_MALFORMED',
  'STATE_KIND_UNKNOWN',
  'BUNDLE_MALFORMED',
  'BUNDLE_NOT_CANONICAL',
  'BUNDLE_TRUNCATED',
  'BUNDLE_LINE_UNEXPECTED',
  'BUNDLE_OUT_OF_ORDER',
  'BUNDLE_FORKED',
  'BUNDLE_NOT_CONSECUTIVE',
  'BUNDLE_CHAIN_MISMATCH',
  'BUNDLE_BLOCK_INVALID',
  'BUNDLE_TRANSACTION_INVALID',
  'BUNDLE_HISTORY_INVALID',
  'BUNDLE_LOG_MISMATCH',
  'BUNDLE_COUNTS_DIFFER',
  'RECEIPT_KEYS_INVALID',
] as const;

export type RejectionCode = (typeof REJECTION_CODES)[number];

export interface Rejection {
  readonly code: RejectionCode;
  readonly message: string;
  /** JSON pointer (RFC 6901) or field name of the offending value, when there is one. */
  readonly field?: string;
}

export type Result<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly rejection: Rejection };

export function accept<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value };
}

export function reject(
  code: RejectionCode,
  message: string,
  field?: string,
): { readonly ok: false; readonly rejection: Rejection } {
  return { ok: false, rejection: field === undefined ? { code, message } : { code, message, field } };
}
