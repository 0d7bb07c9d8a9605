/**
 * Opens block bodies once. A body is bound to its header by count, bytes and transaction root; what is opened is kept
 * for the later steps (check, execute) in a bounded memory. A transaction that waits in the mempool is reused from
 * there, so its signature is checked once, on arrival.
 */
import { planTransaction, type PlannedTransaction } from '../../protocol/execution/plan-transaction.js';
import type { SignatureVerifier } from '../../protocol/crypto/signature-verifier.js';
import type { Block } from '../../protocol/ledger/block.js';
import { bodyBytes, decodeBlockBody } from '../../protocol/ledger/block-body.js';
import type { GenesisParameters } from '../../protocol/ledger/genesis-parameters.js';
import {
  transactionBytes,
  verifyTransactionSignature,
  type Transaction,
} from '../../protocol/ledger/transaction.js';
import { transactionRoot } from '../../protocol/ledger/transaction-tree.js';
import { bytesEqual } from '../../protocol/primitives/bytes.js';
import type { BlockHash, Signature, TransactionId } from '../../protocol/primitives/identifiers.js';
import { invariant } from '../../protocol/primitives/invariant.js';
import type { EpochHistory } from '../epochs/epoch-history.js';
import type { Mempool } from '../mempool/mempool.js';

export interface OpenedTransaction {
  readonly transaction: Transaction;
  /** In force at the height of its block. */
  readonly parameters: GenesisParameters;
  /** The planned form; `undefined` until `planned` is called. */
  plan: PlannedTransaction | undefined;
  /** True once the signature over the body was found valid. */
  verified: boolean;
}

export type OpenedBlock = readonly OpenedTransaction[];

interface KnownBody {
  readonly body: Uint8Array;
  /** Under which it was opened: a block that comes before what schedules its epoch is opened again. */
  readonly parameters: GenesisParameters;
  readonly opened: OpenedBlock;
}

export class BlockContents {
  private readonly known = new Map<BlockHash, KnownBody>();

  constructor(
    private readonly mempool: Pick<Mempool, 'get'>,
    private readonly verifier: SignatureVerifier,
    private readonly epochs: Pick<EpochHistory, 'termsAt'>,
    /** Opened blocks kept; more than the window of heights that can be in flight. */
    private readonly blocksMax: number,
  ) {}

  /** True when the body is the one that the header binds. */
  isBodyBound(block: Block): boolean {
    return this.open(block) !== undefined;
  }

  /** The block's transactions, or `undefined` when the body is malformed or not the header's. */
  open(block: Block): OpenedBlock | undefined {
    const { parameters } = this.epochs.termsAt(block.header.height);
    const known = this.known.get(block.hash);
    if (known?.parameters === parameters) {
      // The hash is the header's alone, and a header binds one body: other bytes under it are somebody's forgery.
      return known.body === block.body || bytesEqual(known.body, block.body) ? known.opened : undefined;
    }
    const decoded = decodeBlockBody(block.body, parameters, (id, signature) =>
      this.find(id, signature, parameters),
    );
    if (!decoded.ok) return undefined;
    const transactions = decoded.value;
    const { header } = block;
    if (transactions.length !== header.transactionCount || bodyBytes(transactions) !== header.bodyBytes)
      return undefined;
    if (transactionRoot(transactions) !== header.transactionRoot) return undefined;
    const opened = transactions.map((transaction) => this.openTransaction(transaction, parameters));
    this.remember(block, opened);
    return opened;
  }

  /** The contents of a block that is known to be bound: built here, checked, or certified. */
  openBound(block: Block): OpenedBlock {
    const opened = this.open(block);
    invariant(opened !== undefined, `the body of block ${block.header.height} does not match its header`);
    return opened;
  }

  /** Keeps what the builder has opened already. */
  remember({ header, hash, body }: Block, opened: OpenedBlock): void {
    this.known.set(hash, { body, opened, parameters: this.epochs.termsAt(header.height).parameters });
    for (const oldest of this.known.keys()) {
      if (this.known.size <= this.blocksMax) break;
      this.known.delete(oldest);
    }
  }

  forget(hash: BlockHash): void {
    this.known.delete(hash);
  }

  isSignatureValid(opened: OpenedTransaction): boolean {
    opened.verified ||= verifyTransactionSignature(opened.transaction, this.verifier);
    return opened.verified;
  }

  planned(opened: OpenedTransaction): PlannedTransaction {
    opened.plan ??= planTransaction(opened.transaction, opened.parameters);
    return opened.plan;
  }

  /** A waiting transaction. The id leaves the signature out: another valid signature makes other bytes. */
  private find(
    id: TransactionId,
    signature: Signature,
    { transactionBytesMax }: GenesisParameters,
  ): Transaction | undefined {
    const waiting = this.mempool.get(id)?.transaction;
    // It may have been admitted under a wider limit than that of the block.
    if (waiting === undefined || transactionBytes(waiting) > transactionBytesMax) return undefined;
    return bytesEqual(waiting.signature, signature) ? waiting : undefined;
  }

  private openTransaction(transaction: Transaction, parameters: GenesisParameters): OpenedTransaction {
    const waiting = this.mempool.get(transaction.id);
    // The very object that was found above was verified when it was admitted.
    return waiting?.transaction === transaction
      ? { transaction, parameters, plan: waiting.plannedFor(parameters), verified: true }
      : { transaction, parameters, plan: undefined, verified: false };
  }
}
