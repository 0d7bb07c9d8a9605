/**
 * The database of one organisation in a new cluster, with a login for the node that may write and one that may only
 * read; the administrator's login is left to migrations.
 */
import type pg from 'pg';
import { OWNER_ROLE, READER_ROLE, WRITER_ROLE } from '../../storage/database-roles.js';
import { ADMINISTRATOR } from './postgres-cluster.js';

export const DATABASE_NAME = 'countersign';
const WRITER_LOGIN = 'countersign_node';
const READER_LOGIN = 'countersign_api';

export interface DatabaseUrls {
  /** For migrations. */
  readonly ownerUrl: string;
  /** For the node. */
  readonly url: string;
  /** For reads that cannot write. */
  readonly readerUrl: string;
}

export function databaseUrls(port: number, password: string): DatabaseUrls {
  const urlOf = (login: string): string =>
    `postgresql://${login}:${password}@127.0.0.1:${port}/${DATABASE_NAME}`;
  return { ownerUrl: urlOf(ADMINISTRATOR), url: urlOf(WRITER_LOGIN), readerUrl: urlOf(READER_LOGIN) };
}

/** The same database through another port on this machine. */
export function databaseUrlsAt({ ownerUrl, url, readerUrl }: DatabaseUrls, port: number): DatabaseUrls {
  const moved = (text: string): string => {
    const there = new URL(text);
    there.port = String(port);
    return there.href;
  };
  return { ownerUrl: moved(ownerUrl), url: moved(url), readerUrl: moved(readerUrl) };
}

/** Safe to repeat: what a broken-off first start left out is added. */
export async function createDatabase(client: pg.Client, password: string): Promise<void> {
  const existing = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE_NAME]);
  if (existing.rowCount !== 0) return;
  const secret = client.escapeLiteral(password);
  for (const role of [OWNER_ROLE, WRITER_ROLE, READER_ROLE]) await createRole(client, role, 'NOLOGIN');
  await createRole(client, WRITER_LOGIN, `LOGIN PASSWORD ${secret} IN ROLE ${WRITER_ROLE}`);
  await createRole(client, READER_LOGIN, `LOGIN PASSWORD ${secret} IN ROLE ${READER_ROLE}`);
  await client.query(`CREATE DATABASE ${DATABASE_NAME}`);
}

async function createRole(client: pg.Client, role: string, options: string): Promise<void> {
  const existing = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  if (existing.rowCount === 0) await client.query(`CREATE ROLE ${role} ${options}`);
}
