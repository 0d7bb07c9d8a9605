/**
 * The world state as execution reads it. A block's commands declare their keys, which are read in one query before
 * execution; reading another key is a broken invariant, because another organisation might answer it differently.
 */
import { invariant } from '../primitives/invariant.js';
import type { StateKey } from './state-key.js';

export interface StateView {
  /** Value of a declared key, `undefined` when it has none; throws InvariantViolation when it was not declared. */
  get(key: StateKey): Uint8Array | undefined;
}

/** The declared keys of one block with their values (`undefined`: declared, and absent). Values are not changed. */
export class PrefetchedState implements StateView {
  private readonly values: ReadonlyMap<StateKey, Uint8Array | undefined>;

  constructor(entries: Iterable<readonly [StateKey, Uint8Array | undefined]>) {
    this.values = new Map(entries);
  }

  get(key: StateKey): Uint8Array | undefined {
    invariant(this.values.has(key), `state key ${key} is read or written but was not declared`);
    return this.values.get(key);
  }
}
