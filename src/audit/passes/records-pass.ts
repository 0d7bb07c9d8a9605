/**
 * Every row of subject_entries against the body that it points into. The rows are read in the order in which they were written,
 * which is that of the blocks, so that each body is fetched once or twice and not once for each record.
 */
import { sha256 } from '../../protocol/crypto/sha256.js';
import { decodeOutcome } from '../../protocol/ledger/outcome.js';
import { bytesEqual, bytesToHex } from '../../protocol/primitives/bytes.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import type { AuditContext } from '../audit-context.js';
import type { StoredEntry, StoredTransactionRow } from '../stored-rows.js';
import { readAhead } from './read-ahead.js';
import { reportEntry } from '../report-entry.js';

/** About 70 rows each. */
const PAGES_PER_READ = 32;
const BODIES_PER_READ = 32;

type Body = Pick<StoredTransactionRow, 'body'> & { readonly isOk: boolean };

/** Resolves false when the audit is to stop. */
export async function auditRecords(context: AuditContext, firstPage = 0): Promise<boolean> {
  const { rows } = context;
  const pages = await rows.entryPages();
  let knownHead = context.head;
  const readFrom = (page: number): Promise<readonly StoredEntry[]> =>
    readAhead(rows.readEntriesOnPages(page, Math.min(pages, page + PAGES_PER_READ)));
  let chunk = readFrom(firstPage);
  for (let page = firstPage; page < pages; page += PAGES_PER_READ) {
    const entries = await chunk;
    if (page + PAGES_PER_READ < pages) chunk = readFrom(page + PAGES_PER_READ);
    const audited: StoredEntry[] = [];
    for (const entry of entries) {
      if (entry.height > knownHead) knownHead = (await rows.headHeight()) ?? knownHead;
      if (entry.height > knownHead)
        reportEntry(context, entry, 'it lies above the head of the ledger', 'no row', 'a row');
      // What was committed meanwhile is for the next audit.
      else if (entry.height <= context.head && entry.height >= context.fromHeight) audited.push(entry);
    }
    if (!(await auditEntries(context, audited))) return false;
    context.reached(
      { pass: 'records', page: page + PAGES_PER_READ },
      Math.min(pages, page + PAGES_PER_READ),
      pages,
    );
  }
  return true;
}

async function auditEntries(context: AuditContext, entries: readonly StoredEntry[]): Promise<boolean> {
  const byPlace = new Map<string, StoredEntry[]>();
  for (const entry of entries) {
    const place = placeOf(entry.height, entry.transactionIndex);
    const others = byPlace.get(place);
    if (others === undefined) byPlace.set(place, [entry]);
    else others.push(entry);
  }
  const places = [...byPlace.values()];
  for (let start = 0; start < places.length; start += BODIES_PER_READ) {
    const chunk = places.slice(start, start + BODIES_PER_READ);
    const bodies = await readBodies(context, chunk);
    for (const group of chunk) {
      if (!(await context.pace(group.length))) return false;
      for (const entry of group)
        checkEntry(context, entry, bodies.get(placeOf(entry.height, entry.transactionIndex)));
    }
  }
  return true;
}

function placeOf(height: Height, index: number): string {
  return `${height}/${index}`;
}

async function readBodies(
  { rows }: AuditContext,
  groups: readonly (readonly StoredEntry[])[],
): Promise<ReadonlyMap<string, Body>> {
  const places = groups.flatMap(([first]) =>
    first === undefined ? [] : [{ height: first.height, index: first.transactionIndex }],
  );
  const bodies = new Map<string, Body>();
  for (const { height, index, body, outcome } of await rows.readBodies(places)) {
    const decoded = decodeOutcome(outcome);
    bodies.set(placeOf(height, index), { body, isOk: !decoded.ok || decoded.value.code === 'OK' });
  }
  return bodies;
}

function checkEntry(context: AuditContext, entry: StoredEntry, found: Body | undefined): void {
  context.counts.records++;
  const { recordDigest, start, end } = entry;
  if (found === undefined) {
    reportEntry(context, entry, 'the transaction that it names does not exist', 'a transaction', 'no row');
    return;
  }
  if (!found.isOk) {
    reportEntry(
      context,
      entry,
      'the transaction that it names had no effect',
      'the outcome OK',
      'another outcome',
    );
    return;
  }
  if (end > found.body.length) {
    reportEntry(
      context,
      entry,
      'the record ends behind its transaction',
      `${found.body.length} bytes`,
      `an end at ${end}`,
    );
    return;
  }
  const digest = sha256(found.body.subarray(start, end));
  if (bytesEqual(digest, recordDigest)) return;
  const problem = `the bytes ${start} to ${end} of its transaction are not the record with its digest`;
  reportEntry(context, entry, problem, bytesToHex(recordDigest), bytesToHex(digest));
}
