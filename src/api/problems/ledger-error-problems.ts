/** How failing surroundings look over HTTP: 503 when waiting helps, 500 when a person must act; the log has the details. */
import type { ProblemDefinition } from './problem-definition.js';

const RETRY = { status: 503, retryAfterSeconds: 2 } as const;
const BROKEN = { status: 500 } as const;

/** The keystore: every one of these keeps a node from starting, or a command from signing. */
const KEY_PROBLEMS = {
  KEY_NOT_FOUND: {
    ...BROKEN,
    title: 'The keystore has no key of this name',
    fix: 'Run "countersign key show" for the names, or "countersign key gen".',
  },
  KEY_EXISTS: {
    ...BROKEN,
    title: 'The keystore has a key of this name already',
    fix: 'Choose another name; a key is never overwritten.',
  },
  KEY_PROOF_INVALID: {
    ...BROKEN,
    title: 'The file proves no key for this identity of this ledger',
    fix: 'Let the holder of the key make it with "countersign identity prove" for this genesis file and name.',
  },
  INVITE_INVALID: {
    ...BROKEN,
    title: 'The file is no invitation to a ledger',
    fix: 'Ask a member to make it with "countersign member invite".',
  },
  PREFLIGHT_REFUSED: {
    ...BROKEN,
    title: 'The change would stop the ledger, or comes too early',
    fix: 'Mend what the message names, or say --force.',
  },
  JOIN_REQUEST_INVALID: {
    ...BROKEN,
    title: 'The file is no request to join this ledger',
    fix: 'Let the organisation make it again for this genesis file.',
  },
  KEY_NAME_INVALID: {
    ...BROKEN,
    title: 'The name of the key is not usable',
    fix: 'Use the form that the message names.',
  },
  KEY_UNREADABLE: {
    ...BROKEN,
    title: 'The key file cannot be read',
    fix: 'Check keys.directory and the rights of the user that runs the node.',
  },
  KEY_MALFORMED: {
    ...BROKEN,
    title: 'The key file is damaged',
    fix: 'Restore it from a backup.',
  },
  KEY_VERSION_UNSUPPORTED: {
    ...BROKEN,
    title: 'The key file was written by a newer version of the program',
    fix: 'Use the version that wrote it.',
  },
  KEY_PASSPHRASE_WRONG: {
    ...BROKEN,
    title: 'The passphrase does not unlock the key',
    fix: 'Check keys.passphraseFile or the variable that keys.passphraseEnvironment names.',
  },
  KEY_ALGORITHM_WRONG: {
    ...BROKEN,
    title: 'The key is of another algorithm than its use needs',
    fix: 'Name another key, or make one: countersign key gen --type.',
  },
  KEY_PERMISSIONS: {
    ...BROKEN,
    title: 'Others can read the key file',
    fix: 'Give it to the user of the node alone: chmod 600.',
  },
  KEY_UNPROTECTED: {
    ...BROKEN,
    title: 'The key is stored unencrypted',
    fix: 'Protect it with a passphrase; keys.allowPlain is for demonstrations.',
  },
  PASSPHRASE_MISSING: {
    ...BROKEN,
    title: 'There is no passphrase for the encrypted keys',
    fix: 'Set keys.passphraseFile or keys.passphraseEnvironment.',
  },
} as const satisfies Readonly<Record<string, ProblemDefinition>>;

