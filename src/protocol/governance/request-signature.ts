/**
 * What a signed HTTP request covers (RFC 9421), alike for those who sign and for those who verify. The bytes that are signed
 * start with a quoted component name, which no domain tag of the ledger does: a request is never a transaction.
 */
import { sha256 } from '../crypto/sha256.js';
import { bytesToBase64 } from '../primitives/base64.js';

/** Parameter `tag`: a signature that was made for something else does not count. */
export const REQUEST_SIGNATURE_TAG = 'countersign-request';
/** How long after `created` a request is accepted. */
export const REQUEST_SIGNATURE_WINDOW_SECONDS = 300;
/** Parameters that a signature must have besides the tag; `keyid` is the public key, 64 lower-case hex digits. */
export const REQUEST_SIGNATURE_PARAMETERS = ['created', 'keyid', 'nonce', 'tag'] as const;
/** Length of `nonce`, printable ASCII. */
export const REQUEST_NONCE_LENGTH = { min: 16, max: 64 } as const;

/** Components that must be covered. */
export function requestComponents(parts: {
  readonly hasBody: boolean;
  readonly hasIdempotencyKey: boolean;
}): readonly string[] {
  return [
    '@method',
    '@target-uri',
    ...(parts.hasBody ? ['content-type', 'content-digest'] : []),
    ...(parts.hasIdempotencyKey ? ['idempotency-key'] : []),
  ];
}

/** Value of Content-Digest (RFC 9530) over the body as it is sent. */
export function contentDigest(body: Uint8Array): string {
  return `sha-256=:${bytesToBase64(sha256(body))}:`;
}
