/** What the document says about the keys that COSE receipts are signed with. */
import { z } from 'zod';
import { CBOR_MEDIA_TYPE, JSON_MEDIA_TYPE } from '../http/content-types.js';
import type { OperationDeclaration } from '../openapi/operation.js';
import { heightSchema } from '../pages/value-schemas.js';

const coordinate = z.string().meta({ description: 'base64url of 32 bytes' });

const jwkSchema = z
  .object({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: coordinate,
    y: coordinate,
    kid: z.string().meta({ description: 'COSE Key Thumbprint (RFC 9679), base64url' }),
    alg: z.literal('ES256'),
    use: z.literal('sig'),
    organisation: z.string(),
    name: z.string(),
    fromHeight: heightSchema.meta({ description: 'First height of the log for which it counts' }),
    untilHeight: heightSchema.meta({
      description: 'First height for which it counts no more; 0: without end',
    }),
  })
  .meta({ id: 'ReceiptKey', description: 'A JSON Web Key, and whose it is and when.' });

const keySetSchema = z
  .object({ keys: z.array(jwkSchema), asOfHeight: heightSchema })
  .meta({ id: 'ReceiptKeySet', description: 'A JSON Web Key Set (RFC 7517).' });

export type ReceiptKeyBody = z.output<typeof jwkSchema>;
export type ReceiptKeySetBody = z.output<typeof keySetSchema>;

const EXAMPLE_KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'Ze2loSV8wvGwgIpySBUQuCBzXLbQ2bHLa2b0dRGFaGY',
  y: 'HlLtda9-Tgw0Ytb2rlqOHzgL1UoZxwCE0Ja4PJxUIR0',
  kid: 'mxA4KiOkQFZ-dkLebSo3mLOEPR7rN8XtxkJe45xuyJk',
  alg: 'ES256',
  use: 'sig',
  organisation: 'acme',
  name: 'receipt',
  fromHeight: 12,
  untilHeight: 0,
} as const;

export const LIST_RECEIPT_KEYS_OPERATION: OperationDeclaration = {
  id: 'listReceiptKeys',
  method: 'GET',
  path: '/.well-known/scitt-keys',
  tag: 'checkpoints',
  summary: 'Read the keys that COSE receipts are signed with',
  description:
    'Of all organisations, past ones included: a COSE Key Set (RFC 9052), or a JSON Web Key Set. They are what the ledger of this node says; whoever verifies receipts should compare them with another member.',
  responses: {
    200: {
      description: 'Every key, in the order of organisations and names.',
      headers: { ETag: 'Strong' },
      content: {
        [CBOR_MEDIA_TYPE]: {},
        [JSON_MEDIA_TYPE]: { schema: keySetSchema, example: { keys: [EXAMPLE_KEY], asOfHeight: 20 } },
      },
    },
  },
  problems: ['DATABASE_UNAVAILABLE'],
};

export const GET_RECEIPT_KEY_OPERATION: OperationDeclaration = {
  id: 'getReceiptKey',
  method: 'GET',
  path: '/.well-known/scitt-keys/{kid}',
  tag: 'checkpoints',
  summary: 'Read one of the keys that COSE receipts are signed with',
  parameters: {
    kid: {
      schema: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 43 characters of base64url'),
      description: 'The kid of a receipt, as base64url without padding.',
      example: EXAMPLE_KEY.kid,
      problem: 'RECEIPT_KEY_ID_INVALID',
    },
  },
  responses: {
    200: {
      description: 'A COSE Key, or a JSON Web Key.',
      headers: { ETag: 'Strong' },
      content: {
        [CBOR_MEDIA_TYPE]: {},
        [JSON_MEDIA_TYPE]: { schema: jwkSchema, example: EXAMPLE_KEY },
      },
    },
  },
  problems: ['RECEIPT_KEY_ID_INVALID', 'RECEIPT_KEY_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
};
