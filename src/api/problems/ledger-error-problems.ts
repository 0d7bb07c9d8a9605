/** How failing surroundings look over HTTP: 503 when waiting helps, 500 when a person must act; the log has the details. */
import type { ProblemDefinition } from './problem-definition.js';

const RETRY = { status: 503, retryAfterSeconds: 2 } as const;
const BROKEN = { status: 500 } as const;

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
  BLOCK_UNKNOWN: {
    ...BROKEN,
    title: 'A block that must be there is missing',
    fix: 'Run "countersign audit run" and restore the database.',
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
  TRANSACTION_UNKNOWN: {
    ...BROKEN,
    title: 'A transaction that must be there is missing',
    fix: 'Run "countersign audit run" and restore the database.',
  },
} as const satisfies Readonly<Record<string, ProblemDefinition>>;

export type LedgerErrorCode = keyof typeof LEDGER_ERROR_PROBLEMS;
