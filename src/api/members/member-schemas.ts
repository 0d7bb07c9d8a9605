/** What goes out at /v1/organisations and /v1/identities. */
import { z } from 'zod';
import { CREDENTIAL_TYPES } from '../../protocol/ledger/transaction.js';
import { CUSTODIES, KEY_ALGORITHMS, ROLES } from '../../protocol/ledger/identity.js';
import { digestSchema, heightSchema, nextCursorSchema, timestampSchema } from '../pages/value-schemas.js';

const readersSchema = z.array(z.string()).meta({
  description:
    'Who reads its records beside itself: "*" alone for everyone, organisations, or identities as organisation/name',
});

export const organisationListSchema = z
  .object({
    asOfHeight: heightSchema,
    items: z.array(
      z
        .object({
          name: z.string(),
          ledgerKey: digestSchema.meta({
            description: 'Ed25519 key of its votes, its checkpoint lines and its certificate authority',
          }),
          validator: z.boolean().meta({ description: 'It has a vote' }),
          address: z.string().optional().meta({
            description: '"host:port" of its node; absent until it has said so',
          }),
          admittedHeight: heightSchema
            .optional()
            .meta({ description: 'Block that admitted it; absent for a founder' }),
          removedHeight: heightSchema.optional().meta({
            description: 'First height at which it is no member any more; absent for a member',
          }),
          identities: z
            .int()
            .min(0)
            .meta({ description: 'Identities it has registered, revoked ones included' }),
          lastingAdmins: z.int().min(0).meta({
            description: 'Admins that are valid without end; the last one cannot be taken away',
          }),
          readers: readersSchema,
        })
        .meta({ id: 'Organisation', description: 'A member of the consortium.' }),
    ),
  })
  .meta({ id: 'OrganisationList', description: 'All organisations of the ledger.' });

export type OrganisationListBody = z.output<typeof organisationListSchema>;

const rightsFields = {
  roles: z.array(z.enum(ROLES)).meta({ description: 'No role implies another' }),
  custody: z.enum(CUSTODIES).meta({
    description:
      'Who holds the private key: whoever the identity stands for, or the node of its organisation',
  }),
  validFromHeight: heightSchema.meta({ description: 'First height at which it may sign' }),
  validUntilHeight: heightSchema
    .optional()
    .meta({ description: 'Last height at which it may sign; absent when there is no end' }),
};

const keyFields = {
  algorithm: z.enum(KEY_ALGORITHMS),
  publicKey: digestSchema.meta({ description: 'Public key' }),
};

export const identitySchema = z
  .object({
    identity: z.string().meta({ description: 'organisation/name', examples: ['acme/scanner-1'] }),
    organisation: z.string(),
    name: z.string(),
    ...keyFields,
    ...rightsFields,
    revoked: z.boolean().meta({ description: 'It never signs again' }),
    registeredHeight: heightSchema.meta({ description: 'Block that registered it; 0 is genesis' }),
    changedHeight: heightSchema.meta({ description: 'Block that changed it last' }),
  })
  .meta({ id: 'Identity', description: 'Who signs transactions, as the newest block has it.' });

export type IdentityBody = z.output<typeof identitySchema>;

export const identityPageSchema = z
  .object({ asOfHeight: heightSchema, items: z.array(identitySchema), nextCursor: nextCursorSchema })
  .meta({ id: 'IdentityPage', description: 'Identities, each organisation’s together.' });

export type IdentityPageBody = z.output<typeof identityPageSchema>;

/** Of an entry in a history of commands; what the command was comes with it. */
export const entryFields = {
  sequence: z.int().min(0).meta({ description: 'Position in the history, 0 first' }),
  height: heightSchema,
  transactionIndex: z.int().min(0),
  transactionId: digestSchema,
  timestamp: timestampSchema.meta({ description: 'Time of the block' }),
  by: z.string().meta({ description: 'The admin that signed it: organisation/name' }),
};

export type EntryBody = z.output<z.ZodObject<typeof entryFields>>;

