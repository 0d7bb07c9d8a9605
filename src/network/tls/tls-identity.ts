/**
 * The node's own leaf, issued at start and renewed without a restart, and the TLS rules of both ends: version 1.3, both
 * sides show a leaf, trust in nothing but the members' ledger keys, no session resumption (a resumed session would skip
 * the certificate). Expiry can never keep two honest nodes apart: whoever starts issues itself a new leaf.
 */
import { constants } from 'node:crypto';
import tls, { type SecureContextOptions } from 'node:tls';
import grpc from '@grpc/grpc-js';
import type { Clock, NodeObserver, Signer } from '../../node/ports.js';
import type { ValidatorSet } from '../../protocol/ledger/validator-set.js';
import type { OrganisationName, TimestampMs } from '../../protocol/primitives/identifiers.js';
import { invariant } from '../../protocol/primitives/invariant.js';
import { issueLeaf, trustAnchorPem } from './certificate-authority.js';
import { MemberKeys, type PeerIdentity } from './peer-identity.js';

/** Renewed when a third of its life is left. */
const RENEWAL_AT = 2 / 3;
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

export interface TlsIdentitySettings {
  readonly organisation: OrganisationName;
  readonly members: ValidatorSet;
  readonly leafLifetimeMs: number;
}

export class TlsIdentity {
  readonly memberKeys: MemberKeys;
  private anchors: readonly string[] = [];
  private context: SecureContextOptions | undefined;
  private clientContext: tls.SecureContext | undefined;
  private credentials: RenewableServerCredentials | undefined;
  private notAfterMs: TimestampMs = 0;
  private cancelTimer: (() => void) | undefined;

  constructor(
    private readonly settings: TlsIdentitySettings,
    private readonly signer: Signer,
    private readonly clock: Clock,
    private readonly observer: Pick<NodeObserver, 'log'>,
  ) {
    this.memberKeys = new MemberKeys(settings.members);
  }

  /** Issues the first leaf. Rejects when the signer does. */
  async start(): Promise<void> {
    this.anchors = await Promise.all(
      this.settings.members.map(({ organisation, ledgerKey }) => trustAnchorPem(organisation, ledgerKey)),
    );
    await this.renew();
    this.scheduleRenewal(this.renewalDelayMs());
  }

  stop(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
  }

  leafNotAfterMs(): TimestampMs {
    return this.notAfterMs;
  }

  /** Replaces the leaf; connections that stand keep the old one until it expires. */
  async renew(): Promise<void> {
    const { organisation, leafLifetimeMs } = this.settings;
    const leaf = await issueLeaf(organisation, this.signer, this.clock, leafLifetimeMs);
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
    this.observer.log('info', 'issued a new TLS certificate', {
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
        if (identity.value.organisation !== organisation) {
          return new Error(`dialled ${organisation}, reached ${identity.value.organisation}`);
        }
        onIdentified(identity.value);
        return undefined;
      },
    });
  }

  private renewalDelayMs(): number {
    return this.notAfterMs - this.clock.wallMs() - (1 - RENEWAL_AT) * this.settings.leafLifetimeMs;
  }

  private scheduleRenewal(delayMs: number): void {
    this.cancelTimer = this.clock.schedule(Math.min(Math.max(delayMs, 0), TIMER_MS_MAX), () => {
      if (this.renewalDelayMs() > 0) this.scheduleRenewal(this.renewalDelayMs());
      else void this.renewWhenDue();
    });
  }

  private async renewWhenDue(): Promise<void> {
    try {
      await this.renew();
      this.scheduleRenewal(this.renewalDelayMs());
    } catch (error) {
      this.observer.log('error', 'the TLS certificate could not be renewed; trying again', {
        error: String(error),
        expires: new Date(this.notAfterMs).toISOString(),
      });
      this.scheduleRenewal(RENEWAL_RETRY_MS);
    }
  }
}
