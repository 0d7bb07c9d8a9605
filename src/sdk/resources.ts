/** What a node answers, as JSON (docs/openapi.json). Digests, keys and ids are lower-case hex, times ISO 8601 in UTC. */
import type { Custody, Role } from '../protocol/ledger/identity.js';
import type {
  BlockHash,
  Digest,
  Height,
  OrganisationName,
  PublicKey,
  TransactionId,
} from '../protocol/primitives/identifiers.js';

export interface OutcomeResource {
  readonly code: 'OK' | 'REPLAYED' | 'FAILED';
  /** With FAILED: why the transaction had no effect (docs/ERRORS.md). */
  readonly failure?: string;
  /** With REPLAYED: the transaction that had the effect. */
  readonly firstId?: TransactionId;
  readonly signer: PublicKey;
  /** `organisation/name`; empty when the key belongs to nobody. */
  readonly identity: string;
  /** `node`: the organisation's node signed for a caller that it had authenticated. */
  readonly custody: Custody;
}

/** Moves forward only: PENDING → COMMITTED or EXPIRED. */
export interface TransactionResource {
  readonly id: TransactionId;
  readonly status: 'PENDING' | 'COMMITTED' | 'EXPIRED';
  readonly height?: Height;
  /** Position in the block. */
  readonly index?: number;
  /** Time of the block. */
  readonly timestamp?: string;
  readonly outcome?: OutcomeResource;
}

export interface CommittedTransaction extends TransactionResource {
  readonly status: 'COMMITTED';
  readonly height: Height;
  readonly index: number;
  readonly outcome: OutcomeResource;
}

/** The place of something whose organisation does not let the caller read it; nothing else of it is told. */
export interface Withheld {
  readonly withheld: true;
  readonly height: Height;
}

/** One transaction of a list: what is on the ledger. */
export type ListedTransaction = Omit<CommittedTransaction, 'status' | 'timestamp'>;

export interface WithheldTransaction extends Withheld {
  readonly index: number;
}

export interface BatchItem {
  readonly status: 'PENDING' | 'COMMITTED' | 'REFUSED';
  /** Absent with REFUSED. */
  readonly id?: TransactionId;
  /** With COMMITTED. */
  readonly transaction?: TransactionResource;
  /** With REFUSED: problem+json. */
  readonly problem?: { readonly code: string; readonly detail: string };
}

/** What the execution of a block gave, the same at every organisation. */
export interface BlockResultResource {
  readonly entryCount: number;
  readonly entriesRoot: Digest;
  readonly stateRoot: Digest;
  /** Base64 of the canonical result record, the leaf of the result log. */
  readonly record: string;
}

export interface BlockResource {
  readonly height: Height;
  readonly hash: BlockHash;
  readonly parentHash: BlockHash;
  readonly timestamp: string;
  readonly epoch: number;
  readonly transactionCount: number;
  readonly transactionRoot: Digest;
  readonly result: BlockResultResource;
  /** Whether a quorum countersigned the result. */
  readonly certified: boolean;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Opaque; absent on the last page. */
  readonly nextCursor?: string;
  readonly asOfHeight: Height;
}

export interface HistoryEntry {
  readonly sequence: number;
  readonly height: Height;
  readonly transactionIndex: number;
  readonly recordIndex: number;
  readonly recordDigest: Digest;
  readonly transactionId: TransactionId;
  readonly timestamp: string;
  /** The record as parsed JSON; its exact bytes are those that the digest is over. */
  readonly record: unknown;
}

export interface HistoryPage extends Page<HistoryEntry | WithheldEntry> {
  readonly subject: string;
  /** Records that name the subject. */
  readonly total: number;
}

export interface WithheldEntry extends Withheld {
  readonly sequence: number;
  readonly transactionIndex: number;
  readonly recordIndex: number;
}

/** One thing that a validator signed; any Ed25519 library can check the signature over the bytes. */
export interface SignedStatementResource {
  readonly kind: VoteKindResource | 'checkpoint';
  /** Block hash, root of the result log, or digest of what was said of a view. */
  readonly digest: Digest;
  /** Base64 of exactly what was signed. */
  readonly signedBytes: string;
  /** Base64. */
  readonly signature: string;
  readonly publicKey: PublicKey;
}

export type VoteKindResource = 'propose' | 'prepare' | 'commit' | 'viewChange' | 'newView';

