/** How the parts of a node share the connections that it may open to its database: `database.connectionsMax` is for all of them. */

/** One that writes blocks, and a few that read for consensus, execution and catch-up; they are never short of any. */
const STORE_READS = 4;
const LEDGER = 1 + STORE_READS;
const INDEXER = 1;
const AUDITOR_WATCH = 1;
/** Where rows are audited: one that reads, and one that holds a snapshot. */
const SCRUB = 2;
const FIXED = LEDGER + INDEXER + AUDITOR_WATCH + SCRUB;
/** Of what is left, one in so many is for searches, which may be slow; the others are for every other read of REST. */
const SEARCHES_ONE_IN = 3;

/** With fewer, REST would have no two connections beside one for searches. */
export const CONNECTIONS_MIN = FIXED + 3;

export interface ConnectionShares {
  /** Beside the one that writes. */
  readonly storeReads: number;
  readonly searches: number;
  readonly reads: number;
}

/** `connectionsMax` is at least CONNECTIONS_MIN; the shares and those of which every node has one add up to it. */
export function shareConnections(connectionsMax: number): ConnectionShares {
  const left = connectionsMax - FIXED;
  const searches = Math.max(1, Math.floor(left / SEARCHES_ONE_IN));
  return { storeReads: STORE_READS, searches, reads: left - searches };
}
