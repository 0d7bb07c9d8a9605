/** A seeded protocol bug: a patch on a copy of the source, and how it must be noticed. */
import type { FaultKind, NemesisMode } from '../options.js';

export interface SourcePatch {
  /** Path from the repository's root. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

export interface Mutation {
  readonly name: string;
  readonly patches: readonly SourcePatch[];
  /**
   * A transcript of test/scenarios that must come out otherwise, and the line by which it must: one that the right protocol
   * has and the patched one has not, or the other way round. Seeds are not asked then in the short run.
   */
  readonly scenario?: { readonly file: string; readonly line: string };
  /** Seeds within which it must be noticed; 0 for what no seed can show, because it is repaired before it is seen. */
  readonly seeds: number;
  /** The validators change in the runs that are to show it; they stay the same when absent. */
  readonly membership?: 'changing';
  /** The mode that shows it soonest; all modes in turn when absent. */
  readonly mode?: NemesisMode;
  /** The fault of validator 0, the first primary, that shows it soonest; drawn when absent. */
  readonly firstPrimary?: FaultKind;
}

/** What needs more seeds than this, and has no scenario, is left to the long run. */
export const CHEAP_SEEDS_MAX = 150;
