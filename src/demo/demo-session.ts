/** What another shell may do with a demo: end one of its nodes, start it again, or wipe what a stopped demo left. */
import { readdirSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import { askSession, Session } from './cluster/session.js';
import { binariesFolderIn, DEMO_ORGANISATIONS, genesisFileIn, organisationFolder } from './demo-folder.js';
import { endLeftOverNodes } from './left-over-nodes.js';
import { hasErrorCode } from './postgres/error-code.js';
import { removePostgres } from './postgres/embedded-postgres.js';

export function checkOrganisation(organisation: string): void {
  if (!(DEMO_ORGANISATIONS as readonly string[]).includes(organisation)) {
    const names = DEMO_ORGANISATIONS.join(', ');
    throw new LedgerError(
      'ORGANISATION_UNKNOWN',
      `there is no organisation ${organisation}; the demo has ${names}`,
    );
  }
}

/** Throws LedgerError DEMO_NOT_RUNNING, ORGANISATION_UNKNOWN. */
export async function killDemoNode(directory: string, organisation: string): Promise<void> {
  checkOrganisation(organisation);
  await askSession(path.resolve(directory), 'kill', organisation);
}

/** Throws LedgerError DEMO_NOT_RUNNING, ORGANISATION_UNKNOWN, NODE_NOT_STARTED. */
export async function startDemoNode(directory: string, organisation: string): Promise<void> {
  checkOrganisation(organisation);
  await askSession(path.resolve(directory), 'start', organisation);
}

/** Removes what a demo made, and nothing else. Throws LedgerError DEMO_ALREADY_RUNNING. */
export async function resetDemo(directory: string): Promise<void> {
  const folder = path.resolve(directory);
  let entries: readonly string[];
  try {
    entries = readdirSync(folder);
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return;
    throw error;
  }
  if (entries.length > 0) await removeLedgers(folder);
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

async function removeLedgers(folder: string): Promise<void> {
  const { session, left } = await Session.open(folder);
  try {
    if (left !== undefined) await endLeftOverNodes(left);
    for (const organisation of DEMO_ORGANISATIONS) {
      const place = organisationFolder(folder, organisation);
      await removePostgres(place.postgresFolder);
      rmSync(place.folder, { recursive: true, force: true });
    }
    rmSync(genesisFileIn(folder), { force: true });
    rmSync(binariesFolderIn(folder), { recursive: true, force: true });
  } finally {
    session.close();
  }
}
