import { describe, expect, test } from '@jest/globals';
import * as browser from '../../src/protocol/crypto/platform/browser.js';
import * as node from '../../src/protocol/crypto/platform/node.js';
import { ed25519Verifier, isAcceptablePublicKey } from '../../src/protocol/crypto/ed25519.js';
import { hexToBytes } from '../../src/protocol/primitives/bytes.js';
import type { PublicKey } from '../../src/protocol/primitives/identifiers.js';
import { describeWithShared, readSharedJson } from '../support/shared-files.js';
import { readVectors } from '../support/vector-files.js';

interface EdgeCases {
  readonly signatures: readonly {
    name: string;
    publicKey: string;
    message: string;
    signature: string;
    valid: boolean;
  }[];
  readonly registrableKeys: readonly { name: string; publicKey: string; acceptable: boolean }[];
}

interface SignInput {
  readonly tests: readonly {
    line: number;
    seed: string;
    publicKey: string;
    message: string;
    signature: string;
  }[];
}

const { signatures, registrableKeys } = readVectors<EdgeCases>('ed25519-edge-cases');

describe('Ed25519 edge cases: one verdict on every platform', () => {
  test.each(signatures)('$name', ({ publicKey, message, signature, valid }) => {
    const verdicts = [
      node.ed25519Verify(hexToBytes(publicKey), hexToBytes(message), hexToBytes(signature)),
      browser.ed25519Verify(hexToBytes(publicKey), hexToBytes(message), hexToBytes(signature)),
      ed25519Verifier.verify(publicKey as PublicKey, hexToBytes(message), hexToBytes(signature)),
    ];
    expect(verdicts).toEqual([valid, valid, valid]);
  });

  test.each(registrableKeys)('registration of: $name', ({ publicKey, acceptable }) => {
    const verdicts = [
      node.ed25519IsPrimeOrder(hexToBytes(publicKey)),
      browser.ed25519IsPrimeOrder(hexToBytes(publicKey)),
      isAcceptablePublicKey(publicKey as PublicKey),
    ];
    expect(verdicts).toEqual([acceptable, acceptable, acceptable]);
  });
});

/** RFC 8032 section 7.1, TEST 2: the platforms against a published answer even when nothing lies beside the repository. */
const RFC_8032_TEST_2 = {
  line: 2,
  seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
  publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
  message: '72',
  signature:
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
    '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
};

function expectPublishedAnswer(answer: SignInput['tests'][number], withBrowser: boolean): void {
  const [seed, publicKey, message, signature] = [
    answer.seed,
    answer.publicKey,
    answer.message,
    answer.signature,
  ].map(hexToBytes);
  const damaged = Uint8Array.from(signature!);
  damaged[answer.line % 64]! ^= 1;
  for (const platform of withBrowser ? [node, browser] : [node]) {
    expect(platform.ed25519PublicKey(seed!)).toEqual(publicKey);
    expect(platform.ed25519Sign(seed!, message!)).toEqual(signature);
    expect(platform.ed25519Verify(publicKey!, message!, signature!)).toBe(true);
    expect(platform.ed25519Verify(publicKey!, message!, damaged)).toBe(false);
  }
}

test('RFC 8032 section 7.1, TEST 2', () => {
  expectPublishedAnswer(RFC_8032_TEST_2, true);
});

describeWithShared('vectors/ed25519/sign-input-subset.json', 'Ed25519: published signatures', () => {
  test('every published answer, the browser twin on each tenth and on the first twenty', () => {
    const { tests } = readSharedJson<SignInput>('vectors/ed25519/sign-input-subset.json');
    expect(tests.length).toBeGreaterThan(2);
    tests.forEach((answer, index) => expectPublishedAnswer(answer, index < 20 || index % 10 === 0));
  });
});
