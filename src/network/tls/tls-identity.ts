/**
 * The node's own leaf, obtained at start and renewed without a restart, and the TLS rules of both ends: version 1.3, both
 * sides show a leaf, trust in nothing but the members' ledger keys, no session resumption (a resumed session would skip
 * the certificate). Expiry can never keep two validators apart: whoever starts issues itself a new leaf.
 */
import { constants } from 'node:crypto';
import tls, { type SecureContextOptions } from 'node:tls';
import grpc from '@grpc/grpc-js';
import type { Clock, NodeObserver } from '../../node/ports.js';
import type { ValidatorSet } from '../../protocol/ledger/validator-set.js';
import type { OrganisationName, TimestampMs } from '../../protocol/primitives/identifiers.js';
import { invariant } from '../../protocol/primitives/invariant.js';
import { trustAnchorPem, type LeafCertificate } from './certificate-authority.js';
import { describePeer, MemberKeys, type PeerIdentity } from './peer-identity.js';

const RENEWAL_RETRY_MS = 60_000;
/** Whoever connects and does not prove who it is holds a socket for no longer than this. */
const HANDSHAKE_TIMEOUT_MS = 5_000;
/** Timers of the platform end at 2^31 − 1 ms. */
const TIMER_MS_MAX = 86_400_000;

/** Server side of mutual TLS whose leaf can be swapped while it listens. */
class RenewableServerCredentials extends grpc.ServerCredentials {
  constructor(context: SecureContextOptions) {
    super({ requestCert: true, rejectUnauthorized: true, handshakeTimeout: HANDSHAKE_TIMEOUT_MS }, context);
  }

  renew(context: SecureContextOptions): void {
    this.updateSecureContextOptions(context);
  }

  override _equals(other: grpc.ServerCredentials): boolean {
    return this === other;
  }
}

/** Where the node's leaves come from: the organisation's own key, or a file that it has issued. */
export interface LeafSource {
  /** The leaf to use from now on, and when to ask for the next. Rejects with LedgerError. */
  obtain(): Promise<{ readonly leaf: LeafCertificate; readonly nextAtMs: TimestampMs }>;
}

export class TlsIdentity {
  readonly memberKeys: MemberKeys;
  private anchors: readonly string[] = [];
  private context: SecureContextOptions | undefined;
  private clientContext: tls.SecureContext | undefined;
  private credentials: RenewableServerCredentials | undefined;
  private certificatePem: string | undefined;
  private notAfterMs: TimestampMs = 0;
  private nextAtMs: TimestampMs = 0;
  private cancelTimer: (() => void) | undefined;
  private stopped = false;

  constructor(
    private readonly members: ValidatorSet,
    private readonly source: LeafSource,
    private readonly clock: Clock,
    private readonly observer: Pick<NodeObserver, 'log'>,
  ) {
    this.memberKeys = new MemberKeys(members);
  }

  /** Obtains the first leaf. Rejects when its source does. */
  async start(): Promise<void> {
    this.anchors = await Promise.all(
      this.members.map(({ organisation, ledgerKey }) => trustAnchorPem(organisation, ledgerKey)),
    );
    await this.renew();
    this.scheduleRenewal();
  }

  stop(): void {
    this.stopped = true;
    this.cancelTimer?.();
  }

  leafNotAfterMs(): TimestampMs {
    return this.notAfterMs;
  }

  /** Replaces the leaf; connections that stand keep the old one until it expires. */
  async renew(): Promise<void> {
    const { leaf, nextAtMs } = await this.source.obtain();
    this.nextAtMs = nextAtMs;
    if (leaf.certificatePem === this.certificatePem) return;
    this.certificatePem = leaf.certificatePem;
    this.notAfterMs = leaf.notAfterMs;
    this.context = {
      ca: [...this.anchors],
      cert: leaf.certificatePem,
      key: leaf.privateKeyPem,
      minVersion: 'TLSv1.3',
      secureOptions: constants.SSL_OP_NO_TICKET,
    };
    this.clientContext = tls.createSecureContext(this.context);
    this.credentials?.renew(this.context);
    this.observer.log('info', 'a new TLS certificate is in use', {
      expires: new Date(leaf.notAfterMs).toISOString(),
    });
  }

  serverCredentials(): grpc.ServerCredentials {
    invariant(this.context !== undefined, 'a leaf is issued before the server listens');
    this.credentials ??= new RenewableServerCredentials(this.context);
    return this.credentials;
  }

  /** Accepts the peer's leaf only if it is `organisation`'s; tells `onIdentified` when it expires. */
  channelCredentials(
    organisation: OrganisationName,
    onIdentified: (identity: PeerIdentity) => void,
  ): grpc.ChannelCredentials {
    invariant(this.clientContext !== undefined, 'a leaf is issued before the node dials');
    return grpc.ChannelCredentials.createFromSecureContext(this.clientContext, {
      checkServerIdentity: (_name, certificate) => {
        const identity = this.memberKeys.identify(certificate.raw, this.clock.wallMs());
        if (!identity.ok) return new Error(identity.rejection.message);
        if (identity.value.organisation !== organisation || identity.value.observer !== undefined) {
          return new Error(`dialled ${organisation}, reached ${describePeer(identity.value)}`);
        }
        onIdentified(identity.value);
        return undefined;
      },
    });
  }

  private scheduleRenewal(): void {
    if (this.stopped) return;
    const delayMs = this.nextAtMs - this.clock.wallMs();
    this.cancelTimer = this.clock.schedule(Math.min(Math.max(delayMs, 0), TIMER_MS_MAX), () => {
      if (this.clock.wallMs() < this.nextAtMs) this.scheduleRenewal();
      else void this.renewWhenDue();
    });
  }

  private async renewWhenDue(): Promise<void> {
    try {
      await this.renew();
    } catch (error) {
      this.observer.log('error', 'the TLS certificate could not be renewed; trying again', {
        error: String(error),
        expires: new Date(this.notAfterMs).toISOString(),
      });
      this.nextAtMs = this.clock.wallMs() + RENEWAL_RETRY_MS;
    }
    this.scheduleRenewal();
  }
}
