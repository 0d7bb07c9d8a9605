import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { samplePeerMessages } from '../../../test/support/peer-message-samples.js';
import { DEFAULT_PARAMETERS } from '../../protocol/ledger/genesis-parameters.js';
import { decodeMessage } from './decode-message.js';
import { encodeHello, encodeMessage } from './encode-message.js';
import { MESSAGE_FIELD, messageLimits } from './message-limits.js';

const MUTATIONS_MIN = 50_000;
const limits = messageLimits(4, DEFAULT_PARAMETERS);
const hello = { protocolVersion: 3, chainId: new Uint8Array(32), organisation: 'acme', softwareVersion: '1' };

/** Bytes as a correct peer sends them, of every type. */
const originals: readonly (readonly [string, Uint8Array])[] = [
  ['hello', encodeHello(hello)],
  ...samplePeerMessages().map((message) => [message.type, encodeMessage(message)] as const),
];

/** Lengths that a varint may claim: more than there is, and more than there can be. */
const claims = [
  [0],
  [0x7f],
  [0x80, 0x01],
  [0xff, 0xff, 0xff, 0x07],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
].map((bytes) => Uint8Array.from(bytes));

type Mutation = (bytes: Uint8Array) => Uint8Array;

const replace = (bytes: Uint8Array, at: number, count: number, by: Uint8Array): Uint8Array =>
  Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + count)]);

const flips = fc.array(fc.nat(), { minLength: 1, maxLength: 8 }).map((bits): Mutation => (bytes) => {
  const flipped = bytes.slice();
  for (const bit of bits) {
    const at = (bit >> 3) % bytes.length;
    flipped[at] = flipped[at]! ^ (1 << (bit & 7));
  }
  return flipped;
});

const truncation = fc.nat().map(
  (length): Mutation =>
    (bytes) =>
      bytes.subarray(0, length % bytes.length),
);

const splice = fc
  .tuple(fc.nat(originals.length - 1), fc.nat(), fc.nat())
  .map(([other, cut, from]): Mutation => (bytes) => {
    const [, rest] = originals[other]!;
    return Buffer.concat([bytes.subarray(0, cut % (bytes.length + 1)), rest.subarray(from % rest.length)]);
  });

const claimedLength = fc.tuple(fc.nat(), fc.constantFrom(...claims)).map(
  ([at, claim]): Mutation =>
    (bytes) =>
      replace(bytes, at % bytes.length, 1, claim),
);

const longerOrShorter = fc.tuple(fc.nat(), fc.constantFrom(1, -1)).map(([at, by]): Mutation => (bytes) => {
  const changed = bytes.slice();
  changed[at % bytes.length]! += by;
  return changed;
});

const insertionOrRemoval = fc.tuple(fc.nat(), fc.nat(8), fc.uint8Array({ maxLength: 12 })).map(
  ([at, count, by]): Mutation =>
    (bytes) =>
      replace(bytes, at % bytes.length, count, by),
);

const mutation = fc.oneof(flips, truncation, splice, claimedLength, longerOrShorter, insertionOrRemoval);

describe('mutated messages', () => {
  it('are taken or refused and never throw, and what is taken says the same when it is sent on', () => {
    const counts = { taken: 0, refused: 0 };
    const numRuns = Math.ceil(MUTATIONS_MIN / originals.length);
    const types = new Set(originals.map(([type]) => type));
    expect([...types].sort()).toEqual(Object.keys(MESSAGE_FIELD).sort());
    for (const [, original] of originals) {
      // A failure prints its seed and path, which fc.assert takes to replay it.
      fc.assert(
        fc.property(mutation, (mutate) => {
          const decoded = decodeMessage(mutate(original), limits);
          counts[decoded.ok ? 'taken' : 'refused'] += 1;
          if (!decoded.ok) return decoded.rejection.code === 'MESSAGE_MALFORMED';
          if (decoded.value.type === 'hello') return true;
          // Far faster than toEqual, fifty thousand times.
          return isDeepStrictEqual(decodeMessage(encodeMessage(decoded.value), limits), decoded);
        }),
        { numRuns },
      );
    }
    expect(counts.taken + counts.refused).toBeGreaterThanOrEqual(MUTATIONS_MIN);
    expect(counts.taken).toBeGreaterThan(1_000);
    expect(counts.refused).toBeGreaterThan(10_000);
  });
});
