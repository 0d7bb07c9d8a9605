/** What a command of governance does: it changes entries of the state, and is itself listed in the history of what it changes. */
import type { ResolvedSigner } from '../governance/signer.js';
import type { FailureCode } from '../ledger/outcome.js';
import type { Height, OrganisationName } from '../primitives/identifiers.js';
import type { Rejection } from '../primitives/rejection.js';
import type { StateKey } from '../state/state-key.js';
import type { WriteSet } from '../state/write-set.js';

export interface ChangeContext {
  readonly signer: ResolvedSigner;
  /** Of the block. */
  readonly height: Height;
}

export interface PlannedChange {
  /** Every entry that it may read or write when somebody of `organisation` signs it, its history apart. */
  readonly stateKeys: (organisation: OrganisationName) => readonly StateKey[];
  readonly historyKey: (organisation: OrganisationName) => StateKey;
  /** A flaw that shows only when the signer's organisation is known, before the state is looked at. */
  readonly flawFor: (organisation: OrganisationName) => Rejection | undefined;
  /** Writes the new entries, or says why it may not; what it has written by then is rolled back. */
  readonly apply: (context: ChangeContext, state: WriteSet) => FailureCode | undefined;
}

/** The most entries that a change writes, its history included. */
export const CHANGE_STATE_WRITES_MAX = 4;
