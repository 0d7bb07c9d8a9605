/** The transactions in the order of the ledger, read ahead in bounded chunks. */
import type { Height } from '../../protocol/primitives/identifiers.js';
import type { StoredRows, StoredTransactionRow, TransactionPlace } from '../stored-rows.js';

export class TransactionStream {
  private chunk: readonly StoredTransactionRow[] = [];
  private next = 0;
  private ended = false;

  constructor(
    private readonly rows: Pick<StoredRows, 'readTransactions'>,
    private after: TransactionPlace | undefined,
    private readonly to: Height,
  ) {}

  /** The next one if it is of `height` or of a lower one. */
  async takeUpTo(height: Height): Promise<StoredTransactionRow | undefined> {
    let row = this.chunk[this.next];
    if (row === undefined && !this.ended) {
      this.chunk = await this.rows.readTransactions(this.after, this.to);
      this.next = 0;
      this.ended = this.chunk.length === 0;
      row = this.chunk[0];
    }
    if (row === undefined || row.height > height) return undefined;
    this.next++;
    this.after = { height: row.height, index: row.index };
    return row;
  }
}
