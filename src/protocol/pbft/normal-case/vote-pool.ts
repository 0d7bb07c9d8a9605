/**
 * Verified PREPAREs and COMMITs above the committed height. A signer has one vote for each (kind, view, height)
 * (PBFT-VOTE-1), votes count together only when view, height and hash are equal (PBFT-VOTE-4), and a signer holds
 * at most the two newest views of a kind and height: n × 2 kinds × 2 views × 3L votes in all.
 */
import type { BlockHash, Epoch, Height, ValidatorIndex, View } from '../../primitives/identifiers.js';
import type { QuorumCertificate, VoteKind } from '../certificate.js';
import type { Vote } from '../message.js';

const VIEWS_PER_SIGNER = 2;

/** What identical votes agree on. */
export interface VoteSubject {
  readonly kind: VoteKind;
  readonly epoch: Epoch;
  readonly view: View;
  readonly height: Height;
  readonly blockHash: BlockHash;
}

export class VotePool {
  private readonly votes = new Map<Height, Vote[]>();

  /** False when the signer's vote for this kind, view and height is held already, or its views are newer. */
  add(vote: Vote): boolean {
    const atHeight = this.votes.get(vote.height) ?? [];
    const ofSigner = atHeight.filter((held) => held.signer === vote.signer && held.kind === vote.kind);
    if (ofSigner.some((held) => held.view === vote.view)) return false;
    if (ofSigner.length >= VIEWS_PER_SIGNER) {
      const oldest = ofSigner.reduce((left, right) => (left.view < right.view ? left : right));
      if (oldest.view > vote.view) return false;
      atHeight.splice(atHeight.indexOf(oldest), 1);
    }
    atHeight.push(vote);
    this.votes.set(vote.height, atHeight);
    return true;
  }

  find(kind: VoteKind, view: View, height: Height, signer: ValidatorIndex): Vote | undefined {
    return this.votes
      .get(height)
      ?.find((vote) => vote.signer === signer && vote.kind === kind && vote.view === view);
  }

  /** COMMITs of one signer, in any view and height. */
  commitsOf(signer: ValidatorIndex): readonly Vote[] {
    return [...this.votes.values()].flatMap((votes) =>
      votes.filter((vote) => vote.signer === signer && vote.kind === 'commit'),
    );
  }

  /** Exactly `quorum` identical votes, ascending by signer, when that many are held. */
  certificate(subject: VoteSubject, quorum: number): QuorumCertificate | undefined {
    const { kind, epoch, view, height, blockHash } = subject;
    const identical = (this.votes.get(height) ?? []).filter(
      (vote) =>
        vote.kind === kind && vote.epoch === epoch && vote.view === view && vote.blockHash === blockHash,
    );
    if (identical.length < quorum) return undefined;
    identical.sort((left, right) => left.signer - right.signer);
    const signatures = identical.slice(0, quorum).map(({ signer, signature }) => ({ signer, signature }));
    return { kind, epoch, view, height, blockHash, signatures };
  }

  /** Which validators' votes of this kind and view are held, by index. */
  bitmap(kind: VoteKind, view: View, height: Height, validatorCount: number): readonly boolean[] {
    const bits = new Array<boolean>(validatorCount).fill(false);
    for (const vote of this.votes.get(height) ?? []) {
      if (vote.kind === kind && vote.view === view) bits[vote.signer] = true;
    }
    return bits;
  }

  highestHeight(): Height {
    return Math.max(0, ...this.votes.keys());
  }

  dropUpTo(height: Height): void {
    for (const key of this.votes.keys()) if (key <= height) this.votes.delete(key);
  }

  clear(): void {
    this.votes.clear();
  }

  /** Number of votes held. */
  get size(): number {
    let count = 0;
    for (const atHeight of this.votes.values()) count += atHeight.length;
    return count;
  }
}