interface EvidenceOfAnyKind {
  /** Order in which the node saved them. */
  readonly sequence: number;
  /** Whose key signed both statements. */
  readonly organisation: OrganisationName;
  readonly epoch: number;
  readonly savedAt: string;
  /** One sentence for people. */
  readonly meaning: string;
  /** Two, which no correct validator signs both. */
  readonly statements: readonly SignedStatementResource[];
}

export interface ConflictingVotesResource extends EvidenceOfAnyKind {
  readonly kind: 'conflictingVotes';
  readonly voteKind: VoteKindResource;
  readonly view: number;
  /** Absent when the vote is about a view alone. */
  readonly height?: Height;
}

export interface ConflictingCheckpointsResource extends EvidenceOfAnyKind {
  readonly kind: 'conflictingCheckpoints';
  readonly height: Height;
}

export interface ConcealedCommitResource extends EvidenceOfAnyKind {
  readonly kind: 'concealedCommit';
  /** Of the COMMIT. */
  readonly view: number;
  readonly height: Height;
  /** What it said when it left for a later view. */
  readonly claim: {
    readonly view: number;
    readonly base: { readonly height: Height; readonly blockHash: BlockHash };
    readonly tips: readonly {
      readonly view: number;
      readonly height: Height;
      readonly blockHash: BlockHash;
    }[];
  };
  /** Proves the base of the claim; absent when that is genesis. */
  readonly baseCertificate?: {
    readonly view: number;
    readonly signatures: readonly { readonly validator: number; readonly signature: string }[];
  };
}

export type EvidenceResource =
  ConflictingVotesResource | ConflictingCheckpointsResource | ConcealedCommitResource;

/** Not bound to a height: evidence is what this node has seen, not what the ledger holds. */
export type EvidencePage = Omit<Page<EvidenceResource>, 'asOfHeight'>;

/** `waking`: it does not vote yet, because it may have forgotten what it said before. */
export type ValidatorStanding = 'voting' | 'waking' | 'observing' | 'quarantined' | 'halted';

/** What a node knows of a validator; what it never heard is absent. */
export interface ValidatorResource {
  readonly organisation: OrganisationName;
  /** The validator of the node that answers. */
  readonly self: boolean;
  readonly reachable: boolean;
  /** It counts towards the quorum. */
  readonly voting: boolean;
  readonly reachableSince?: string;
  readonly unreachableSince?: string;
  /** Reachable, and without a sign of life for too long. */
  readonly silentSince?: string;
  readonly standing?: ValidatorStanding;
  readonly view?: number;
  readonly phase?: 'active' | 'changing';
  /** Executed. */
  readonly height?: Height;
  readonly lastVote?: {
    readonly kind: 'prepare' | 'commit';
    readonly view: number;
    readonly height: Height;
    readonly ageMs: number;
  };
  /** That of the last vote. */
  readonly lastVoteHeight?: Height;
  /** Its clock minus that of the node that answers. */
  readonly clockOffsetMs?: number;
}

export interface InFlightResource {
  readonly height: Height;
  readonly stage: 'awaited' | 'proposed' | 'accepted' | 'prepared' | 'committed';
  /** Whose votes are held; none any more once the height is committed. */
  readonly prepares: readonly OrganisationName[];
  readonly commits: readonly OrganisationName[];
}

/** A row of the node's database that the ledger did not write. */
export interface ScrubFindingResource {
  readonly table: string;
  /** Columns that name the row, or what is known of it. */
  readonly row: Readonly<Record<string, string | number>>;
  readonly heights: readonly Height[];
  readonly problem: string;
  readonly expected: string;
  readonly found: string;
}

export interface StatusResource {
  /** An observer follows and verifies, and has no vote. */
  readonly role: 'validator' | 'member' | 'observer';
  readonly organisation: OrganisationName;
  readonly standing: ValidatorStanding;
  readonly height: Height;
  readonly certifiedHeight: Height;
  readonly epoch: number;
  readonly view: number;
  readonly phase: 'active' | 'changing';
  readonly primary: OrganisationName;
  readonly quorum: {
    readonly needed: number;
    readonly reachable: number;
    /** Reachable and voting. */
    readonly present: number;
    readonly validators: number;
  };
  readonly validators: readonly ValidatorResource[];
  /** Heights above `height` of which something is known, ascending. */
  readonly inFlight: readonly InFlightResource[];
  readonly viewChange: {
    /** While the view is being changed to. */
    readonly since?: string;
    /** Whose view changes for this view are held. */
    readonly held: readonly OrganisationName[];
    /** Who wants another primary than that of this view. */
    readonly suspectedBy: readonly OrganisationName[];
  };
  /** How far the node has audited its own database; null when that is turned off. */
  readonly scrub: {
    readonly height: Height;
    /** Since the start of the node. */
    readonly passes: number;
    readonly lastPass?: string;
    /** In the last whole audit and since. */
    readonly findingCount: number;
    /** The first of them. */
    readonly findings: readonly ScrubFindingResource[];
  } | null;
  /** Null while nothing is being fetched. */
  readonly catchUp: {
    readonly at: Height;
    readonly target: Height;
    readonly blocksPerSecond?: number;
    readonly from?: OrganisationName;
  } | null;
  readonly mempool: { readonly transactions: number; readonly bytes: number };
  /** How far records can be searched and traced. */
  readonly index: { readonly height: Height; readonly problem?: string };
  readonly health: { readonly state: string; readonly reason?: string };
  /** One sentence: why there is progress, or why there is none. */
  readonly cause: string;
}

