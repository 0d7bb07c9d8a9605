/**
 * Frames: a ConnectRequest (or ConnectResponse, the same bytes) with the messages of one turn. Put together from messages
 * that were encoded once for all peers, and taken apart without decoding, so that each message's size is judged first.
 */
import { accept, reject, type Result } from '../../protocol/primitives/rejection.js';

/** Field 1, wire type 2: `repeated PeerMessage messages`. */
const MESSAGES_TAG = 0x0a;
/** Tag and length of one message in a frame. */
export const FRAME_OVERHEAD_BYTES = 6;
/** A frame with more messages than this is refused. */
export const FRAME_MESSAGES_MAX = 4096;

function lengthBytes(length: number): number {
  return length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : length < 0x1000_0000 ? 4 : 5;
}

export function encodeFrame(messages: readonly Uint8Array[]): Buffer {
  let size = 0;
  for (const message of messages) size += 1 + lengthBytes(message.length) + message.length;
  const frame = Buffer.allocUnsafe(size);
  let offset = 0;
  for (const message of messages) {
    frame[offset++] = MESSAGES_TAG;
    let length = message.length;
    while (length >= 0x80) {
      frame[offset++] = (length & 0x7f) | 0x80;
      length = Math.floor(length / 128);
    }
    frame[offset++] = length;
    frame.set(message, offset);
    offset += message.length;
  }
  return frame;
}

/** The messages' bytes as views of the frame. Rejection: MESSAGE_MALFORMED. */
export function decodeFrame(frame: Uint8Array): Result<readonly Uint8Array[]> {
  const messages: Uint8Array[] = [];
  let offset = 0;
  while (offset < frame.length) {
    if (frame[offset++] !== MESSAGES_TAG) return reject('MESSAGE_MALFORMED', 'frame: an unknown field');
    let length = 0;
    let scale = 1;
    for (let more = true; more; scale *= 128) {
      const byte = frame[offset++];
      if (byte === undefined || scale > 0x1000_0000)
        return reject('MESSAGE_MALFORMED', 'frame: a bad length');
      length += (byte & 0x7f) * scale;
      more = byte >= 0x80;
    }
    if (length > frame.length - offset) return reject('MESSAGE_MALFORMED', 'frame: a message is cut off');
    if (messages.length >= FRAME_MESSAGES_MAX) return reject('MESSAGE_MALFORMED', 'frame: too many messages');
    messages.push(frame.subarray(offset, offset + length));
    offset += length;
  }
  return accept(messages);
}
