/** What a command of governance does: it changes entries of the state, and is itself listed in the history of what it changes. */
import type { ResolvedSigner } from '../governance/signer.js';
import type { EpochTerms } from '../ledger/epoch-terms.js';
import type { FailureCode } from '../ledger/outcome.js';
import type { Height, OrganisationName } from '../primitives/identifiers.js';
import type { Rejection } from '../primitives/rejection.js';
import type { StateKey } from '../state/state-key.js';
import type { StateView } from '../state/state-view.js';
import type { WriteSet } from '../state/write-set.js';

export interface ChangeContext {
  readonly signer: ResolvedSigner;
  /** Of the block. */
  readonly height: Height;
  /** In force at this height. What is scheduled stands in the state. */
  readonly terms: EpochTerms;
  /** The state before the block. */
  readonly before: StateView;
}

/** Another history that lists the command too, because of what it has brought about. */
export interface AlsoListed {
  readonly alsoListedIn: StateKey;
}

export interface PlannedChange {
  /** Entries that say which others it may read or write; read before, with the signers. */
  readonly keysReadFirst?: readonly StateKey[];
  /**
   * Every entry that it may read or write when somebody of `organisation` signs it, its history apart. `first` holds the
   * entries of `keysReadFirst` as they are before the block.
   */
  readonly stateKeys: (organisation: OrganisationName, first: StateView) => readonly StateKey[];
  readonly historyKey: (organisation: OrganisationName) => StateKey;
  /** The most entries that it writes, its history included. */
  readonly stateWrites: number;
  /** A flaw that shows only when the signer's organisation is known, before the state is looked at. */
  readonly flawFor: (organisation: OrganisationName) => Rejection | undefined;
  /** Writes the new entries, or says why it may not; what it has written by then is rolled back. */
  readonly apply: (context: ChangeContext, state: WriteSet) => FailureCode | AlsoListed | undefined;
}

/** Declared for a command about an identity or readers: two or three entries and its history. */
export const OWN_CHANGE_STATE_WRITES = 4;
