/**
 * What waits to be written to one peer, bounded in bytes and messages. Votes and the like go before bulk (transactions,
 * blocks that were asked for). On overflow the oldest bulk is dropped first, then the oldest of the rest: everything that
 * is dropped is sent again when a Status shows that the peer lacks it (PBFT-STATUS-2).
 */
import { encodeFrame, FRAME_MESSAGES_MAX, FRAME_OVERHEAD_BYTES } from './frame.js';

/** First in, first out, without moving what remains. */
class Lane {
  private items: (Uint8Array | undefined)[] = [];
  private head = 0;

  get size(): number {
    return this.items.length - this.head;
  }

  push(message: Uint8Array): void {
    this.items.push(message);
  }

  peek(): Uint8Array | undefined {
    return this.items[this.head];
  }

  shift(): Uint8Array | undefined {
    const message = this.items[this.head];
    if (message === undefined) return undefined;
    this.items[this.head++] = undefined;
    if (this.head > 1024 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return message;
  }
}

export class OutgoingQueue {
  private readonly urgent = new Lane();
  private readonly bulk = new Lane();
  private waitingBytes = 0;

  constructor(
    private readonly bytesMax: number,
    private readonly messagesMax: number,
  ) {}

  get bytes(): number {
    return this.waitingBytes;
  }

  get size(): number {
    return this.urgent.size + this.bulk.size;
  }

  /** How many messages had to go, perhaps this one. */
  push(message: Uint8Array, lane: 'urgent' | 'bulk'): number {
    (lane === 'bulk' ? this.bulk : this.urgent).push(message);
    this.waitingBytes += message.length;
    let dropped = 0;
    while (this.waitingBytes > this.bytesMax || this.size > this.messagesMax) {
      const victim = this.bulk.shift() ?? this.urgent.shift();
      if (victim === undefined) break;
      this.waitingBytes -= victim.length;
      dropped += 1;
    }
    return dropped;
  }

  /** The next frame: at least one message, and no more once `bytesTarget` is reached. `undefined` when nothing waits. */
  takeFrame(bytesTarget: number): { readonly frame: Buffer; readonly messages: number } | undefined {
    const messages: Uint8Array[] = [];
    let bytes = 0;
    for (const lane of [this.urgent, this.bulk]) {
      for (let next = lane.peek(); next !== undefined; next = lane.peek()) {
        const size = next.length + FRAME_OVERHEAD_BYTES;
        if (messages.length >= FRAME_MESSAGES_MAX || (bytes > 0 && bytes + size > bytesTarget)) break;
        lane.shift();
        messages.push(next);
        bytes += size;
        this.waitingBytes -= next.length;
      }
    }
    return messages.length === 0 ? undefined : { frame: encodeFrame(messages), messages: messages.length };
  }

  clear(): void {
    while (this.urgent.shift() !== undefined);
    while (this.bulk.shift() !== undefined);
    this.waitingBytes = 0;
  }
}
