/**
 * A transaction that this node may propose: its form, signature, chain and expiry are checked. Its content is parsed when
 * somebody asks, since what peers share waits long and is needed only when its block comes. Made by admit-transaction.ts.
 */
import { planTransaction, type PlannedTransaction } from '../../protocol/execution/plan-transaction.js';
import type { GenesisParameters } from '../../protocol/ledger/genesis-parameters.js';
import { transactionBytes, type Transaction } from '../../protocol/ledger/transaction.js';
import type { MonotonicMs } from '../../protocol/primitives/identifiers.js';

export class AdmittedTransaction {
  /** Body and signature. */
  readonly bytes: number;
  private plan: PlannedTransaction | undefined;

  constructor(
    readonly transaction: Transaction,
    private readonly parameters: GenesisParameters,
    /** When it arrived at this node, from a client or a peer. */
    readonly arrivedMs: MonotonicMs,
  ) {
    this.bytes = transactionBytes(transaction);
  }

  get planned(): PlannedTransaction {
    this.plan ??= planTransaction(this.transaction, this.parameters);
    return this.plan;
  }
}
