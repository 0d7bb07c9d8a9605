/**
 * The newest Suspect of each validator: at most n. A suspicion is repeated for as long as it is held, and counts for no
 * longer than that (PBFT-VIEW-1), so that three single complaints of a long year do not add up to a view change.
 */
import type { Epoch, MonotonicMs, ValidatorIndex, View } from '../../primitives/identifiers.js';
import type { TimeoutCertificate } from '../certificate.js';
import type { Suspect } from '../message.js';

interface HeldSuspect {
  readonly message: Suspect;
  heardAtMs: MonotonicMs;
}

export class SuspectPool {
  private readonly held = new Map<ValidatorIndex, HeldSuspect>();

  /** Keeps the newest view of each signer; the same one again is fresh again. */
  add(message: Suspect, nowMs: MonotonicMs): void {
    const known = this.held.get(message.signer);
    if (known !== undefined && known.message.view > message.view) return;
    this.held.set(message.signer, { message, heardAtMs: nowMs });
  }

  find(signer: ValidatorIndex): Suspect | undefined {
    return this.held.get(signer)?.message;
  }

  /** When a signer was last heard; long ago when it never was. */
  heardAtMs(signer: ValidatorIndex): MonotonicMs {
    return this.held.get(signer)?.heardAtMs ?? -Infinity;
  }

  /** Who suspects the primary of `view`, as said at or after `sinceMs`. */
  signers(view: View, sinceMs: MonotonicMs): readonly ValidatorIndex[] {
    return this.suspects(view, sinceMs).map(({ signer }) => signer);
  }

  /** Views that somebody suspects, highest first. */
  views(): readonly View[] {
    const views = new Set([...this.held.values()].map(({ message }) => message.view));
    return [...views].sort((left, right) => right - left);
  }

  /** Exactly `quorum` of them as a certificate, when there are that many. */
  certificate(
    epoch: Epoch,
    view: View,
    quorum: number,
    sinceMs: MonotonicMs,
  ): TimeoutCertificate | undefined {
    const suspects = this.suspects(view, sinceMs);
    if (suspects.length < quorum) return undefined;
    const signatures = suspects.slice(0, quorum).map(({ signer, signature }) => ({ signer, signature }));
    return { epoch, view, signatures };
  }

  remove(signer: ValidatorIndex): void {
    this.held.delete(signer);
  }

  /** Views below `view` are over. */
  dropBelow(view: View): void {
    for (const [signer, { message }] of this.held) if (message.view < view) this.held.delete(signer);
  }

  get size(): number {
    return this.held.size;
  }

  /** Ascending by signer. */
  private suspects(view: View, sinceMs: MonotonicMs): readonly Suspect[] {
    return [...this.held.values()]
      .filter(({ message, heardAtMs }) => message.view === view && heardAtMs >= sinceMs)
      .map(({ message }) => message)
      .sort((left, right) => left.signer - right.signer);
  }
}
