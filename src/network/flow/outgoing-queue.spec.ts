import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeFrame } from './frame.js';
import { OutgoingQueue } from './outgoing-queue.js';

function drain(queue: OutgoingQueue, bytesTarget = 1_000_000): number[][] {
  const frames: number[][] = [];
  for (let next = queue.takeFrame(bytesTarget); next !== undefined; next = queue.takeFrame(bytesTarget)) {
    const messages = decodeFrame(next.frame);
    frames.push(messages.ok ? messages.value.map((message) => message[0]!) : []);
  }
  return frames;
}

const message = (name: number, bytes = 10): Uint8Array => new Uint8Array(bytes).fill(name);

describe('OutgoingQueue', () => {
  it('sends the urgent before the bulk, each in order', () => {
    const queue = new OutgoingQueue(1000, 100);
    queue.push(message(1), 'bulk');
    queue.push(message(2), 'urgent');
    queue.push(message(3), 'bulk');
    queue.push(message(4), 'urgent');
    expect(drain(queue)).toEqual([[2, 4, 1, 3]]);
    expect([queue.size, queue.bytes]).toEqual([0, 0]);
  });

  it('cuts frames at the target, and sends a larger message alone', () => {
    const queue = new OutgoingQueue(10_000, 100);
    for (const [name, bytes] of [
      [1, 40],
      [2, 40],
      [3, 40],
      [4, 500],
      [5, 10],
    ] as const) {
      queue.push(message(name, bytes), 'urgent');
    }
    expect(drain(queue, 100)).toEqual([[1, 2], [3], [4], [5]]);
  });

  it('drops the oldest bulk first, then the oldest of the rest', () => {
    const queue = new OutgoingQueue(40, 100);
    queue.push(message(1), 'bulk');
    queue.push(message(2), 'urgent');
    queue.push(message(3), 'bulk');
    queue.push(message(4), 'urgent');
    expect(queue.push(message(5), 'urgent')).toBe(1);
    expect(queue.push(message(6, 20), 'urgent')).toBe(2);
    expect(drain(queue)).toEqual([[4, 5, 6]]);
  });

  it('drops a message that is larger than the bound', () => {
    const queue = new OutgoingQueue(40, 100);
    expect(queue.push(message(1, 41), 'bulk')).toBe(1);
    expect(queue.size).toBe(0);
  });

  it('never passes a bound and never sends what it dropped', () => {
    const step = fc.record({
      lane: fc.constantFrom('urgent' as const, 'bulk' as const, 'take' as const),
      bytes: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const queue = new OutgoingQueue(200, 12);
        let pushed = 0;
        let dropped = 0;
        let sent = 0;
        for (const { lane, bytes } of steps) {
          if (lane === 'take') sent += queue.takeFrame(80)?.messages ?? 0;
          else {
            pushed += 1;
            dropped += queue.push(message(1, bytes), lane);
          }
          expect(queue.bytes).toBeLessThanOrEqual(200);
          expect(queue.size).toBeLessThanOrEqual(12);
          expect(queue.size).toBe(pushed - dropped - sent);
        }
      }),
    );
  });
});
