/** Why the last attempt to reach a peer failed: attempts are many, and each reason is logged once. */
import { status } from '@grpc/grpc-js';
import type { NodeObserver } from '../../node/ports.js';
import type { PeerIndex } from '../../protocol/primitives/identifiers.js';

const UNANSWERED =
  'no answer came to the certificate of this node: a peer lets in nobody who is no member of its ledger, or has another ledger key there';

export class FailedAttempts {
  private readonly reasons = new Map<PeerIndex, string>();

  constructor(private readonly observer: Pick<NodeObserver, 'log'>) {}

  /** `hasProven` says that the peer had shown its own certificate. */
  onFailed(index: PeerIndex, peer: string, cause: string, hasProven: boolean): void {
    // TLS has no words for a certificate that is not trusted: the connection ends without a status of the other side.
    const isUnanswered = hasProven && cause.startsWith(`${status.UNAVAILABLE} `);
    const reason = isUnanswered ? `${cause}; ${UNANSWERED}` : cause;
    if (this.reasons.get(index) === reason) return;
    this.reasons.set(index, reason);
    this.observer.log('warn', 'no stream to a peer yet; trying again', { peer, reason });
  }

  forget(index: PeerIndex): void {
    this.reasons.delete(index);
  }

  /** Forgets all but those. */
  keep(isKept: (index: PeerIndex) => boolean): void {
    for (const index of this.reasons.keys()) if (!isKept(index)) this.reasons.delete(index);
  }
}
