/** What the REST edge needs from the node, as one value that the composition root gives to ApiModule.register. */
import type { LedgerReader, NodeObserver } from '../node/ports.js';
import type {
  AuditExports,
  Custody,
  Callers,
  CheckpointNotes,
  LogProofs,
  CoseReceipts,
  Credentials,
  Members,
  Motions,
  Preflights,
  NodeStatus,
  Proofs,
  Receipts,
  SubmitTransaction,
  Reading,
  Records,
} from '../node/use-cases.js';
import type { SignatureVerifier } from '../protocol/crypto/signature-verifier.js';
import type { VerificationContext } from '../protocol/pbft/certificate.js';
import type { OrganisationName } from '../protocol/primitives/identifiers.js';
import type { AccessClock } from './access-clock.js';

export interface ApiPorts {
  readonly organisation: OrganisationName;
  /** An observer serves reads alone. */
  readonly role: 'validator' | 'observer';
  readonly submission: SubmitTransaction;
  readonly receipts: Receipts;
  readonly checkpoints: CheckpointNotes;
  readonly logProofs: LogProofs;
  readonly proofs: Proofs;
  readonly coseReceipts: CoseReceipts;
  readonly credentials: Credentials;
  readonly members: Members;
  readonly records: Records;
  readonly motions: Motions;
  readonly preflights: Preflights;
  readonly callers: Callers;
  readonly custody: Custody;
  readonly reading: Reading;
  readonly exports: AuditExports;
  readonly status: NodeStatus;
  readonly reader: LedgerReader;
  /** The genesis file; served without a newline at its end, so that its SHA-256 is the chain id. */
  readonly genesis: Uint8Array;
  /** What signed bytes are made of, and whose keys they were signed with. */
  readonly chain: Pick<VerificationContext, 'chainId' | 'origin' | 'validatorsIn'>;
  /** Limit of one transaction (parameter transactionBytesMax), as far as it is decided now. */
  readonly transactionBytesMax: () => number;
  readonly verifier: SignatureVerifier;
  readonly clock: AccessClock;
  readonly log: NodeObserver['log'];
}

export const API_PORTS = Symbol('ApiPorts');
