/**
 * Changes one row of a running demo's database as its administrator, past the triggers that refuse it to everybody else, and
 * waits until the node itself has named the table, the row and the height.
 */
import path from 'node:path';
import pg from 'pg';
import { loadConfiguration } from '../config/load-configuration.js';
import { FileKeystore, identityKeyName } from '../keys/file-keystore.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import { CountersignClient, type StatusResource } from '../sdk/index.js';
import { isSessionRunning, readSession, type SessionNode } from './cluster/session.js';
import { organisationFolder } from './demo-folder.js';
import { checkOrganisation } from './demo-session.js';

export const TAMPER_TABLES = ['transactions', 'state', 'subject_entries'] as const;

export type TamperTable = (typeof TAMPER_TABLES)[number];

type NodeFinding = NonNullable<StatusResource['scrub']>['findings'][number];

export interface Tampering {
  readonly organisation: string;
  readonly table: TamperTable;
  /** Names the row. */
  readonly row: Readonly<Record<string, string | number>>;
  readonly column: string;
  /** What the node says of it. */
  readonly finding: NodeFinding;
  readonly health: StatusResource['health'];
  readonly cause: string;
  /** Time from the change until the node had named it. */
  readonly foundAfterMs: number;
}

const FIND_LIMIT_MS = 60_000;
const POLL_MS = 100;
const LOCK_LIMIT = '10s';

interface Change {
  readonly column: string;
  /** Gives the row that was changed. */
  readonly sql: string;
  readonly said: string;
}

/** One from the middle, so that neither genesis nor the head looks special. */
const CHANGES: Readonly<Record<TamperTable, Change>> = {
  transactions: {
    column: 'body',
    sql: `UPDATE ledger.transactions SET body = set_byte(body, octet_length(body) - 9, get_byte(body, octet_length(body) - 9) # 1)
          WHERE (height, index) = (SELECT height, index FROM ledger.transactions ORDER BY height, index
                                   LIMIT 1 OFFSET (SELECT count(*) / 2 FROM ledger.transactions))
          RETURNING height::integer, index`,
    said: 'one bit of a recorded transaction',
  },
  state: {
    column: 'value',
    sql: `UPDATE ledger.state SET value = set_byte(value, 7, get_byte(value, 7) # 1)
          WHERE (bucket, key_digest) = (SELECT bucket, key_digest FROM ledger.state WHERE get_byte(key, 0) = 6
                                        ORDER BY bucket, key_digest LIMIT 1)
          RETURNING bucket, encode(key_digest, 'hex') AS key_digest`,
    said: 'the count of records in the history of one subject',
  },
  subject_entries: {
    column: 'record_end',
    sql: `UPDATE ledger.subject_entries SET record_end = record_end - 1
          WHERE (subject_digest, sequence) = (SELECT subject_digest, sequence FROM ledger.subject_entries
                                              ORDER BY height, transaction_index, record_index, subject_digest
                                              LIMIT 1 OFFSET (SELECT count(*) / 2 FROM ledger.subject_entries))
          RETURNING encode(subject_digest, 'hex') AS subject_digest, sequence::integer`,
    said: 'where a record ends in its transaction',
  },
};

/**
 * Throws LedgerError DEMO_NOT_RUNNING, ORGANISATION_UNKNOWN, NODE_NOT_STARTED, NOTHING_TO_CHANGE, and TAMPERING_NOT_FOUND when the
 * node has not named the row within a minute.
 */
