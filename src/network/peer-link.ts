/**
 * One stream to one peer, dialled or accepted: Hello first, then frames both ways. Closes itself on the first thing that
 * no correct peer sends, on an expired leaf, and when the Hello does not come in time.
 */
import type { PeerMessage } from '../node/ports.js';
import type { PublicKey, TimestampMs } from '../protocol/primitives/identifiers.js';
import type { RejectionCode } from '../protocol/primitives/rejection.js';
import { decodeFrame, encodeFrame } from './flow/frame.js';
import { decodeMessage } from './message-mapping/decode-message.js';
import type { MessageLimits } from './message-mapping/message-limits.js';
import type { NetworkSurroundings, NetworkTuning } from './network-settings.js';
import { OutgoingQueue } from './flow/outgoing-queue.js';
import { checkHello, type HelloExpectation } from './peer-hello.js';
import { RateLimit } from './flow/rate-limit.js';
import type { PeerIdentity } from './tls/peer-identity.js';

/** What a dialled and an accepted stream have in common. Frames are the bytes of whole messages. */
export interface FrameStream {
  write(frame: Buffer, written: () => void): boolean;
  pause(): void;
  resume(): void;
  /** Gives the stream up, at once and for good. */
  cut(reason: string): void;
}

export interface PeerLinkEvents {
  /** The peer's Hello was right: the stream carries messages from now on. */
  onOpen(): void;
  onMessage(message: PeerMessage): void;
  /** Once. `offence` says that the peer did what no correct peer does. */
  onClosed(reason: string, offence: RejectionCode | undefined): void;
  onDropped(messages: number): void;
}

export interface PeerLinkSettings {
  readonly tuning: NetworkTuning;
  /** As they are by now. */
  readonly limits: () => MessageLimits;
  readonly ownHello: Uint8Array;
  readonly expectedHello: HelloExpectation;
}

/** Timers of the platform end at 2^31 − 1 ms. */
const TIMER_MS_MAX = 86_400_000;

export class PeerLink {
  private readonly queue: OutgoingQueue;
  private readonly byteRate: RateLimit;
  private readonly messageRate: RateLimit;
  private state: 'greeting' | 'open' | 'closed' = 'greeting';
  private stream: FrameStream | undefined;
  private key: PublicKey | undefined;
  private inFlightBytes = 0;
  private blocked = false;
  private flushPlanned = false;
  private readonly cancelHelloTimer: () => void;
  private cancelExpiryTimer: (() => void) | undefined;
  private cancelResumeTimer: (() => void) | undefined;

  constructor(
    private readonly settings: PeerLinkSettings,
    private readonly surroundings: Pick<NetworkSurroundings, 'clock'>,
    private readonly events: PeerLinkEvents,
  ) {
    const { tuning } = settings;
    const nowMs = surroundings.clock.monotonicMs();
    this.queue = new OutgoingQueue(tuning.queueBytesMax, tuning.queueMessagesMax);
    this.byteRate = new RateLimit(tuning.inboundBytesPerSecond, nowMs);
    this.messageRate = new RateLimit(tuning.inboundMessagesPerSecond, nowMs);
    this.cancelHelloTimer = surroundings.clock.schedule(tuning.helloTimeoutMs, () => {
      this.close('no Hello came in time');
    });
  }

  get isOpen(): boolean {
    return this.state === 'open';
  }

  /** Bytes that wait for the peer. */
  get queuedBytes(): number {
    return this.queue.bytes + this.inFlightBytes;
  }

  /** The ledger key that the peer's leaf is of; `undefined` until the peer has shown one. */
  get peerKey(): PublicKey | undefined {
    return this.key;
  }

  /** The transport's stream; Hello leaves at once. */
  attach(stream: FrameStream): void {
    if (this.state === 'closed') {
      stream.cut('given up');
      return;
    }
    this.stream = stream;
    stream.write(encodeFrame([this.settings.ownHello]), () => undefined);
  }

  /** Who the peer has proven to be. */
  identify({ ledgerKey, notAfterMs }: Pick<PeerIdentity, 'ledgerKey' | 'notAfterMs'>): void {
    this.key = ledgerKey;
    this.expireAt(notAfterMs);
  }

