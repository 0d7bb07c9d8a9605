/**
 * The settings of one node: one schema gives the types, the defaults and the checks. What all organisations must agree
 * on is not here: it is in the genesis file. Times are milliseconds, sizes bytes; relative paths are relative to the file.
 */
import { z } from 'zod';
import { isOrganisationName } from '../protocol/primitives/identifiers.js';
import { CONNECTIONS_MIN } from './share-connections.js';

const MIB = 1024 * 1024;
/** Signs of life of a primary that may get lost in a row before it counts as silent. */
const STATUSES_BEFORE_SILENCE = 4;
const LOOPBACK_HOSTS = new Set(['127.0.0.1', '::1', 'localhost']);

export function isLoopback(host: string): boolean {
  return LOOPBACK_HOSTS.has(host) || /^127(\.\d{1,3}){3}$/.test(host);
}

const path = z.string().min(1);
const host = z.string().min(1).max(253);
/** 0 asks the system for a free port. */
const port = z.int().min(0).max(65_535);
const milliseconds = z.int().min(1).max(3_600_000);
const count = z.int().min(1);

const organisationName = z.string().refine(isOrganisationName, {
  error: 'must be a lower-case name: a letter, then up to 62 letters, digits or hyphens',
});

const postgresUrl = z.string().refine((text) => /^postgres(ql)?:\/\/./.test(text) && URL.canParse(text), {
  error: 'must be a PostgreSQL URL such as postgres://user:password@127.0.0.1:5432/countersign',
});

const address = z.string().refine((text) => /^(\[[0-9a-fA-F:]+\]|[^:\s/]+):[1-9][0-9]{0,4}$/.test(text), {
  error: 'must be "host:port"',
});

const httpUrl = z.string().refine((text) => /^https?:\/\//.test(text) && URL.canParse(text), {
  error: 'must be an http or https URL',
});

/** What comes from there can be trusted: over TLS, or from this machine. */
export function isSecureUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname.replace(/^\[(.*)\]$/, '$1')));
}

const secureUrl = httpUrl.refine(isSecureUrl, {
  error: 'must be an https URL, since what comes from there is trusted',
});

/** What auditors may take of the database: said to their logins, and enforced by the node (docs/AUDIT-SQL.md). */
const auditorSchema = z.strictObject({
  statementTimeoutMs: milliseconds.default(60_000),
  /** From the first statement of a database transaction to its end, waiting for the auditor included. */
  transactionTimeoutMs: milliseconds.default(120_000),
  /** How often the node looks; often enough that the connection with which it looks stays open. */
  watchIntervalMs: z.int().min(100).max(30_000).default(5_000),
});

const databaseSchema = z.strictObject({
  /** Role that reads and appends. */
  url: postgresUrl,
  /** Role that owns the tables and migrates; the same as `url` when absent. */
  ownerUrl: postgresUrl.optional(),
  /** Role that only reads, for the REST edge; the same as `url` when absent. */
  readerUrl: postgresUrl.optional(),
  /** Of the whole node. */
  connectionsMax: z.int().min(CONNECTIONS_MIN).max(200).default(16),
  connectTimeoutMs: milliseconds.default(5_000),
  statementTimeoutMs: milliseconds.default(15_000),
  auditor: auditorSchema.prefault({}),
});

/** Algorithms of tokens that a provider may sign with; symmetric ones and "none" are not among them. */
const TOKEN_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

const oidcSchema = z.strictObject({
  /** Of the organisation's OpenID provider, as its tokens name it. */
  issuer: secureUrl,
  /** What tokens for this node must be meant for. */
  audience: z.string().min(1).max(1_024),
  /** Where the provider publishes its keys (JWKS); found through the issuer when absent. */
  keysUrl: secureUrl.optional(),
  algorithms: z.array(z.enum(TOKEN_ALGORITHMS)).min(1).default(['RS256', 'ES256', 'EdDSA']),
  /** Claim that names the identity. */
  identityClaim: z.string().min(1).max(256).default('countersign_identity'),
  /** Claim's value → name of the identity; when absent the value is the name. */
  identities: z.record(z.string().min(1).max(1_024), organisationName).optional(),
  clockToleranceSeconds: z.int().min(0).max(300).default(30),
});

