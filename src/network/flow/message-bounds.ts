/** How long messages and frames may be, as the ledger grows. The bounds never shrink: earlier blocks are still served and fetched. */
import type { ChannelOptions } from '@grpc/grpc-js';
import type { PeerLimits } from '../../node/ports.js';
import { transportOptions } from '../grpc-service.js';
import {
  MESSAGE_BYTES_MAX,
  messageLimits,
  widerLimits,
  type MessageLimits,
} from '../message-mapping/message-limits.js';
import type { NetworkTuning } from '../network-settings.js';

/** Room for the framing of a frame that carries one message of the largest size. */
const FRAME_SLACK_BYTES = 1024;

export class MessageBounds {
  private limits: MessageLimits;
  /** The server reads them again for each call. */
  readonly serverOptions: ChannelOptions;

  constructor(
    private told: PeerLimits,
    private readonly tuning: NetworkTuning,
  ) {
    this.limits = messageLimits(told.validators, told.parameters);
    this.serverOptions = this.transport(MESSAGE_BYTES_MAX);
  }

  get messages(): MessageLimits {
    return this.limits;
  }

  /** For streams that begin from now on; running ones decode more, and their transport takes what it took. */
  widen(limits: PeerLimits): void {
    this.told = widerLimits(this.told, limits);
    this.limits = messageLimits(this.told.validators, this.told.parameters);
    Object.assign(this.serverOptions, this.transport(MESSAGE_BYTES_MAX));
  }

  /** Of a new channel. */
  channelOptions(): ChannelOptions {
    return this.transport(this.limits.messageBytesMax);
  }

  /** Less room than for a member, whose messages decide; still enough for the largest message twice. */
  observerTuning(): NetworkTuning {
    const { observerQueueBytesMax, observerInboundBytesPerSecond, observerInboundMessagesPerSecond } =
      this.tuning;
    return {
      ...this.tuning,
      queueBytesMax: Math.max(observerQueueBytesMax, 2 * this.limits.messageBytesMax),
      inboundBytesPerSecond: observerInboundBytesPerSecond,
      inboundMessagesPerSecond: observerInboundMessagesPerSecond,
    };
  }

  private transport(sessionMessageBytesMax: number): ChannelOptions {
    const { keepaliveMs, keepaliveTimeoutMs, frameBytesTarget } = this.tuning;
    const frameBytesMax = (bytes: number): number => Math.max(bytes, frameBytesTarget) + FRAME_SLACK_BYTES;
    return transportOptions(
      frameBytesMax(this.limits.messageBytesMax),
      frameBytesMax(sessionMessageBytesMax),
      keepaliveMs,
      keepaliveTimeoutMs,
    );
  }
}
