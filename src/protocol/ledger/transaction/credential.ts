/**
 * Keys of organisations that sign neither transactions nor votes. Each is registered on the ledger for one purpose, which says
 * its algorithm too, and counts for the heights from its registration to its revocation.
 */
import { ES256_PUBLIC_KEY_BYTES, ES256_SIGNATURE_BYTES } from '../../crypto/es256.js';
import type { Height } from '../../primitives/identifiers.js';

/** In the order of their numbers, 1 first, which never change. `receiptEs256` signs COSE receipts. */
export const CREDENTIAL_TYPES = ['receiptEs256'] as const;

export type CredentialType = (typeof CREDENTIAL_TYPES)[number];

const SIGNS_RECEIPTS: { readonly [Type in CredentialType]: boolean } = { receiptEs256: true };

/** Whether the key is one for COSE receipts. */
export function signsReceipts(type: CredentialType): boolean {
  return SIGNS_RECEIPTS[type];
}

/** Bytes of a public key and of a signature. */
export const CREDENTIAL_SIZES: {
  readonly [Type in CredentialType]: { readonly publicKey: number; readonly signature: number };
} = {
  receiptEs256: { publicKey: ES256_PUBLIC_KEY_BYTES, signature: ES256_SIGNATURE_BYTES },
};

/** Revoked ones included: their keys stay readable, since what they have signed is still verified. */
export const CREDENTIALS_PER_ORGANISATION_MAX = 256;

/** Heights of the result log for which a key counts: from ≤ height < until; `until` 0 is without end. */
export interface CredentialValidity {
  readonly fromHeight: Height;
  readonly untilHeight: Height;
}

export function isInForce({ fromHeight, untilHeight }: CredentialValidity, height: Height): boolean {
  return fromHeight <= height && (untilHeight === 0 || height < untilHeight);
}