const restSchema = z.strictObject({
  host: host.default('127.0.0.1'),
  port: port.default(8080),
  /** Where clients reach the node when a proxy stands before it; signed requests must name it. */
  publicUrl: httpUrl.optional(),
  /** Needed inside a container or behind a proxy on another machine: REST itself is not encrypted. */
  allowNonLoopback: z.boolean().default(false),
  /** Of tokens instead of signed requests. */
  oidc: oidcSchema.optional(),
  rateLimit: z
    .strictObject({
      /** Of one identity, or of one address where anyone may ask, in a window. */
      requestsMax: count.max(100_000_000).default(60_000),
      windowMs: milliseconds.default(60_000),
    })
    .prefault({}),
  bodyBytesMax: z
    .int()
    .min(1024)
    .max(256 * MIB)
    .default(2 * MIB),
  batchBytesMax: z
    .int()
    .min(1024)
    .max(256 * MIB)
    .default(32 * MIB),
  headerBytesMax: z.int().min(4096).max(MIB).default(16_384),
  requestTimeoutMs: milliseconds.default(30_000),
  /** Requests with ?wait= that may be open at once; one more is answered as if its time were over. */
  waitersMax: count.max(1_000_000).default(10_000),
});

const peerSchema = z.strictObject({
  host: host.default('127.0.0.1'),
  port: port.default(7050),
  /** Where the other organisations listen: organisation → "host:port". */
  addresses: z.record(organisationName, address).default({}),
  /** Of an observer: PEM with the certificate and the private key that its organisation has issued. */
  certificateFile: path.default('observer.pem'),
});

const keysSchema = z.strictObject({
  directory: path.optional(),
  /** File whose first line unlocks the keys. */
  passphraseFile: path.optional(),
  /** Name of the environment variable that unlocks the keys. */
  passphraseEnvironment: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .optional(),
  /** Permits keys that are stored unencrypted; for demonstrations. */
  allowPlain: z.boolean().default(false),
  /** Name of the ledger key among them: another one after the members have decided to replace it. */
  ledgerKey: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,62}$/, { error: 'must be the name of a key: [a-z][a-z0-9-]{0,62}' })
    .default('ledger'),
  /** Local socket of an external signer that holds the keys instead of the directory (docs/SIGNER.md). */
  signerSocket: path.optional(),
});

const consensusSchema = z.strictObject({
  batchMs: z.int().min(0).max(10_000).default(10),
  statusIntervalMs: milliseconds.default(500),
  statusCoalesceMs: milliseconds.default(50),
  fetchRetryMs: milliseconds.default(200),
  /** Time without a commit, while there is work, after which another primary is wanted; doubles up to the maximum. */
  progressTimeoutMs: milliseconds.default(2_000),
  progressTimeoutMsMax: milliseconds.default(64_000),
  /** Time without a word of the primary after which another one is wanted. */
  silenceTimeoutMs: milliseconds.default(3_000),
  /** Blocks after which the primary's turn ends, wished alike by all organisations; 0 for never. */
  rotationBlocks: z.int().min(0).max(1_000_000_000).default(1_000),
  /** How long a transaction may wait to be shared with the peers together with others. */
  shareDelayMs: z.int().min(0).max(1_000).default(2),
});

const mempoolSchema = z.strictObject({
  transactionsMax: count.max(1_000_000).default(20_000),
  bytesMax: z
    .int()
    .min(MIB)
    .max(4096 * MIB)
    .default(64 * MIB),
  organisationTransactionsMax: count.max(1_000_000).default(10_000),
  organisationBytesMax: z
    .int()
    .min(MIB)
    .max(4096 * MIB)
    .default(32 * MIB),
});

const auditSchema = z.strictObject({
  /** Pace at which the node audits its own database; a signature counts as four rows. 0 turns it off. */
  scrubRowsPerSecond: z.int().min(0).max(1_000_000).default(1_000),
  /** From the end of one audit to the beginning of the next. */
  scrubPauseMs: z.int().min(0).max(86_400_000).default(60_000),
});

export const configurationSchema = z.strictObject({
  /** Whose node this is. */
  organisation: organisationName,
  /** A validator votes; an observer follows, verifies and serves reads, without the ledger key and without a vote. */
  role: z.enum(['validator', 'observer']).default('validator'),
  dataDirectory: path.default('data'),
  genesisFile: path.default('genesis.json'),
  database: databaseSchema,
  rest: restSchema.prefault({}),
  metrics: z.strictObject({ host: host.default('127.0.0.1'), port: port.default(9464) }).prefault({}),
  peer: peerSchema.prefault({}),
  keys: keysSchema.prefault({}),
  journal: z
    .strictObject({
      directory: path.optional(),
      segmentBytes: z
        .int()
        .min(MIB)
        .max(1024 * MIB)
        .default(64 * MIB),
    })
    .prefault({}),
  consensus: consensusSchema.prefault({}),
  mempool: mempoolSchema.prefault({}),
  audit: auditSchema.prefault({}),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
      format: z.enum(['json', 'text']).default('json'),
    })
    .prefault({}),
});

