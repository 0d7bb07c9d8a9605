/** What the network is told once, and its bounds with their defaults. Times in milliseconds. */
import type { Clock, NodeObserver, PeerLimits, PeerMember, Signer } from '../node/ports.js';
import type { ChainId, OrganisationName } from '../protocol/primitives/identifiers.js';
import { LEAF_LIFETIME_MS } from './tls/certificate-authority.js';

export interface NetworkTuning {
  /** Time in which a new stream must have brought the peer's Hello, connecting included. */
  readonly helloTimeoutMs: number;
  /** First and longest pause between two attempts to connect; each is shortened by chance to no less than half. */
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  /** A connection that is silent for this long is asked for a sign of life, and cut when none comes. */
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
  /** First and longest exclusion of a peer that sent garbage; doubles with each offence. */
  readonly exclusionMinMs: number;
  readonly exclusionMaxMs: number;
  /** What may wait for one peer; beyond it the oldest bulk messages go first, then the oldest others. */
  readonly queueBytesMax: number;
  readonly queueMessagesMax: number;
  /** What may be handed to the transport and not yet written. */
  readonly inFlightBytesMax: number;
  /** Messages are packed into frames up to about this size, so that a vote never waits behind megabytes. */
  readonly frameBytesTarget: number;
  /** What one peer may send; above it its stream is paused, and its own queue fills. */
  readonly inboundBytesPerSecond: number;
  readonly inboundMessagesPerSecond: number;
  readonly leafLifetimeMs: number;
  /** Observers of one organisation that may be connected at once, and what waits for and comes from one of them. */
  readonly observersPerOrganisationMax: number;
  readonly observerQueueBytesMax: number;
  readonly observerInboundBytesPerSecond: number;
  readonly observerInboundMessagesPerSecond: number;
}

export const NETWORK_DEFAULTS: NetworkTuning = {
  helloTimeoutMs: 1_500,
  reconnectMinMs: 50,
  reconnectMaxMs: 300,
  keepaliveMs: 2_000,
  keepaliveTimeoutMs: 3_000,
  exclusionMinMs: 1_000,
  exclusionMaxMs: 30_000,
  queueBytesMax: 64 * 1024 * 1024,
  queueMessagesMax: 50_000,
  inFlightBytesMax: 1024 * 1024,
  frameBytesTarget: 256 * 1024,
  inboundBytesPerSecond: 128 * 1024 * 1024,
  inboundMessagesPerSecond: 50_000,
  leafLifetimeMs: LEAF_LIFETIME_MS,
  observersPerOrganisationMax: 4,
  observerQueueBytesMax: 16 * 1024 * 1024,
  observerInboundBytesPerSecond: 1024 * 1024,
  observerInboundMessagesPerSecond: 200,
};

/**
 * A member, whether it votes, learns or waits to be admitted, listens, and dials the members after it; an observer dials them all,
 * and nobody dials it.
 */
export type NetworkRole =
  | {
      readonly kind: 'member';
      /** Of the own ledger key in force; asked each time a certificate is issued. */
      readonly signer: () => Signer;
      readonly listen: { readonly host: string; readonly port: number };
    }
  | {
      readonly kind: 'observer';
      /** PEM of `issueObserverCertificate`. */
      readonly certificateFile: string;
    };

export interface NetworkSettings {
  readonly organisation: OrganisationName;
  readonly role: NetworkRole;
  readonly chainId: ChainId;
  /** As known at first; `setMembers` replaces them. The own organisation need not be among them. */
  readonly members: readonly PeerMember[];
  readonly limits: PeerLimits;
  readonly softwareVersion: string;
  /** Organisation → "host:port", in place of what the ledger names. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly tuning?: Partial<NetworkTuning>;
}

export interface NetworkSurroundings {
  readonly clock: Clock;
  readonly observer: NodeObserver;
}