export async function tamperWithDemo(
  directory: string,
  organisation: string,
  table: TamperTable,
  say: (text: string) => void,
): Promise<Tampering> {
  checkOrganisation(organisation);
  const { configFile, restUrl } = await runningNode(directory, organisation);
  const change = CHANGES[table];
  const row = await changeRow(configFile, table, change);
  const changedMs = Date.now();
  const where = Object.entries(row).map(([column, value]) => `${column} ${value}`);
  say(`changed in the database of ${organisation}, as its administrator: ${change.said}`);
  say(`  ledger.${table}, ${where.join(', ')}, column ${change.column}`);
  say('see it with');
  say(`  countersign status --config ${configFile}`);
  say(`  countersign audit run --config ${configFile}`);
  say('waiting until the node has found it by itself …');
  const signer = await new FileKeystore({
    folder: organisationFolder(path.resolve(directory), organisation).keysFolder,
    passphrase: undefined,
    allowPlain: true,
  }).loadSigner(identityKeyName('auditor'));
  const client = new CountersignClient(restUrl, { credentials: { signer } });
  const { status, finding } = await awaitFinding(client, table, row);
  const { health, cause } = status;
  const foundAfterMs = Date.now() - changedMs;
  return { organisation, table, row, column: change.column, finding, health, cause, foundAfterMs };
}

export function describeTampering({ organisation, table, finding, health, cause }: Tampering): string {
  const row = Object.entries(finding.row).map(([column, value]) => `${column} ${value}`);
  return [
    `the node of ${organisation} has found it:`,
    `  table     ledger.${table}`,
    `  row       ${row.join(', ')}`,
    `  height    ${finding.heights.length === 0 ? 'that of the head' : finding.heights.join(', ')}`,
    `  problem   ${finding.problem}`,
    `  expected  ${finding.expected}`,
    `  found     ${finding.found}`,
    `health ${health.state}: ${cause}`,
  ].join('\n');
}

async function runningNode(directory: string, organisation: string): Promise<SessionNode> {
  const record = readSession(path.resolve(directory));
  if (record === undefined || !(await isSessionRunning(record))) {
    const message = `no demo runs in ${directory}; start one with "countersign demo"`;
    throw new LedgerError('DEMO_NOT_RUNNING', message);
  }
  const node = record.nodes.find((each) => each.organisation === organisation);
  if (node?.pid !== undefined) return node;
  const message = `the node of ${organisation} is down; start it with "countersign demo start ${organisation}"`;
  throw new LedgerError('NODE_NOT_STARTED', message);
}

/** In one database transaction, which puts the trigger back in force. */
async function changeRow(
  configFile: string,
  table: TamperTable,
  { sql }: Change,
): Promise<Readonly<Record<string, string | number>>> {
  const { database } = loadConfiguration({}, configFile).configuration;
  const client = new pg.Client({ connectionString: database.ownerUrl ?? database.url });
  // A connection that breaks between two statements is told by the next one.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query(`SET LOCAL lock_timeout = '${LOCK_LIMIT}'`);
    if (table !== 'state') await client.query(`ALTER TABLE ledger.${table} DISABLE TRIGGER append_only`);
    const { rows } = await client.query<Record<string, string | number>>(sql);
    if (table !== 'state')
      await client.query(`ALTER TABLE ledger.${table} ENABLE ALWAYS TRIGGER append_only`);
    await client.query('COMMIT');
    const [row] = rows;
    if (row === undefined)
      throw new LedgerError('NOTHING_TO_CHANGE', `ledger.${table} has no row yet; wait for a record`);
    return row;
  } finally {
    await client.end();
  }
}

async function awaitFinding(
  client: CountersignClient,
  table: TamperTable,
  row: Readonly<Record<string, string | number>>,
): Promise<{ readonly status: StatusResource; readonly finding: NodeFinding }> {
  const isOfRow = (finding: NodeFinding): boolean =>
    finding.table === table &&
    Object.entries(row).every(([column, value]) => finding.row[column]?.toString() === value.toString());
  for (const deadline = Date.now() + FIND_LIMIT_MS; Date.now() < deadline;) {
    const status = await client.status();
    const finding = status.scrub?.findings.find(isOfRow);
    if (finding !== undefined) return { status, finding };
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const message = `the node has not named the row within ${FIND_LIMIT_MS / 1_000} s; see its log, and "countersign status"`;
  throw new LedgerError('TAMPERING_NOT_FOUND', message);
}
