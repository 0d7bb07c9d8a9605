/** What the REST edge needs from the node, as one value that the composition root gives to ApiModule.register. */
import type { LedgerReader, NodeObserver } from '../node/ports.js';
import type { CheckpointNotes, NodeStatus, Receipts, SubmitTransaction } from '../node/use-cases.js';

export interface ApiPorts {
  readonly submission: SubmitTransaction;
  readonly receipts: Receipts;
  readonly checkpoints: CheckpointNotes;
  readonly status: NodeStatus;
  readonly reader: LedgerReader;
  /** Canonical bytes of the genesis document, served as they are. */
  readonly genesis: Uint8Array;
  /** Limit of one transaction (genesis parameter transactionBytesMax). */
  readonly transactionBytesMax: number;
  readonly log: NodeObserver['log'];
}

export const API_PORTS = Symbol('ApiPorts');
