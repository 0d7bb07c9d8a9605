/**
 * Who runs PostgreSQL. It refuses to run as root, so root hands it to an unprivileged account that every system has;
 * any other user runs it as itself.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';

const run = promisify(execFile);

export interface PostgresAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** In this order; initdb wants an account with a name, so a bare number will not do. */
const ACCOUNT_NAMES = ['nobody', 'postgres', 'daemon'];

/** `undefined`: as the user of this process. Throws LedgerError POSTGRES_NOT_FOUND when root finds no account. */
export function choosePostgresAccount(): PostgresAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = parsePasswd(readFileSync('/etc/passwd', 'utf8'));
  for (const name of ACCOUNT_NAMES) {
    const account = accounts.find((candidate) => candidate.name === name && candidate.uid !== 0);
    if (account !== undefined) return account;
  }
  throw new LedgerError(
    'POSTGRES_NOT_FOUND',
    `PostgreSQL does not run as root, and /etc/passwd names none of ${ACCOUNT_NAMES.join(', ')}: ` +
      'run as another user, or give the URL of a running PostgreSQL',
  );
}

/** Lines `name:password:uid:gid:…` of passwd(5). */
function parsePasswd(text: string): readonly PostgresAccount[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = ''] = line.split(':');
    return /^\d+$/.test(uid) && /^\d+$/.test(gid) ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}

/** Options for spawn and execFile that make the child run as the account. */
export function runAs(
  account: PostgresAccount | undefined,
): { readonly uid: number; readonly gid: number } | Record<string, never> {
  return account === undefined ? {} : { uid: account.uid, gid: account.gid };
}

/** Whether the account reaches `folder` and may enter it: a process of it tries, so every kind of permission counts. */
export async function canEnter(folder: string, account: PostgresAccount | undefined): Promise<boolean> {
  if (account === undefined) return true;
  try {
    await run('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { cwd: '/', ...runAs(account) });
    return true;
  } catch {
    return false;
  }
}
