import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { samplePeerMessages } from '../../../test/support/peer-message-samples.js';
import {
  ConnectRequestSchema,
  PeerMessageSchema,
} from '../../protocol/encoding/generated/countersign/v1/peer_pb.js';
import { decodeFrame, encodeFrame, FRAME_MESSAGES_MAX } from './frame.js';
import { encodeMessage } from '../message-mapping/encode-message.js';

const encoded = samplePeerMessages().map(encodeMessage);

describe('frame', () => {
  it('is the protobuf message ConnectRequest', () => {
    const messages = encoded.map((bytes) => fromBinary(PeerMessageSchema, bytes));
    const expected = toBinary(ConnectRequestSchema, create(ConnectRequestSchema, { messages }));
    expect(new Uint8Array(encodeFrame(encoded))).toEqual(expected);
  });

  it('gives back what it was made of', () => {
    const sizes = fc.array(fc.constantFrom(0, 1, 127, 128, 16_383, 16_384, 70_000), { maxLength: 20 });
    fc.assert(
      fc.property(sizes, (list) => {
        const messages = list.map((size, index) => new Uint8Array(size).fill(index));
        const decoded = decodeFrame(encodeFrame(messages));
        const found = decoded.ok ? decoded.value : [];
        expect(found.map((bytes) => bytes.length)).toEqual(list);
        expect(Buffer.concat(found).equals(Buffer.concat(messages))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['another field', Uint8Array.of(0x12, 0)],
    ['no length', Uint8Array.of(0x0a)],
    ['an endless length', new Uint8Array(20).fill(0xff, 1).fill(0x0a, 0, 1)],
    ['a cut message', Uint8Array.of(0x0a, 5, 1, 2)],
    [
      'too many messages',
      Buffer.concat(Array.from({ length: FRAME_MESSAGES_MAX + 1 }, () => Uint8Array.of(0x0a, 0))),
    ],
  ])('refuses %s', (_what, bytes) => {
    expect(decodeFrame(bytes)).toMatchObject({ ok: false, rejection: { code: 'MESSAGE_MALFORMED' } });
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(typeof decodeFrame(bytes).ok).toBe('boolean');
      }),
    );
  });
});