export interface OrganisationResource {
  readonly name: OrganisationName;
  /** Ed25519: votes, checkpoint lines, certificate authority. */
  readonly ledgerKey: PublicKey;
  /** It has a vote. */
  readonly validator: boolean;
  /** "host:port" of its node; absent until it has said so. */
  readonly address?: string;
  /** Absent for a founder. */
  readonly admittedHeight?: Height;
  /** First height at which it is no member any more; absent for a member. */
  readonly removedHeight?: Height;
  /** Revoked ones included. */
  readonly identities: number;
  /** Admins that are valid without end; the last one cannot be taken away. */
  readonly lastingAdmins: number;
  /** Who reads its records beside itself: `*` alone for everyone, organisations, or identities. */
  readonly readers: readonly string[];
}

export interface OrganisationList {
  readonly asOfHeight: Height;
  readonly items: readonly OrganisationResource[];
}

interface RightsResource {
  readonly roles: readonly Role[];
  readonly custody: Custody;
  readonly validFromHeight: Height;
  /** Absent when there is no end. */
  readonly validUntilHeight?: Height;
}

interface KeyResource {
  readonly algorithm: 'ed25519';
  readonly publicKey: PublicKey;
}

export interface IdentityResource extends RightsResource, KeyResource {
  /** `organisation/name`. */
  readonly identity: string;
  readonly organisation: OrganisationName;
  readonly name: string;
  readonly revoked: boolean;
  /** 0 is genesis. */
  readonly registeredHeight: Height;
  readonly changedHeight: Height;
}

/** Who calls, as a node knows it. */
export interface CallerResource {
  /** `organisation/name`. */
  readonly identity: string;
  readonly proof: 'signature' | 'token';
  readonly publicKey: PublicKey;
  readonly roles: readonly Role[];
  readonly custody: Custody;
  /** Absent when there is no end. */
  readonly validUntilHeight?: Height;
  /** Operations of the OpenAPI document that it may call at the node. */
  readonly operations: readonly string[];
}

export interface OrganisationHistory {
  readonly organisation: string;
  /** Commands about it. */
  readonly total: number;
  readonly asOfHeight: Height;
  readonly nextCursor?: string;
  readonly items: readonly OrganisationHistoryEntry[];
}

export interface OrganisationHistoryEntry {
  readonly sequence: number;
  readonly height: Height;
  readonly transactionIndex: number;
  readonly transactionId: string;
  readonly timestamp: string;
  /** The admin that signed it: `organisation/name`. */
  readonly by: string;
  readonly command: {
    readonly type:
      | 'setReaders'
      | 'setAddress'
      | 'registerCredential'
      | 'revokeCredential'
      | 'proposeMotion'
      | 'castBallot';
    readonly credential?: {
      readonly name: string;
      readonly type?: string;
      readonly publicKey?: string;
      readonly replaces?: string;
    };
    readonly readers?: readonly string[];
    readonly address?: string;
    /** The motion about it that this command has decided. */
    readonly motionId?: string;
  };
}

export interface IdentityHistoryEntry {
  readonly sequence: number;
  readonly height: Height;
  readonly transactionIndex: number;
  readonly transactionId: string;
  readonly timestamp: string;
  /** The admin that signed it: `organisation/name`. */
  readonly by: string;
  readonly command: {
    readonly type: 'registerIdentity' | 'changeIdentity' | 'rotateIdentityKey' | 'revokeIdentity';
    readonly key?: KeyResource;
    readonly rights?: RightsResource;
  };
}

export interface IdentityHistory {
  readonly identity: string;
  readonly total: number;
  readonly asOfHeight: Height;
  readonly nextCursor?: string;
  readonly items: readonly IdentityHistoryEntry[];
}