export const historyFields = {
  total: z.int().min(0).meta({ description: 'Commands about it when the page was read' }),
  asOfHeight: heightSchema,
  nextCursor: nextCursorSchema,
};

export const organisationHistorySchema = z
  .object({
    organisation: z.string(),
    ...historyFields,
    items: z.array(
      z.object({
        ...entryFields,
        command: z
          .object({
            type: z.enum([
              'setReaders',
              'setAddress',
              'registerCredential',
              'revokeCredential',
              'proposeMotion',
              'castBallot',
            ]),
            readers: readersSchema.optional(),
            credential: z
              .object({
                name: z.string(),
                type: z.enum(CREDENTIAL_TYPES).optional(),
                publicKey: z.string().optional().meta({ description: 'Compressed point, 66 hex digits' }),
                replaces: z.string().optional().meta({ description: 'The credential that it revokes' }),
              })
              .optional(),
            address: z.string().optional().meta({ description: 'Where its node is reached' }),
            motionId: digestSchema
              .optional()
              .meta({ description: 'The motion about it that this command has decided' }),
          })
          .meta({ id: 'OrganisationCommand', description: 'What was done about the organisation.' }),
      }),
    ),
  })
  .meta({
    id: 'OrganisationHistory',
    description: 'Every command about an organisation as a whole, oldest first.',
  });

export type OrganisationHistoryBody = z.output<typeof organisationHistorySchema>;

const commandSchema = z
  .object({
    type: z.enum(['registerIdentity', 'changeIdentity', 'rotateIdentityKey', 'revokeIdentity']),
    key: z.object(keyFields).optional(),
    rights: z.object(rightsFields).optional(),
  })
  .meta({ id: 'IdentityCommand', description: 'What was done about the identity.' });

export const identityHistorySchema = z
  .object({
    identity: z.string(),
    ...historyFields,
    items: z.array(
      z.object({
        ...entryFields,
        command: commandSchema,
      }),
    ),
  })
  .meta({
    id: 'IdentityHistory',
    description:
      'Every command that registered or changed an identity, oldest first; what genesis founds has none.',
  });

export type IdentityHistoryBody = z.output<typeof identityHistorySchema>;

const EXAMPLE_RIGHTS = { roles: ['submitter'], custody: 'self', validFromHeight: 0 } as const;
const EXAMPLE_KEY = { algorithm: 'ed25519', publicKey: 'd75a980182b10ab7'.repeat(4) } as const;

export const EXAMPLE_ORGANISATIONS = {
  asOfHeight: 12,
  items: [
    {
      name: 'acme',
      ledgerKey: '07273df27f41d9cb'.repeat(4),
      validator: true,
      identities: 3,
      lastingAdmins: 1,
      readers: ['*'],
    },
  ],
} as const;

export const EXAMPLE_IDENTITY = {
  identity: 'acme/scanner-1',
  organisation: 'acme',
  name: 'scanner-1',
  ...EXAMPLE_KEY,
  ...EXAMPLE_RIGHTS,
  revoked: false,
  registeredHeight: 12,
  changedHeight: 12,
} as const;

export const EXAMPLE_IDENTITY_HISTORY = {
  identity: 'acme/scanner-1',
  total: 1,
  asOfHeight: 12,
  items: [
    {
      sequence: 0,
      height: 12,
      transactionIndex: 0,
      transactionId: '5f0c1d9e4a7b2c3d'.repeat(4),
      timestamp: '2026-01-31T12:00:00.000Z',
      by: 'acme/admin',
      command: { type: 'registerIdentity', key: EXAMPLE_KEY, rights: EXAMPLE_RIGHTS },
    },
  ],
} as const;

export const EXAMPLE_ORGANISATION_HISTORY = {
  organisation: 'acme',
  total: 1,
  asOfHeight: 12,
  items: [
    {
      sequence: 0,
      height: 12,
      transactionIndex: 0,
      transactionId: '5f0c1d9e4a7b2c3d'.repeat(4),
      timestamp: '2026-01-31T12:00:00.000Z',
      by: 'acme/admin',
      command: { type: 'setReaders', readers: ['globex', 'initech/auditor'] },
    },
  ],
} as const;
