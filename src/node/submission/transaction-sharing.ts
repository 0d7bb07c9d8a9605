/**
 * Shares transactions among the organisations, so that any primary can propose them: in batches, at once, again when a
 * stream comes up, and again while they are not included (sending once is not enough).
 */
import type { RawTransaction, PeerNetwork, Clock } from '../ports.js';
import type { AdmittedTransaction } from '../mempool/admitted-transaction.js';
import type { ValidatorIndex } from '../../protocol/primitives/identifiers.js';

/** Transactions and bytes in one message. */
const BATCH_TRANSACTIONS_MAX = 200;
const BATCH_BYTES_MAX = 256 * 1024;
/** Age at which a transaction of this node that is still waiting is sent again, and how many of them each time. */
const RESEND_AFTER_MS = 5_000;
const RESEND_MAX = 200;

interface SharingPorts {
  readonly network: Pick<PeerNetwork, 'send'>;
  readonly clock: Clock;
  /** Transactions that entered through this node and still wait, oldest first. */
  readonly waitingHere: () => Iterable<AdmittedTransaction>;
}

export class TransactionSharing {
  private outgoing: AdmittedTransaction[] = [];
  private cancelFlush: (() => void) | undefined;
  private cancelResend: (() => void) | undefined;
  private stopped = false;

  constructor(
    private readonly ports: SharingPorts,
    /** How long a transaction may wait for company before it is shared. */
    private readonly shareDelayMs: number,
  ) {}

  start(): void {
    this.cancelResend = this.ports.clock.schedule(RESEND_AFTER_MS, () => {
      this.resendOld();
      this.start();
    });
  }

  stop(): void {
    this.stopped = true;
    this.cancelFlush?.();
    this.cancelResend?.();
    this.outgoing = [];
  }

  /** A transaction was admitted at this node. */
  share(transaction: AdmittedTransaction): void {
    if (this.stopped) return;
    this.outgoing.push(transaction);
    if (this.outgoing.length >= BATCH_TRANSACTIONS_MAX) this.flush();
    else
      this.cancelFlush ??= this.ports.clock.schedule(this.shareDelayMs, () => {
        this.flush();
      });
  }

  /** Peers may have dropped it: it is sent again, whoever has sent it before. */
  shareAgain(transactions: readonly AdmittedTransaction[]): void {
    if (!this.stopped) this.sendBatches('all', transactions);
  }

  /** A stream came up: the peer may have missed what waits. */
  onConnected(index: ValidatorIndex): void {
    this.sendBatches(index, this.ports.waitingHere());
  }

  private flush(): void {
    this.cancelFlush?.();
    this.cancelFlush = undefined;
    const batch = this.outgoing;
    this.outgoing = [];
    this.sendBatches('all', batch);
  }

  private resendOld(): void {
    const nowMs = this.ports.clock.monotonicMs();
    const old: AdmittedTransaction[] = [];
    for (const transaction of this.ports.waitingHere()) {
      if (nowMs - transaction.arrivedMs < RESEND_AFTER_MS || old.length >= RESEND_MAX) break;
      old.push(transaction);
    }
    this.sendBatches('all', old);
  }

  private sendBatches(to: ValidatorIndex | 'all', transactions: Iterable<AdmittedTransaction>): void {
    let batch: RawTransaction[] = [];
    let bytes = 0;
    const send = (): void => {
      if (batch.length > 0) this.ports.network.send(to, { type: 'transactionBatch', transactions: batch });
      batch = [];
      bytes = 0;
    };
    for (const { transaction } of transactions) {
      if (batch.length >= BATCH_TRANSACTIONS_MAX || bytes + transaction.body.length > BATCH_BYTES_MAX) send();
      batch.push({ body: transaction.body, signature: transaction.signature });
      bytes += transaction.body.length;
    }
    send();
  }
}
