/**
 * What a block writes, layered over the state before it. A transaction that fails is rolled back to the checkpoint
 * taken before it. In the end the writes come in the order of their key digests, the same at every organisation.
 */
import { bytesEqual, compareBytes } from '../primitives/bytes.js';
import { invariant } from '../primitives/invariant.js';
import { stateKeyDigest, type StateKey } from './state-key.js';
import type { StateView } from './state-view.js';

export interface StateWrite {
  readonly key: StateKey;
  /** SHA-256 of the key's bytes. */
  readonly keyDigest: Uint8Array;
  /** `undefined` deletes the key. */
  readonly value: Uint8Array | undefined;
}

interface UndoStep {
  readonly key: StateKey;
  readonly written: boolean;
  readonly value: Uint8Array | undefined;
}

function sameValue(left: Uint8Array | undefined, right: Uint8Array | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return bytesEqual(left, right);
}

export class WriteSet implements StateView {
  private readonly written = new Map<StateKey, Uint8Array | undefined>();
  private readonly undo: UndoStep[] = [];

  constructor(private readonly base: StateView) {}

  get(key: StateKey): Uint8Array | undefined {
    return this.written.has(key) ? this.written.get(key) : this.base.get(key);
  }

  put(key: StateKey, value: Uint8Array): void {
    this.write(key, value);
  }

  delete(key: StateKey): void {
    this.write(key, undefined);
  }

  private write(key: StateKey, value: Uint8Array | undefined): void {
    const written = this.written.has(key);
    // Also refuses a key that was not declared: its neighbours in the state tree have not been read.
    const before = this.get(key);
    this.undo.push({ key, written, value: written ? before : undefined });
    this.written.set(key, value);
  }

  /** Mark to which `rollback` returns. */
  checkpoint(): number {
    return this.undo.length;
  }

  /** Undoes every write since the checkpoint. */
  rollback(checkpoint: number): void {
    invariant(checkpoint >= 0 && checkpoint <= this.undo.length, `no checkpoint ${checkpoint}`);
    while (this.undo.length > checkpoint) {
      const step = this.undo.pop();
      if (step === undefined) return;
      if (step.written) this.written.set(step.key, step.value);
      else this.written.delete(step.key);
    }
  }

  /** Number of keys written so far. */
  get size(): number {
    return this.written.size;
  }

  /** The changes against the base, ascending by key digest; a write that leaves the value as it was is none. */
  writes(): readonly StateWrite[] {
    const changes: StateWrite[] = [];
    for (const [key, value] of this.written) {
      if (!sameValue(value, this.base.get(key))) changes.push({ key, keyDigest: stateKeyDigest(key), value });
    }
    return changes.sort((left, right) => compareBytes(left.keyDigest, right.keyDigest));
  }
}
