/**
 * Verified checkpoint lines of heights that have no certificate yet: one for each signer and height
 * (PBFT-CHECKPOINT-2), so at most n lines for each height of the window.
 */
import type { Digest, Height, ValidatorIndex } from '../../primitives/identifiers.js';
import type { CheckpointCertificate } from '../certificate.js';
import type { CheckpointVote } from '../message.js';

export class CheckpointPool {
  private readonly lines = new Map<Height, Map<ValidatorIndex, CheckpointVote>>();

  /** False when the signer's line for this height is held already. */
  add(line: CheckpointVote): boolean {
    const atHeight = this.lines.get(line.height) ?? new Map<ValidatorIndex, CheckpointVote>();
    if (atHeight.has(line.signer)) return false;
    atHeight.set(line.signer, line);
    this.lines.set(line.height, atHeight);
    return true;
  }

  find(height: Height, signer: ValidatorIndex): CheckpointVote | undefined {
    return this.lines.get(height)?.get(signer);
  }

  /** Every line of a height. */
  at(height: Height): readonly CheckpointVote[] {
    return [...(this.lines.get(height)?.values() ?? [])];
  }

  /** Exactly `quorum` lines under one root, ascending by signer, when that many are held. */
  certificate(height: Height, root: Digest, quorum: number): CheckpointCertificate | undefined {
    const equal = [...(this.lines.get(height)?.values() ?? [])].filter((line) => line.root === root);
    if (equal.length < quorum) return undefined;
    equal.sort((left, right) => left.signer - right.signer);
    const signatures = equal.slice(0, quorum).map(({ signer, signature }) => ({ signer, signature }));
    return { height, root, signatures };
  }

  dropUpTo(height: Height): void {
    for (const key of this.lines.keys()) if (key <= height) this.lines.delete(key);
  }

  /** Number of lines held. */
  get size(): number {
    let count = 0;
    for (const atHeight of this.lines.values()) count += atHeight.size;
    return count;
  }
}