  /** The peer's leaf ends here, and with it this stream: a live connection must not outlast its certificate. */
  private expireAt(notAfterMs: TimestampMs): void {
    const { clock } = this.surroundings;
    this.cancelExpiryTimer?.();
    if (this.state === 'closed') return;
    const leftMs = notAfterMs - clock.wallMs();
    this.cancelExpiryTimer = clock.schedule(Math.min(Math.max(leftMs, 0), TIMER_MS_MAX), () => {
      if (clock.wallMs() >= notAfterMs) this.close("the peer's certificate expired");
      else this.expireAt(notAfterMs);
    });
  }

  /** Queues bytes of one encoded message; dropped when the stream is not open. */
  send(message: Uint8Array, lane: 'urgent' | 'bulk'): void {
    if (this.state !== 'open') return;
    const dropped = this.queue.push(message, lane);
    if (dropped > 0) this.events.onDropped(dropped);
    this.planFlush();
  }

  onFrame(frame: Uint8Array): void {
    if (this.state === 'closed') return;
    const messages = decodeFrame(frame);
    if (!messages.ok) {
      this.close(messages.rejection.message, messages.rejection.code);
      return;
    }
    for (const bytes of messages.value) {
      this.onMessageBytes(bytes);
      // A handler may have closed the stream; nothing of it counts any more.
      if (this.isClosed()) return;
    }
    this.limitRate(frame.length, messages.value.length);
  }

  onDrain(): void {
    this.blocked = false;
    this.planFlush();
  }

  close(reason: string, offence?: RejectionCode): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.cancelHelloTimer();
    this.cancelExpiryTimer?.();
    this.cancelResumeTimer?.();
    this.queue.clear();
    this.stream?.cut(reason);
    this.events.onClosed(reason, offence);
  }

  private isClosed(): boolean {
    return this.state === 'closed';
  }

  private onMessageBytes(bytes: Uint8Array): void {
    const message = decodeMessage(bytes, this.settings.limits());
    if (!message.ok) {
      this.close(message.rejection.message, message.rejection.code);
      return;
    }
    if (message.value.type !== 'hello') {
      if (this.state === 'open') this.events.onMessage(message.value);
      else this.close(`${message.value.type} came before Hello`, 'MESSAGE_UNEXPECTED');
      return;
    }
    const problem =
      this.state === 'greeting'
        ? checkHello(message.value.hello, this.settings.expectedHello)
        : 'a second Hello came';
    if (problem !== undefined) {
      this.close(problem, 'MESSAGE_UNEXPECTED');
      return;
    }
    this.state = 'open';
    this.cancelHelloTimer();
    this.events.onOpen();
  }

  private limitRate(bytes: number, messages: number): void {
    const { clock } = this.surroundings;
    const nowMs = clock.monotonicMs();
    const waitMs = Math.max(this.byteRate.take(bytes, nowMs), this.messageRate.take(messages, nowMs));
    if (waitMs === 0) return;
    this.stream?.pause();
    this.cancelResumeTimer?.();
    this.cancelResumeTimer = clock.schedule(waitMs, () => this.stream?.resume());
  }

  private planFlush(): void {
    if (this.flushPlanned || this.state !== 'open') return;
    this.flushPlanned = true;
    // Everything that this turn of the event loop still sends shares the frame.
    setImmediate(() => {
      this.flushPlanned = false;
      this.flush();
    });
  }

  private flush(): void {
    const { inFlightBytesMax, frameBytesTarget } = this.settings.tuning;
    while (this.state === 'open' && !this.blocked && this.inFlightBytes < inFlightBytesMax) {
      const next = this.queue.takeFrame(frameBytesTarget);
      if (next === undefined) return;
      const bytes = next.frame.length;
      this.inFlightBytes += bytes;
      const mayGoOn = this.stream?.write(next.frame, () => {
        this.inFlightBytes -= bytes;
        if (this.queue.size > 0) this.planFlush();
      });
      if (mayGoOn === false) this.blocked = true;
    }
  }
}