export const LEDGER_ERROR_PROBLEMS = {
  DATABASE_UNAVAILABLE: {
    ...RETRY,
    title: 'The database of this node does not answer',
    fix: 'Send again later; the operator checks PostgreSQL and database.url.',
  },
  DATABASE_FAILED: {
    ...RETRY,
    title: 'The database of this node refused a statement',
    fix: 'Send again later; the operator reads the log for the statement and its cause.',
  },
  DATABASE_LOCKED: {
    ...RETRY,
    title: 'Another process holds the ledger of this node',
    fix: 'Stop the other process; one database belongs to one node.',
  },
  DATABASE_NOT_MIGRATED: {
    ...BROKEN,
    title: 'The tables in the database are of another version',
    fix: 'Run "countersign db migrate" with the version of the program that is installed.',
  },
  DATABASE_CORRUPT: {
    ...BROKEN,
    title: 'The database holds rows that the ledger did not write',
    fix: 'Run "countersign audit run"; restore the database or let the node rebuild it from its peers.',
  },
  LEDGER_CORRUPT: {
    ...BROKEN,
    title: 'The stored ledger contradicts itself',
    fix: 'Run "countersign audit run"; restore the database or let the node rebuild it from its peers.',
  },
  STATE_CORRUPT: {
    ...BROKEN,
    title: 'The stored state does not have the root that the ledger names',
    fix: 'Run "countersign audit run"; restore the database or let the node rebuild it from its peers.',
  },
  GENESIS_MISMATCH: {
    ...BROKEN,
    title: 'The database was made from another genesis file',
    fix: 'Start the node with the genesis file of its ledger, or with an empty database.',
  },
  JOURNAL_FAILED: {
    ...BROKEN,
    title: 'The vote journal cannot be written',
    fix: 'Check the disk under journal.directory; the node stops and recovers when it is started again.',
  },
  JOURNAL_FULL: {
    ...RETRY,
    title: 'The vote journal has no room',
    fix: 'Free space under journal.directory; votes are kept until the database has their blocks.',
  },
  SIGNER_UNAVAILABLE: {
    ...RETRY,
    title: 'The external signer does not answer',
    fix: 'Start the signer at keys.signerSocket; what was asked is asked again by itself.',
  },
  SIGNER_OVERLOADED: {
    ...RETRY,
    title: 'Too many signatures wait for the external signer',
    fix: 'Check the signer at keys.signerSocket.',
  },
  SIGNER_CLOSED: {
    ...RETRY,
    title: 'The node is closing its connection to the external signer',
    fix: 'Ask again when the node is up.',
  },
  SIGNER_REFUSED: {
    ...BROKEN,
    title: 'The external signer refuses to sign',
    fix: 'See what the signer says; it must hold the key "ledger" and those of identities with custody "node".',
  },
  SIGNER_WRONG: {
    ...BROKEN,
    title: 'The external signer gives signatures that are not by the key',
    fix: 'Check the signer: it signs the bytes as they are with Ed25519 (docs/SIGNER.md).',
  },
  JOURNAL_CORRUPT: {
    ...BROKEN,
    title: 'The vote journal is damaged beyond its torn end',
    fix: 'Do not delete it: a node that forgets its votes may contradict itself. See docs/OPERATIONS.md.',
  },
  JOURNAL_LOCKED: {
    ...BROKEN,
    title: 'Another process writes the vote journal of this node',
    fix: 'Stop the other process; two nodes with one key contradict each other.',
  },
  JOURNAL_VERSION_UNSUPPORTED: {
    ...BROKEN,
    title: 'The vote journal was written by a newer version of the program',
    fix: 'Start the version that wrote it.',
  },
  CONFIGURATION_INVALID: {
    ...BROKEN,
    title: 'The configuration is not usable',
    fix: 'Run "countersign config check"; it names each field and its fix.',
  },
  CONFIGURATION_UNREADABLE: {
    ...BROKEN,
    title: 'The configuration file cannot be read',
    fix: 'Name an existing file with --config or COUNTERSIGN_CONFIG.',
  },
  METRICS_PORT_UNAVAILABLE: {
    ...BROKEN,
    title: 'The metrics listener cannot use its port',
    fix: 'Set metrics.host and metrics.port to a free address.',
  },
  GENESIS_UNREADABLE: {
    ...BROKEN,
    title: 'The genesis file cannot be used',
    fix: "Copy the consortium's genesis file to the place that genesisFile names, unchanged.",
  },
  AUDIT_POSITION_INVALID: {
    ...BROKEN,
    title: 'The file holds no position from which an audit of this ledger could go on',
    fix: 'Remove the file that --resume names, or name another one.',
  },
  AUDIT_SNAPSHOT_TOO_LONG: {
    ...BROKEN,
    title: 'The state could not be read in one snapshot of the database in time',
    fix: 'Audit a standby or a restored copy, or the node while little else uses the database.',
  },
  LEDGER_EMPTY: {
    ...RETRY,
    title: 'The database holds no ledger yet',
    fix: 'Start the node once; it writes genesis into an empty database.',
  },
  DATABASE_TOO_NEW: {
    ...BROKEN,
    title: 'The database was migrated by a newer version of the program',
    fix: 'Start the version that migrated it.',
  },
  DATABASE_MIGRATION_FAILED: {
    ...BROKEN,
    title: 'The tables could not be brought to the version of the program',
    fix: 'Read the cause in the log; database.ownerUrl must name the owner of the tables.',
  },
  AUDITOR_EXISTS: {
    ...BROKEN,
    title: 'The database server has a role of this name already',
    fix: 'Remove it first, or choose another name for the auditor.',
  },
  AUDITOR_UNKNOWN: {
    ...BROKEN,
    title: 'The database server has no auditor of this name',
    fix: 'Use "countersign db auditor list" to see their names.',
  },
  AUDITOR_NOT_PERMITTED: {
    ...BROKEN,
    title: "The login of the database's owner may not make or remove logins",
    fix: 'Name one in database.ownerUrl that may create roles and is a member of countersign_owner.',
  },
  REST_PORT_UNAVAILABLE: {
    ...BROKEN,
    title: 'The REST interface cannot use its port',
    fix: 'Set rest.host and rest.port to a free address.',
  },
  PEER_ADDRESS_UNAVAILABLE: {
    ...BROKEN,
    title: 'The listener for the other organisations cannot use its address',
    fix: 'Set peer.host and peer.port to a free address.',
  },
  OBSERVER_CERTIFICATE_INVALID: {
    ...BROKEN,
    title: "The observer's certificate, or the request for one, is not usable",
    fix: 'Let the organisation issue one with "countersign observer issue", and set peer.certificateFile.',
  },
  LEDGER_KEY_MISMATCH: {
    ...BROKEN,
    title: 'The ledger key of this node is that of another organisation',
    fix: 'Set keys.directory to the keys of this organisation, or genesisFile to its consortium.',
  },
  ...KEY_PROBLEMS,
} as const satisfies Readonly<Record<string, ProblemDefinition>>;

export type LedgerErrorCode = keyof typeof LEDGER_ERROR_PROBLEMS;
