/** What a node says of motions and of who votes. */
import type {
  Height,
  OrganisationName,
  PublicKey,
  TransactionId,
} from '../../protocol/primitives/identifiers.js';

export type MotionStatusName = 'open' | 'accepted' | 'rejected' | 'withdrawn' | 'expired';

export interface MotionActionResource {
  readonly type:
    | 'admitOrganisation'
    | 'promoteValidator'
    | 'demoteValidator'
    | 'removeOrganisation'
    | 'rotateLedgerKey'
    | 'setParameters';
  /** Whom it is about; absent for parameters. */
  readonly organisation?: OrganisationName;
  readonly ledgerKey?: PublicKey;
  /** "host:port" of a new organisation. */
  readonly address?: string;
  /** First admin of a new organisation. */
  readonly admin?: { readonly name: string; readonly publicKey: PublicKey };
  readonly parameters?: readonly { readonly name: string; readonly value: number }[];
}

export interface MotionResource {
  /** That of the transaction that proposed it. */
  readonly id: TransactionId;
  readonly proposer: OrganisationName;
  readonly action: MotionActionResource;
  /** As of the next block. */
  readonly status: MotionStatusName;
  readonly proposedHeight: Height;
  /** Last height at which a ballot counts. */
  readonly expiresHeight: Height;
  /** Absent while it is open. */
  readonly closedHeight?: Height;
  /** Who must approve; of an open motion. */
  readonly rule?: 'moreThanHalf' | 'quorum' | 'all';
  /** Organisations that have a ballot, and how many of them must approve. */
  readonly validators: number;
  readonly needed: number;
  readonly approvals: number;
  readonly rejections: number;
  readonly ballots: readonly {
    readonly organisation: OrganisationName;
    readonly approve: boolean;
    readonly height: Height;
  }[];
}

export interface MotionAnswer {
  readonly asOfHeight: Height;
  readonly motion: MotionResource;
}

export interface MotionHistory {
  readonly motion: TransactionId;
  readonly total: number;
  readonly asOfHeight: Height;
  readonly nextCursor?: string;
  readonly items: readonly {
    readonly sequence: number;
    readonly height: Height;
    readonly transactionIndex: number;
    readonly transactionId: string;
    readonly timestamp: string;
    /** The admin that signed it: `organisation/name`. */
    readonly by: string;
    readonly command: {
      readonly type: 'proposeMotion' | 'castBallot' | 'withdrawMotion';
      readonly approve?: boolean;
    };
  }[];
}

export interface EpochTermsResource {
  readonly epoch: number;
  readonly firstHeight: Height;
  readonly validators: readonly {
    readonly organisation: OrganisationName;
    readonly ledgerKey: PublicKey;
  }[];
  readonly parameters: Readonly<Record<string, number>>;
}

export type MembershipStepName = 'promote' | 'demote' | 'remove' | 'rotateKey';

export interface SeenQuorumResource {
  readonly validators: number;
  readonly needed: number;
  readonly reachable: number;
}

/** What a change of the validators would do to progress, by what the asked node sees. */
export interface PreflightResource {
  readonly before: SeenQuorumResource;
  readonly after: SeenQuorumResource;
  /** Of the new validators, those of whom none may go down; empty while one can be spared. */
  readonly mustStayUp: readonly OrganisationName[];
  /** Blocks that a new validator is behind; absent when it is none, or has said nothing. */
  readonly lagBlocks?: number;
  /** Empty: nothing speaks against it. */
  readonly problems: readonly { readonly code: string; readonly message: string }[];
}

export interface ValidatorList {
  readonly asOfHeight: Height;
  readonly inForce: EpochTermsResource;
  /** What is scheduled; absent when nothing is. */
  readonly pending?: EpochTermsResource;
  /** Members without a vote. */
  readonly learners: readonly {
    readonly organisation: OrganisationName;
    readonly ledgerKey: PublicKey;
    readonly address?: string;
  }[];
}
