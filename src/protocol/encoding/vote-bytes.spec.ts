import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesToHex } from '../primitives/bytes.js';
import type { ChainId, Digest } from '../primitives/identifiers.js';
import {
  encodeVote,
  VOTE_BYTES,
  VOTE_KIND_NUMBER,
  type SignedVoteKind,
  type VoteContent,
} from './vote-bytes.js';

const hex64 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex);
const kinds = Object.keys(VOTE_KIND_NUMBER) as SignedVoteKind[];
const vote: fc.Arbitrary<VoteContent> = fc.record({
  kind: fc.constantFrom(...kinds),
  chainId: hex64.map((hex) => hex as ChainId),
  epoch: fc.maxSafeNat(),
  view: fc.maxSafeNat(),
  height: fc.maxSafeNat(),
  digest: hex64.map((hex) => hex as Digest),
  extra: hex64.map((hex) => hex as Digest),
});

test('a vote has 126 bytes', () => {
  fc.assert(fc.property(vote, (each) => expect(encodeVote(each).length).toBe(VOTE_BYTES)));
});

test('PBFT-DOMAIN-2: two votes that differ in one field differ in their bytes', () => {
  fc.assert(
    fc.property(
      vote,
      vote,
      fc.constantFrom<keyof VoteContent>('kind', 'chainId', 'epoch', 'view', 'height', 'digest', 'extra'),
      (each, other, name) => {
        fc.pre(each[name] !== other[name]);
        expect(bytesToHex(encodeVote({ ...each, [name]: other[name] }))).not.toBe(
          bytesToHex(encodeVote(each)),
        );
      },
    ),
  );
});

test('kinds have different numbers', () => {
  expect(new Set(Object.values(VOTE_KIND_NUMBER)).size).toBe(kinds.length);
});
