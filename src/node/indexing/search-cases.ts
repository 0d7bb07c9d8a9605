/** What searches and traces offer to the edges of the node; src/node/use-cases.ts hands it on. */
import type { Reader } from '../../protocol/governance/reading.js';
import type { Height, OrganisationName } from '../../protocol/primitives/identifiers.js';
import type { FoundRecord, RecordPlace, RecordQuery, SearchPosition } from '../index-ports.js';
import type { IndexStanding } from './record-indexer.js';

export interface RecordSearchQuery extends Omit<RecordQuery, 'owners'> {
  /** Of its records alone. */
  readonly organisation?: OrganisationName | undefined;
}

export interface WithheldPlace extends RecordPlace {
  readonly withheld: true;
}

export interface RecordSearchPage {
  readonly items: readonly (FoundRecord | WithheldPlace)[];
  /** May be there although the page is short, or empty. */
  readonly next: SearchPosition | undefined;
}

export type TraceDirection = 'back' | 'forward';

export interface TraceQuery {
  readonly subject: string;
  readonly direction: TraceDirection;
  /** Steps from the subject at most. */
  readonly depth: number;
  /** Edges at most, withheld ones included. */
  readonly limit: number;
  readonly asOfHeight: Height;
}

export type EdgeKind = 'aggregation' | 'disaggregation' | 'association' | 'dissociation' | 'transformation';

/** From where something was to where it was then, whatever direction is asked for. */
export interface TraceEdge {
  readonly kind: EdgeKind;
  readonly from: string;
  readonly to: string;
  /** Positions in the events: one, or the two of a transformation that was recorded in parts. */
  readonly events: readonly number[];
}

export interface TraceNode {
  readonly subject: string;
  /** Steps from the subject that was asked for. */
  readonly depth: number;
  /** It was not looked at, or not to its end: the trace may go on here. */
  readonly open: boolean;
}

export interface TraceEvent extends Omit<FoundRecord, 'record'> {
  readonly eventType: string | undefined;
  readonly action: string | undefined;
  readonly bizStep: string | undefined;
  /** As the event says it. */
  readonly eventTime: string | undefined;
}

/** A record that links the subject to others, and whose organisation does not let the reader read it. */
export interface WithheldLink extends WithheldPlace {
  readonly subject: string;
}

export interface Trace {
  readonly nodes: readonly TraceNode[];
  readonly edges: readonly TraceEdge[];
  readonly events: readonly TraceEvent[];
  readonly withheld: readonly WithheldLink[];
  /** Why nodes are open; `undefined` when the trace is whole. */
  readonly truncated: 'depth' | 'limit' | 'bytes' | undefined;
}

export interface Records {
  standing(): IndexStanding;
  /** Height that an answer now is true for. */
  indexedHeight(): Promise<Height>;
  search(reader: Reader, query: RecordSearchQuery): Promise<RecordSearchPage>;
  trace(reader: Reader, query: TraceQuery): Promise<Trace>;
}
