/** Transactions that peers share: admitted like those of clients, silently, since their sender needs no answer. */
import type { AdmittedTransaction } from '../mempool/admitted-transaction.js';
import type { Mempool } from '../mempool/mempool.js';
import type { NodeObserver, RawTransaction, TransactionBatch } from '../ports.js';
import { transactionId } from '../../protocol/ledger/transaction.js';
import type { TransactionId } from '../../protocol/primitives/identifiers.js';
import type { Result } from '../../protocol/primitives/rejection.js';

/** Refusals that no correct peer causes: it has checked the form and the signature itself. */
const PEER_FAULTS = new Set<string>([
  'TRANSACTION_MALFORMED',
  'TRANSACTION_NOT_CANONICAL',
  'SIGNATURE_INVALID',
  'SIGNATURE_MISSING',
]);

export class PeerTransactions {
  constructor(
    private readonly mempool: Mempool,
    private readonly admit: (raw: RawTransaction, id: TransactionId) => Result<AdmittedTransaction>,
    private readonly isCommitted: (id: TransactionId) => boolean,
    private readonly observer: NodeObserver,
    private readonly onAdded: () => void,
  ) {}

  /** The fault of the sender in words, or `undefined`. */
  onBatch(batch: TransactionBatch): string | undefined {
    let added = false;
    let fault: string | undefined;
    for (const raw of batch.transactions) {
      const id = transactionId(raw.body);
      if (this.mempool.has(id) || this.isCommitted(id)) continue;
      const admitted = this.admit(raw, id);
      const answer = admitted.ok ? this.mempool.add(admitted.value) : admitted.rejection.code;
      if (answer === 'added') {
        added = true;
        continue;
      }
      this.observer.onTransactionRejected(answer);
      if (!admitted.ok && PEER_FAULTS.has(admitted.rejection.code)) {
        fault = admitted.rejection.message;
        break;
      }
    }
    if (added) this.onAdded();
    return fault;
  }
}
