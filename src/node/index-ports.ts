/**
 * The ports of the search index, written from the node's need like those of ports.ts: what indexing writes, and what searches
 * and traces read. The index is a projection of the committed blocks. Promises reject with LedgerError only.
 */
import type {
  Digest,
  Height,
  OrganisationName,
  TimestampMs,
  TransactionId,
} from '../protocol/primitives/identifiers.js';
import type { RawTransaction } from './ports.js';

/** Where a record lies on the ledger. */
export interface RecordPlace {
  readonly height: Height;
  readonly transactionIndex: number;
  readonly recordIndex: number;
}

/** As what a record names a subject; one may have several, so they are bits. The database holds the numbers. */
export const MENTION_ROLE = {
  item: 1,
  parent: 2,
  child: 4,
  input: 8,
  output: 16,
  bizTransaction: 32,
  /** By a pointer of a document that is no event. */
  named: 64,
} as const;

/** What an event says that is searched; texts as they stand in it. */
export interface EventFields {
  readonly eventType: string | undefined;
  readonly action: string | undefined;
  readonly bizStep: string | undefined;
  readonly disposition: string | undefined;
  readonly readPoint: string | undefined;
  readonly bizLocation: string | undefined;
  readonly eventId: string | undefined;
  readonly transformationId: string | undefined;
  readonly eventTimeMs: number | undefined;
}

/** What can be searched of a record. */
export interface IndexedRecord extends RecordPlace, EventFields {
  readonly recordDigest: Uint8Array;
  /** Bytes [start, end) of the transaction's body. */
  readonly start: number;
  readonly end: number;
  readonly organisation: OrganisationName;
  readonly kind: string;
  /** Each subject once. */
  readonly mentions: readonly { readonly subject: string; readonly roles: number }[];
}

export interface BlockToIndex {
  readonly height: Height;
  readonly timestampMs: TimestampMs;
  /** In order, all of them. */
  readonly transactions: readonly (RawTransaction & { readonly outcome: Uint8Array })[];
}

export interface IndexedBlock extends Pick<BlockToIndex, 'height' | 'timestampMs'> {
  readonly records: readonly IndexedRecord[];
}

export interface IndexPosition {
  /** Of the extraction that made what is there. */
  readonly version: number;
  /** Everything up to here is there. */
  readonly height: Height;
}

/** The search index as the node writes it: a projection behind the ledger, which holds nothing of its own. */
export interface RecordIndex {
  /** `undefined` before the first `begin`. */
  position(): Promise<IndexPosition | undefined>;
  /** Empties the index; it is then one of that version at height 0. */
  begin(version: number): Promise<void>;
  /** Blocks after `height` ascending, at least one if there is one, stopping before `bytesMax` of bodies is exceeded. */
  readBlocks(after: Height, bytesMax: number): Promise<readonly BlockToIndex[]>;
  /** All of the blocks and the new position, or nothing: false when the index is not at `from` any more. */
  append(from: IndexPosition, blocks: readonly IndexedBlock[]): Promise<boolean>;
}

/** Every one that is there must hold; texts are compared byte for byte. From is inclusive, to exclusive. */
export interface RecordFilter {
  readonly subject?: string;
  readonly kind?: string;
  readonly eventType?: string;
  readonly action?: string;
  readonly bizStep?: string;
  readonly disposition?: string;
  readonly readPoint?: string;
  readonly bizLocation?: string;
  readonly eventId?: string;
  readonly transformationId?: string;
  readonly eventTimeFromMs?: number;
  readonly eventTimeToMs?: number;
  readonly recordedFromMs?: TimestampMs;
  readonly recordedToMs?: TimestampMs;
}

/** Numbers of which nobody but the index knows the meaning. */
export type SearchPosition = readonly number[];

export interface RecordQuery {
  readonly filter: RecordFilter;
  /** Whose records alone are looked at; everybody's when it is not there, which a filter that looks into records must not ask for. */
  readonly owners: readonly OrganisationName[] | undefined;
  readonly asOfHeight: Height;
  /** With eventTime, records without one are left out. */
  readonly orderBy: 'recorded' | 'eventTime';
  readonly newestFirst: boolean;
  readonly after: SearchPosition | undefined;
  readonly limit: number;
}

export interface FoundRecord extends RecordPlace {
  readonly recordDigest: Digest;
  readonly transactionId: TransactionId;
  readonly timestampMs: TimestampMs;
  readonly organisation: OrganisationName;
  /** Exact bytes of the record. */
  readonly record: Uint8Array;
}

export interface FoundPlace extends RecordPlace {
  readonly organisation: OrganisationName;
  /** Length of the record. */
  readonly bytes: number;
}

/** Reads of the search index. Each looks at a bounded number of rows. */
export interface RecordSearch {
  /** 0 for an index that was never written. */
  indexedHeight(): Promise<Height>;
  /** A page may be short, or empty, and still have a next: what was looked at is bounded as well as what was found. */
  search(query: RecordQuery): Promise<{
    readonly records: readonly FoundRecord[];
    readonly next: SearchPosition | undefined;
  }>;
  /** Records up to `asOfHeight` with one of the subjects as parent, child, input or output; by subject, then in ledger order; at most `limit`. */
  findLinks(
    subjects: readonly string[],
    asOfHeight: Height,
    limit: number,
  ): Promise<readonly (FoundPlace & { readonly subject: string })[]>;
  /** Records of one transformation, by organisation and then in ledger order; at most `limit`. */
  findTransformation(id: string, asOfHeight: Height, limit: number): Promise<readonly FoundPlace[]>;
  /** In the order of the ledger; every place must be one that was found. */
  readRecords(places: readonly RecordPlace[]): Promise<readonly FoundRecord[]>;
}
