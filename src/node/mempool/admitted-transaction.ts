/** A transaction that this node may propose: its form, signature, chain and expiry are checked, its content is parsed. */
import type { PlannedTransaction } from '../../protocol/execution/plan-transaction.js';
import type { Transaction } from '../../protocol/ledger/transaction.js';
import type { MonotonicMs } from '../../protocol/primitives/identifiers.js';

declare const admitted: unique symbol;

/** Made by admit-transaction.ts only. */
export interface AdmittedTransaction {
  readonly [admitted]: true;
  readonly transaction: Transaction;
  readonly planned: PlannedTransaction;
  /** Body and signature. */
  readonly bytes: number;
  /** When it arrived at this node, from a client or a peer. */
  readonly arrivedMs: MonotonicMs;
}
