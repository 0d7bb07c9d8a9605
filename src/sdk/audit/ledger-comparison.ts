/** What the comparison of two nodes comes to. */
import type { Height } from '../../protocol/primitives/identifiers.js';
import type { AuditClient } from './audit-client.js';
import type { CountersignClient } from '../countersign-client.js';

/** One of the two nodes. */
export type ComparedNode = Pick<CountersignClient, 'genesis' | 'status' | 'transactions'> & {
  readonly audit: Pick<AuditClient, 'result' | 'state'>;
};

/** A field as each of the two has it. */
export interface FieldDifference {
  /** `header.parentHash`, `result.stateRoot`, `logRoot`, … */
  readonly field: string;
  readonly first: string;
  readonly second: string;
}

export interface OutcomeDifference {
  /** Position in the block. */
  readonly index: number;
  /** Transaction id and outcome in words; `undefined` where there is no such transaction. */
  readonly first: string | undefined;
  readonly second: string | undefined;
}

/** The lowest height at which the two disagree. */
export interface HeightDifference {
  readonly height: Height;
  readonly fields: readonly FieldDifference[];
  readonly outcomes: readonly OutcomeDifference[];
}

/** Digest of a value, and the heights between which it was seen. */
export interface SeenValue {
  /** `undefined`: there is no such entry. */
  readonly valueDigest: string | undefined;
  readonly fromHeight: Height;
  readonly toHeight: Height;
}

export interface KeyDifference {
  readonly keyDigest: string;
  /** `subject/urn:…`, as far as its parts are text. */
  readonly key: string;
  readonly first: SeenValue;
  readonly second: SeenValue;
}

export interface LedgerComparison {
  readonly equal: boolean;
  /** Up to which both have been compared. */
  readonly height: Height;
  readonly heads: { readonly first: Height; readonly second: Height };
  readonly firstDifference: HeightDifference | undefined;
  readonly keys: readonly KeyDifference[];
  /** True when there may be more than were asked for. */
  readonly keysTruncated: boolean;
  /** Keys that kept changing while they were looked at. */
  readonly unsettled: readonly string[];
  /** Entries of the state that were held against each other. */
  readonly entries: number;
}
