/** How a client says who it is: with the key of an identity, which signs each request (RFC 9421), or with a token. */
import { createSignature, type FieldOccurrence } from 'http-message-sig';
import {
  contentDigest,
  REQUEST_SIGNATURE_TAG,
  requestComponents,
} from '../protocol/governance/request-signature.js';
import { bytesToHex } from '../protocol/primitives/bytes.js';
import { invariant } from '../protocol/primitives/invariant.js';
import type { TransactionSigner } from './key-pair.js';

export type Credentials =
  | { readonly signer: TransactionSigner }
  /** Of the organisation's OpenID provider; asked for at every request. */
  | { readonly token: () => string | Promise<string> };

export interface RequestToSign {
  readonly method: string;
  /** As the node is reached, query included. */
  readonly url: string;
  readonly body?: { readonly contentType: string; readonly bytes: Uint8Array };
  readonly idempotencyKey?: string;
  /** When it is signed, by the clock of the node; by that of this machine unless given. Milliseconds since 1970. */
  readonly nowMs?: number;
}

const NONCE_BYTES = 16;

function createNonce(): string {
  return bytesToHex(globalThis.crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
}

/** Headers that prove who calls, for this one request; signing it again gives others. */
export async function credentialHeaders(
  credentials: Credentials,
  { method, url, body, idempotencyKey, nowMs = Date.now() }: RequestToSign,
): Promise<Readonly<Record<string, string>>> {
  if ('token' in credentials) return { authorization: `Bearer ${await credentials.token()}` };
  const { signer } = credentials;
  const headers: Record<string, string> = {
    ...(body === undefined
      ? {}
      : { 'content-type': body.contentType, 'content-digest': contentDigest(body.bytes) }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
  };
  const fields = Object.entries(headers).map(([name, value]): FieldOccurrence => ({ name, value }));
  const { signature, signatureInput } = await createSignature(
    { kind: 'request', method, targetUri: new URL(url).href, fields },
    {
      label: 'countersign',
      components: requestComponents({
        hasBody: body !== undefined,
        hasIdempotencyKey: idempotencyKey !== undefined,
      }),
      parameters: {
        created: Math.floor(nowMs / 1_000),
        keyid: signer.publicKey,
        nonce: createNonce(),
        tag: REQUEST_SIGNATURE_TAG,
      },
      signer: {
        algorithm: 'ed25519',
        sign: async (message) => {
          const [signed] = await signer.sign([message]);
          invariant(signed !== undefined, 'a signer gives one signature for each message');
          return signed;
        },
      },
    },
  );
  return { ...headers, signature, 'signature-input': signatureInput };
}