type Validated = z.output<typeof configurationSchema>;

/** Effective settings: every path is absolute, every default filled in. */
export type Configuration = Readonly<Omit<Validated, 'keys' | 'journal'>> & {
  readonly keys: Validated['keys'] & { readonly directory: string };
  readonly journal: Validated['journal'] & { readonly directory: string };
};

/** A relation between settings that one field's check cannot see. */
export interface RelationProblem {
  readonly path: readonly string[];
  readonly message: string;
}

function checkAuditorLimits({ database: { auditor } }: Configuration): readonly RelationProblem[] {
  if (auditor.transactionTimeoutMs >= auditor.statementTimeoutMs) return [];
  return [
    {
      path: ['database', 'auditor', 'transactionTimeoutMs'],
      message: `must be at least database.auditor.statementTimeoutMs (${auditor.statementTimeoutMs}), since every statement runs in a database transaction`,
    },
  ];
}

export function checkRelations(configuration: Configuration): readonly RelationProblem[] {
  const problems: RelationProblem[] = [...checkAuditorLimits(configuration)];
  const { rest, keys, mempool, consensus } = configuration;
  if (!isLoopback(rest.host) && !rest.allowNonLoopback) {
    problems.push({
      path: ['rest', 'host'],
      message: `${rest.host} is not a loopback address and REST itself is not encrypted; use 127.0.0.1, or set rest.allowNonLoopback: true where a TLS proxy stands before it (a container)`,
    });
  }
  if (!isLoopback(rest.host) && rest.publicUrl === undefined) {
    problems.push({
      path: ['rest', 'publicUrl'],
      message: `must be set to the address that clients use, since ${rest.host} is not a loopback address and signed requests name the address they are meant for`,
    });
  }
  if (keys.passphraseFile !== undefined && keys.passphraseEnvironment !== undefined) {
    problems.push({
      path: ['keys', 'passphraseFile'],
      message: 'keys.passphraseEnvironment is set too; keep one of the two',
    });
  }
  if (keys.signerSocket !== undefined && (keys.passphraseFile ?? keys.passphraseEnvironment) !== undefined) {
    problems.push({
      path: ['keys', 'signerSocket'],
      message:
        'the external signer holds the keys; remove keys.passphraseFile and keys.passphraseEnvironment',
    });
  }
  if (mempool.organisationBytesMax > mempool.bytesMax) {
    problems.push({
      path: ['mempool', 'organisationBytesMax'],
      message: `must not exceed mempool.bytesMax (${mempool.bytesMax})`,
    });
  }
  if (mempool.organisationTransactionsMax > mempool.transactionsMax) {
    problems.push({
      path: ['mempool', 'organisationTransactionsMax'],
      message: `must not exceed mempool.transactionsMax (${mempool.transactionsMax})`,
    });
  }
  if (consensus.silenceTimeoutMs < STATUSES_BEFORE_SILENCE * consensus.statusIntervalMs) {
    problems.push({
      path: ['consensus', 'silenceTimeoutMs'],
      message: `must be at least ${STATUSES_BEFORE_SILENCE} times consensus.statusIntervalMs (${consensus.statusIntervalMs}), or a few lost messages look like a dead primary`,
    });
  }
  if (consensus.progressTimeoutMs < consensus.statusIntervalMs) {
    problems.push({
      path: ['consensus', 'progressTimeoutMs'],
      message: `must be at least consensus.statusIntervalMs (${consensus.statusIntervalMs}), which drives everything that is sent again`,
    });
  }
  if (consensus.progressTimeoutMsMax < consensus.progressTimeoutMs) {
    problems.push({
      path: ['consensus', 'progressTimeoutMsMax'],
      message: `must be at least consensus.progressTimeoutMs (${consensus.progressTimeoutMs})`,
    });
  }
  if (consensus.statusCoalesceMs > consensus.statusIntervalMs) {
    problems.push({
      path: ['consensus', 'statusCoalesceMs'],
      message: `must not exceed consensus.statusIntervalMs (${consensus.statusIntervalMs})`,
    });
  }
  return problems;
}
