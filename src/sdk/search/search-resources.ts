/** What searches and traces ask for and answer, as JSON (docs/openapi.json, docs/SEARCH.md). */
import type {
  Digest,
  Height,
  OrganisationName,
  TransactionId,
} from '../../protocol/primitives/identifiers.js';
import type { Page, Withheld } from '../resources.js';

/** Every filter that is there must hold; texts are compared byte for byte. Times are RFC 3339; a span holds its beginning and not its end. */
export interface RecordQuery {
  readonly subject?: string;
  /** "epcis" for an event of an EPCIS document. */
  readonly kind?: string;
  readonly organisation?: OrganisationName;
  readonly eventType?: string;
  readonly action?: string;
  readonly bizStep?: string;
  readonly disposition?: string;
  readonly readPoint?: string;
  readonly bizLocation?: string;
  readonly eventId?: string;
  readonly transformationId?: string;
  readonly eventTimeFrom?: string;
  readonly eventTimeTo?: string;
  readonly recordedFrom?: string;
  readonly recordedTo?: string;
  readonly order?: 'newest' | 'oldest';
  readonly orderBy?: 'recorded' | 'eventTime';
  /** INDEX_BEHIND until the index has come so far. */
  readonly minHeight?: Height;
  readonly cursor?: string;
  readonly limit?: number;
}

export interface TraceQuery {
  readonly direction: 'back' | 'forward';
  /** Most steps from the subject. */
  readonly depth?: number;
  /** Most edges. */
  readonly limit?: number;
  readonly minHeight?: Height;
}

/** Where a record lies, and what proves it. */
export interface RecordProof {
  readonly height: Height;
  readonly transactionIndex: number;
  readonly recordIndex: number;
  readonly transactionId: TransactionId;
  readonly timestamp: string;
  readonly recordDigest: Digest;
  /** Of the identity that recorded it. */
  readonly organisation: OrganisationName;
  /** Path of the receipt at the node. */
  readonly receipt: string;
}

export interface FoundRecord extends RecordProof {
  /** The record as parsed JSON; its exact bytes are those that the digest is over. */
  readonly record: unknown;
}

export interface WithheldRecord extends Withheld {
  readonly transactionIndex: number;
  readonly recordIndex: number;
}

export type RecordPage = Page<FoundRecord | WithheldRecord>;

export interface TraceEvent extends RecordProof {
  readonly eventType?: string;
  readonly action?: string;
  readonly bizStep?: string;
  /** As the event says it. */
  readonly eventTime?: string;
}

export interface TraceEdge {
  readonly kind: 'aggregation' | 'disaggregation' | 'association' | 'dissociation' | 'transformation';
  /** From where something was to where it was then, whatever direction was asked for. */
  readonly from: string;
  readonly to: string;
  /** Positions in the events. */
  readonly events: readonly number[];
}

export interface TraceResource {
  readonly subject: string;
  readonly direction: 'back' | 'forward';
  readonly asOfHeight: Height;
  /** Which bound was reached first; absent when the trace is whole. */
  readonly truncated?: 'depth' | 'limit' | 'bytes';
  readonly nodes: readonly {
    readonly subject: string;
    readonly depth: number;
    /** Not followed to its end. */
    readonly open?: true;
  }[];
  readonly edges: readonly TraceEdge[];
  readonly events: readonly TraceEvent[];
  /** Records that link a subject, and that the caller may not read. */
  readonly withheld: readonly (WithheldRecord & { readonly subject: string })[];
}
