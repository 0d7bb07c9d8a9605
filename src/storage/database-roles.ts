/**
 * The three group roles of the ledger's database (migrations/0001_ledger.sql) and how a connection takes one of them:
 * a login of its own that is a member, or one login for all whose URL names the role.
 */
export const OWNER_ROLE = 'countersign_owner';
export const WRITER_ROLE = 'countersign_writer';
export const READER_ROLE = 'countersign_reader';

export type DatabaseRole = typeof OWNER_ROLE | typeof WRITER_ROLE | typeof READER_ROLE;

/** The URL with the startup parameter that does SET ROLE, so that every session of it has the role from the start. */
export function databaseUrlAs(url: string, role: DatabaseRole): string {
  const changed = new URL(url);
  const options = changed.searchParams.get('options');
  changed.searchParams.set('options', [...(options === null ? [] : [options]), `-c role=${role}`].join(' '));
  // The driver decodes %20 and leaves a plus sign as it is.
  changed.search = changed.search.replaceAll('+', '%20');
  return changed.toString();
}
