import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { addAuditor } from '../../../src/storage/auditor-logins.js';
import { migrateDatabase } from '../../../src/storage/migrate-database.js';
import { fillAuditLedger } from '../../support/audit-ledger.js';
import { createTestPostgres, withClient, type TestPostgres } from '../../support/test-postgres.js';

const DOCUMENT = readFileSync(new URL('../../../docs/AUDIT-SQL.md', import.meta.url), 'utf8');
const PASSWORD = 'auditor-of-the-document';

interface Example {
  readonly title: string;
  /** Whether a sound ledger gives no row. */
  readonly isCheck: boolean;
  readonly query: string;
}

const examples = [
  ...DOCUMENT.matchAll(/^### ([^\n]+)\n(?:(?!^###)[^])*?^```sql( gaps)?\n([^]*?)^```$/gm),
].map(([, title = '', check, query = '']): Example => ({ title, isCheck: check !== undefined, query }));

/** Columns of each view as the document lists them: "name type". */
const documented = new Map(
  DOCUMENT.slice(DOCUMENT.indexOf('## Views'), DOCUMENT.indexOf('## Examples'))
    .split(/^### /m)
    .slice(1)
    .map((section) => [
      section.slice(0, section.indexOf('\n')),
      [...section.matchAll(/^\| `(\w+)` +\| ([\w[\]]+) +\|/gm)].map(([, name, type]) => `${name} ${type}`),
    ]),
);

let postgres: TestPostgres;
let auditorUrl: string;

beforeAll(async () => {
  postgres = await createTestPostgres();
  const { ownerUrl, url } = postgres.running;
  await migrateDatabase(ownerUrl);
  await fillAuditLedger(url);
  const limits = { statementTimeoutMs: 60_000, transactionTimeoutMs: 120_000 };
  await addAuditor(ownerUrl, { name: 'auditor_smith', password: PASSWORD, connectionsMax: 1, limits });
  auditorUrl = Object.assign(new URL(ownerUrl), { username: 'auditor_smith', password: PASSWORD }).toString();
});

afterAll(async () => postgres.remove());

describe('docs/AUDIT-SQL.md', () => {
  it('lists every view with every column and its type, in order', async () => {
    const { rows } = await withClient(auditorUrl, (client) =>
      client.query<{ view: string; columns: string[] }>(
        `SELECT relname::text AS view,
                array_agg(format('%s %s', attname, replace(format_type(atttypid, NULL), 'timestamp with time zone', 'timestamptz'))
                          ORDER BY attnum) AS columns
         FROM pg_catalog.pg_class JOIN pg_catalog.pg_attribute ON attrelid = pg_class.oid AND attnum > 0
         WHERE relnamespace = 'audit'::regnamespace AND relkind = 'v' GROUP BY relname`,
      ),
    );
    expect(new Map(rows.map(({ view, columns }) => [view, columns]))).toEqual(documented);
  });

  it('has examples', () => {
    expect(examples.length).toBeGreaterThanOrEqual(8);
    expect(examples.filter(({ isCheck }) => isCheck)).toHaveLength(1);
  });

  it.each(examples)('answers: $title', async ({ query, isCheck }) => {
    const { rows } = await withClient(auditorUrl, (client) => client.query(query));
    if (isCheck) expect(rows).toEqual([]);
    else expect(rows.length).toBeGreaterThan(0);
  });
});
