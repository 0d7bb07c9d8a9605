/** What the load generator is told: everything that decides the offered load, so that a report can repeat it. */
export interface LoadTarget {
  readonly organisation: string;
  readonly url: string;
  /** Folder with the unencrypted key of the identity that submits; benchmark ledgers only. */
  readonly keysFolder: string;
}

export interface LoadPlan {
  readonly chainId: string;
  readonly targets: readonly LoadTarget[];
  /** Events in one transaction. */
  readonly eventsPerTransaction: number;
  /** Offered transactions a second, all targets together. */
  readonly transactionsPerSecond: number;
  /** Length of the load; it ends earlier when the generator gets SIGTERM. */
  readonly seconds: number;
  /** Requests of so many seconds are signed before the clock starts, the others while the load goes on. */
  readonly signedAheadSeconds: number;
  /** Transactions in one POST; 1 posts them singly and waits for commit, which measures the latency. */
  readonly transactionsPerRequest: number;
  /** One of so many requests is a single POST that waits for commit; 0: none. */
  readonly sampleEvery: number;
  /** Requests under way; one more is not sent and counted as such. */
  readonly requestsMax: number;
}

export interface LatencySample {
  readonly sentAtMs: number;
  /** From just before the POST to the answer that the transaction is durable. */
  readonly latencyMs: number;
}

export interface LoadResult {
  readonly offered: number;
  readonly accepted: number;
  readonly refused: Readonly<Record<string, number>>;
  /** Transactions that were not sent because as many requests as may were under way. */
  readonly notSent: number;
  readonly failedRequests: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly samples: readonly LatencySample[];
}
