/**
 * The group roles of the ledger's database (migrations/0001_ledger.sql) and how a connection takes one of them: a login of
 * its own that is a member, or one login for all whose URL names the role. Auditors always have logins of their own.
 */
export const OWNER_ROLE = 'countersign_owner';
export const WRITER_ROLE = 'countersign_writer';
export const READER_ROLE = 'countersign_reader';
/** Sees the views of schema audit and nothing else (migrations/0008_audit.sql). */
export const AUDITOR_ROLE = 'countersign_auditor';

export type DatabaseRole = typeof OWNER_ROLE | typeof WRITER_ROLE | typeof READER_ROLE;

/** The URL with the startup parameter that does SET ROLE, so that every session of it has the role from the start. */
export function databaseUrlAs(url: string, role: DatabaseRole): string {
  return databaseUrlWithSettings(url, { role });
}

/** The URL with server settings that every session of it starts with; those that it has already stay. */
export function databaseUrlWithSettings(url: string, settings: Readonly<Record<string, string>>): string {
  const changed = new URL(url);
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  const present = changed.searchParams.get('options');
  changed.searchParams.set('options', [...(present === null ? [] : [present]), ...options].join(' '));
  // The driver decodes %20 and leaves a plus sign as it is.
  changed.search = changed.search.replaceAll('+', '%20');
  return changed.toString();
}
