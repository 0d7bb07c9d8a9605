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
  private plannedUnder: GenesisParameters;

  constructor(
    readonly transaction: Transaction,
    /** In force when it was admitted. */
    parameters: GenesisParameters,
    /** When it arrived at this node, from a client or a peer. */
    readonly arrivedMs: MonotonicMs,
  ) {
    this.bytes = transactionBytes(transaction);
    this.plannedUnder = parameters;
  }

  /** Under the parameters that it was last asked for. */
  get planned(): PlannedTransaction {
    this.plan ??= planTransaction(this.transaction, this.plannedUnder);
    return this.plan;
  }

  /** Under those of the block that may include it: an epoch may have ended while it waited. */
  plannedFor(parameters: GenesisParameters): PlannedTransaction {
    if (this.plannedUnder !== parameters) this.plan = undefined;
    this.plannedUnder = parameters;
    return this.planned;
  }
}
