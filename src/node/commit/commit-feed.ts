/**
 * Tells who waits that a transaction is durable here, or countersigned. Published after the database has committed,
 * never before. The number of waiters is bounded; one more is answered at once as if its time were over.
 */
import type { Height, TransactionId } from '../../protocol/primitives/identifiers.js';
import type { Clock } from '../ports.js';

export type WaitResult = 'reached' | 'timeout';

export interface Wait {
  readonly result: Promise<WaitResult>;
  /** Gives the place to somebody else; harmless when the wait is over. */
  cancel(): void;
}

export class CommitFeed {
  private readonly byTransaction = new Map<TransactionId, Set<() => void>>();
  private readonly byCertifiedHeight = new Map<Height, Set<() => void>>();
  private waiters = 0;

  constructor(
    private readonly clock: Clock,
    private readonly waitersMax: number,
  ) {}

  /** Resolves when the transaction is durable at this node, or when `timeoutMs` is over. */
  waitForCommit(id: TransactionId, timeoutMs: number): Wait {
    return this.wait(this.byTransaction, id, timeoutMs);
  }

  /** Resolves when a checkpoint of `height` or higher is certified, or when `timeoutMs` is over. */
  waitForCertificate(height: Height, timeoutMs: number): Wait {
    return this.wait(this.byCertifiedHeight, height, timeoutMs);
  }

  publishCommitted(ids: readonly TransactionId[]): void {
    for (const id of ids) this.release(this.byTransaction, id);
  }

  publishCertified(height: Height): void {
    for (const waited of this.byCertifiedHeight.keys())
      if (waited <= height) this.release(this.byCertifiedHeight, waited);
  }

  /** Releases everyone who waits, because the node ends: each then sees the status as it stands. */
  close(): void {
    for (const id of this.byTransaction.keys()) this.release(this.byTransaction, id);
    for (const height of this.byCertifiedHeight.keys()) this.release(this.byCertifiedHeight, height);
  }

  private wait<Key>(registry: Map<Key, Set<() => void>>, key: Key, timeoutMs: number): Wait {
    if (this.waiters >= this.waitersMax || timeoutMs <= 0) {
      return { result: Promise.resolve('timeout'), cancel: () => undefined };
    }
    this.waiters++;
    const waiting = registry.get(key) ?? new Set();
    registry.set(key, waiting);
    let end: (result: WaitResult) => void = () => undefined;
    const result = new Promise<WaitResult>((resolve) => {
      end = resolve;
    });
    const settle = (how: WaitResult): void => {
      if (!waiting.delete(onReached)) return;
      this.waiters--;
      cancelTimeout();
      if (waiting.size === 0 && registry.get(key) === waiting) registry.delete(key);
      end(how);
    };
    const cancelTimeout = this.clock.schedule(timeoutMs, () => {
      settle('timeout');
    });
    const onReached = (): void => {
      settle('reached');
    };
    waiting.add(onReached);
    return {
      result,
      cancel: () => {
        settle('timeout');
      },
    };
  }

  private release<Key>(registry: Map<Key, Set<() => void>>, key: Key): void {
    for (const onReached of [...(registry.get(key) ?? [])]) onReached();
  }
}
