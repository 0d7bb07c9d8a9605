/** Ways to make bytes wrong without knowing what they mean. */
import type { RandomSequence } from '../simulation/randomness.js';

export const BYTE_MUTATIONS = ['bits turned', 'cut', 'inserted', 'removed', 'length', 'splice'] as const;
export type ByteMutation = (typeof BYTE_MUTATIONS)[number];

/** Lengths that a varint may claim: nothing, more than there is, more than there can be. */
const CLAIMED_LENGTHS: readonly (readonly number[])[] = [
  [0],
  [1],
  [0x7f],
  [0x80, 0x01],
  [0x80, 0x00],
  [0xff, 0xff, 0x03],
  [0xff, 0xff, 0xff, 0x07],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
];

function replace(bytes: Uint8Array, at: number, count: number, by: ArrayLike<number>): Uint8Array {
  return Buffer.concat([bytes.subarray(0, at), Uint8Array.from(by), bytes.subarray(at + count)]);
}

function turnBits(bytes: Uint8Array, random: RandomSequence): Uint8Array {
  const turned = Uint8Array.from(bytes);
  for (let count = 1 + random.integer(4); count > 0; count--) {
    const at = random.integer(turned.length);
    turned[at] = turned[at]! ^ (1 << random.integer(8));
  }
  return turned;
}

function randomBytes(random: RandomSequence, count: number): number[] {
  return Array.from({ length: count }, () => random.integer(256));
}

/** `other`: bytes of the same kind, to be spliced in. */
export function mutateBytes(
  bytes: Uint8Array,
  mutation: ByteMutation,
  other: Uint8Array,
  random: RandomSequence,
): Uint8Array {
  const at = random.integer(bytes.length);
  switch (mutation) {
    case 'bits turned':
      return turnBits(bytes, random);
    case 'cut':
      return bytes.subarray(0, at);
    case 'inserted':
      return replace(bytes, at, 0, randomBytes(random, 1 + random.integer(8)));
    case 'removed':
      return replace(bytes, at, 1 + random.integer(8), []);
    case 'length':
      return replace(bytes, at, 1, random.pick(CLAIMED_LENGTHS));
    case 'splice': {
      const from = random.integer(other.length);
      return random.chance(0.5)
        ? Buffer.concat([bytes.subarray(0, at), other.subarray(from)])
        : replace(bytes, at, 0, other.subarray(from, from + 1 + random.integer(64)));
    }
  }
}
