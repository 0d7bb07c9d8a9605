/** Searches and traces in PostgreSQL, under a role that cannot write, over connections of their own: a search waits for no other read. */
import { bytesToHex } from '../protocol/primitives/bytes.js';
import type { Digest, Height } from '../protocol/primitives/identifiers.js';
import type {
  FoundPlace,
  FoundRecord,
  RecordPlace,
  RecordQuery,
  RecordSearch,
  SearchPosition,
} from '../node/index-ports.js';
import { byteaArray, int4Array, int8Array } from './connection/binary-array.js';
import type { DatabaseAccess } from './connection/database-access.js';
import { ReadPool } from './connection/read-pool.js';
import { transactionIdOf } from './rows/transaction-rows.js';
import { termDigest } from './statements/index-statements.js';
import * as select from './statements/search-statements.js';

interface PlaceRow {
  readonly height: number;
  readonly transaction_index: number;
  readonly record_index: number;
}

interface RecordRow extends PlaceRow {
  readonly record_digest: Uint8Array;
  readonly organisation: string;
  readonly id: Uint8Array;
  readonly timestamp_ms: number;
  readonly record: Uint8Array;
}

interface FoundRow extends PlaceRow {
  readonly organisation: string;
  readonly bytes: number;
}

type PageRow = (
  (RecordRow & { readonly matched: number; readonly event_time: number | null }) | { readonly height: null }
) & {
  readonly scanned: number;
  readonly end_height: number;
  readonly end_transaction_index: number;
  readonly end_record_index: number;
  readonly end_event_time: number | null;
};

export class PostgresRecordSearch implements RecordSearch {
  private readonly pool: ReadPool;

  /** Connects with the first search. */
  constructor(access: DatabaseAccess) {
    this.pool = new ReadPool(access, 'countersign-search', select.SEARCH_PLANNING);
  }

  async close(): Promise<void> {
    await this.pool.close();
  }

  async indexedHeight(): Promise<Height> {
    const [row] = await this.pool.read<{ height: number }>(
      'read the search index',
      select.SELECT_INDEXED_HEIGHT,
    );
    return row?.height ?? 0;
  }

  async search(query: RecordQuery): Promise<{
    readonly records: readonly FoundRecord[];
    readonly next: SearchPosition | undefined;
  }> {
    if (query.owners?.length === 0) return { records: [], next: undefined };
    const { statement, values } = select.searchRecords(query);
    const rows = await this.pool.read<PageRow>('search records', statement, values);
    const found = rows.flatMap((row) => (row.height === null ? [] : [row]));
    const page = found.slice(0, query.limit);
    return { records: page.map(rowToRecord), next: nextPosition(query, rows[0], found.length, page.at(-1)) };
  }

  async findLinks(
    subjects: readonly string[],
    asOfHeight: Height,
    limit: number,
  ): Promise<readonly (FoundPlace & { readonly subject: string })[]> {
    const rows = await this.pool.read<FoundRow & { subject: number }>('follow a trace', select.SELECT_LINKS, [
      ...[byteaArray(subjects.map(termDigest)), asOfHeight, limit],
    ]);
    return rows.map((row) => ({ ...rowToPlace(row), subject: subjects[row.subject - 1] ?? '' }));
  }

  async findTransformation(id: string, asOfHeight: Height, limit: number): Promise<readonly FoundPlace[]> {
    const rows = await this.pool.read<FoundRow>('follow a trace', select.SELECT_TRANSFORMATION, [
      ...[termDigest(id), asOfHeight, limit],
    ]);
    return rows.map(rowToPlace);
  }

  async readRecords(places: readonly RecordPlace[]): Promise<readonly FoundRecord[]> {
    if (places.length === 0) return [];
    const rows = await this.pool.read<RecordRow>('read records', select.SELECT_RECORDS, [
      int8Array(places.map(({ height }) => height)),
      int4Array(places.map(({ transactionIndex }) => transactionIndex)),
      int4Array(places.map(({ recordIndex }) => recordIndex)),
    ]);
    return rows.map(rowToRecord);
  }
}

/** Where the next page begins: behind the last record of this one, or where the scan has ended with nothing more found. */
function nextPosition(
  { limit, orderBy }: RecordQuery,
  first: PageRow | undefined,
  found: number,
  last: Extract<PageRow, RecordRow> | undefined,
): SearchPosition | undefined {
  if (first === undefined) return undefined;
  const matched = first.height === null ? 0 : first.matched;
  const byEventTime = orderBy === 'eventTime';
  if (last !== undefined && (found > limit || matched > found)) {
    const place = [last.height, last.transaction_index, last.record_index];
    return byEventTime ? [last.event_time ?? 0, ...place] : place;
  }
  if (first.scanned < select.SCANNED_ROWS_MAX) return undefined;
  const place = [first.end_height, first.end_transaction_index, first.end_record_index];
  return byEventTime ? [first.end_event_time ?? 0, ...place] : place;
}

function rowToRecord(row: RecordRow): FoundRecord {
  return {
    height: row.height,
    transactionIndex: row.transaction_index,
    recordIndex: row.record_index,
    recordDigest: bytesToHex(row.record_digest) as Digest,
    transactionId: transactionIdOf(row.id),
    timestampMs: row.timestamp_ms,
    organisation: row.organisation,
    record: row.record,
  };
}

function rowToPlace(row: FoundRow): FoundPlace {
  return {
    height: row.height,
    transactionIndex: row.transaction_index,
    recordIndex: row.record_index,
    organisation: row.organisation,
    bytes: row.bytes,
  };
}
