/** What a node is given once: its ports, and the settings that each organisation chooses for itself. */
import type { Genesis } from '../protocol/ledger/genesis.js';
import type { SignatureVerifier } from '../protocol/crypto/signature-verifier.js';
import type { Height, PublicKey } from '../protocol/primitives/identifiers.js';
import type { StoredRows } from '../audit/stored-rows.js';
import type { Divergence } from './audit/own-results.js';
import type { ScrubSettings } from './audit/scrub.js';
import type { MempoolLimits } from './mempool/mempool.js';
import type {
  Clock,
  IdentityKeys,
  Journal,
  LedgerReader,
  LedgerStore,
  NodeObserver,
  PeerNetwork,
  ReceiptKeys,
  Signer,
} from './ports.js';

export type { Divergence } from './audit/own-results.js';

export interface NodePorts {
  readonly store: LedgerStore;
  readonly reader: LedgerReader;
  /** For the scrub; without them there is none. */
  readonly auditRows?: StoredRows | undefined;
  readonly journal: Journal;
  /** The organisation's ledger key; an observer has none, and no vote. */
  readonly signer: Signer | undefined;
  /** Those of identities that the node signs for. */
  readonly identityKeys: IdentityKeys;
  /** Those that sign COSE receipts; a node may have none. */
  readonly receiptKeys: ReceiptKeys;
  readonly network: PeerNetwork;
  readonly clock: Clock;
  readonly observer: NodeObserver;
  readonly verifier: SignatureVerifier;
  /** The node can go on no more; called once. `halted`: a supervisor must not start it again by itself. */
  readonly onFatal: (error: unknown, halted: boolean) => void;
  /** This node may not vote any more: to be remembered for the next start, as `settings.quarantine`. */
  readonly onQuarantined: (quarantine: Quarantine) => void;
  /** The own result is another than the certified one: what it was, to be written down. Names where. */
  readonly onDivergence?: (divergence: Divergence) => string;
  /** Everything up to this height is durable: for what follows the ledger without being part of it. Must not throw. */
  readonly onDurable?: (height: Height) => void;
}

/** Why a node may not vote although it could. */
export interface Quarantine {
  readonly reason: string;
  /** The key that must not vote; `undefined` where the node itself is not to be believed, whatever its key. */
  readonly key: PublicKey | undefined;
}

export interface NodeSettings {
  readonly genesis: Genesis;
  readonly organisation: string;
  readonly batchMs: number;
  readonly shareDelayMs: number;
  readonly statusIntervalMs: number;
  readonly statusCoalesceMs: number;
  readonly fetchRetryMs: number;
  readonly progressTimeoutMs: number;
  readonly progressTimeoutMsMax: number;
  readonly silenceTimeoutMs: number;
  readonly rotationBlocks: number;
  readonly waitersMax: number;
  readonly mempool: MempoolLimits;
  /** There is no scrub without it. */
  readonly audit?: ScrubSettings | undefined;
  /** From an earlier life. */
  readonly quarantine?: Quarantine | undefined;
}

/** The quarantine that is in force: one of another key than the present one is over. */
export function quarantineOf(
  { quarantine }: Pick<NodeSettings, 'quarantine'>,
  signer: Signer | undefined,
): Quarantine | undefined {
  const isOver = quarantine?.key !== undefined && quarantine.key !== signer?.publicKey;
  return isOver ? undefined : quarantine;
}
