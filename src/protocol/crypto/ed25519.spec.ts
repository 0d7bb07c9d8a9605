import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesToHex, utf8ToBytes } from '../primitives/bytes.js';
import type { PublicKey } from '../primitives/identifiers.js';
import {
  createSecretSeed,
  ed25519Verifier,
  isAcceptablePublicKey,
  publicKeyOfSeed,
  signMessage,
} from './ed25519.js';
import * as browser from './platform/browser.js';
import * as node from './platform/node.js';
import { sha256 } from './sha256.js';

const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
const message = fc.uint8Array({ maxLength: 300 });

describe('Ed25519', () => {
  test('what a key signs, it alone has signed', () => {
    fc.assert(
      fc.property(seed, message, fc.nat(), (each, content, pick) => {
        const key = publicKeyOfSeed(each);
        const signature = signMessage(each, content);
        const damaged = signature.map((byte, index) =>
          index === pick % 64 ? byte ^ (1 << (pick % 8)) : byte,
        );
        expect(isAcceptablePublicKey(key)).toBe(true);
        expect(ed25519Verifier.verify(key, content, signature)).toBe(true);
        expect(ed25519Verifier.verify(key, content, damaged)).toBe(false);
        expect(ed25519Verifier.verify(key, new Uint8Array([...content, 0]), signature)).toBe(false);
        const other = publicKeyOfSeed(sha256(each));
        expect(ed25519Verifier.verify(other, content, signature)).toBe(false);
      }),
    );
  });

  test('is total: what is no key and no signature is false', () => {
    const key = publicKeyOfSeed(new Uint8Array(32));
    const signature = signMessage(new Uint8Array(32), utf8ToBytes('a'));
    for (const bad of ['', 'ab', key.toUpperCase(), `${key}00`, 'zz'.repeat(32)]) {
      expect(ed25519Verifier.verify(bad as PublicKey, utf8ToBytes('a'), signature)).toBe(false);
      expect(isAcceptablePublicKey(bad as PublicKey)).toBe(false);
    }
    for (const bad of [new Uint8Array(0), signature.slice(1), new Uint8Array([...signature, 0])]) {
      expect(ed25519Verifier.verify(key, utf8ToBytes('a'), bad)).toBe(false);
    }
  });

  test('more keys than are remembered still verify', () => {
    const first = publicKeyOfSeed(new Uint8Array(32));
    const signature = signMessage(new Uint8Array(32), utf8ToBytes('a'));
    expect(ed25519Verifier.verify(first, utf8ToBytes('a'), signature)).toBe(true);
    for (let index = 0; index < 5_000; index++) {
      const key = bytesToHex(sha256(Uint8Array.of(index >> 8, index & 255))) as PublicKey;
      ed25519Verifier.verify(key, utf8ToBytes('a'), new Uint8Array(63));
    }
    expect(ed25519Verifier.verify(first, utf8ToBytes('a'), signature)).toBe(true);
  });

  test('seeds are random and have 32 bytes; others are refused', () => {
    expect(createSecretSeed()).toHaveLength(32);
    expect(createSecretSeed()).not.toEqual(createSecretSeed());
    expect(() => publicKeyOfSeed(new Uint8Array(31))).toThrow('32 bytes');
    expect(() => signMessage(new Uint8Array(64), new Uint8Array(0))).toThrow('32 bytes');
  });
});

describe('the two platforms', () => {
  test('sign and derive alike, and judge each other’s and damaged signatures alike', () => {
    fc.assert(
      fc.property(seed, message, fc.nat(511), (each, content, bit) => {
        const publicKey = node.ed25519PublicKey(each);
        const signature = node.ed25519Sign(each, content);
        expect(browser.ed25519PublicKey(each)).toEqual(publicKey);
        expect(browser.ed25519Sign(each, content)).toEqual(signature);
        expect(browser.ed25519Verify(publicKey, content, signature)).toBe(true);
        const damaged = signature.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
        expect(browser.ed25519Verify(publicKey, content, damaged)).toBe(
          node.ed25519Verify(publicKey, content, damaged),
        );
        const damagedKey = publicKey.map((byte, index) =>
          index === (bit >> 3) % 32 ? byte ^ (1 << (bit & 7)) : byte,
        );
        expect(browser.ed25519IsPrimeOrder(damagedKey)).toBe(node.ed25519IsPrimeOrder(damagedKey));
      }),
      { numRuns: 40 },
    );
  });

  test('hash alike, however the input is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 5 }), (parts) => {
        const whole = new Uint8Array(parts.flatMap((part) => Array.from(part)));
        const digest = node.sha256Parts([whole]);
        expect(node.sha256Parts(parts)).toEqual(digest);
        expect(browser.sha256Parts(parts)).toEqual(digest);
        expect(sha256(...parts)).toEqual(digest);
      }),
      { numRuns: 60 },
    );
  });

  test('FIPS 180-4: "abc", and a million letters a', () => {
    for (const { sha256Parts, randomBytes } of [node, browser]) {
      expect(bytesToHex(sha256Parts([utf8ToBytes('abc')]))).toBe(
        'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      );
      expect(
        bytesToHex(sha256Parts([new Uint8Array(400_000).fill(97), new Uint8Array(600_000).fill(97)])),
      ).toBe('cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0');
      expect(randomBytes(48)).toHaveLength(48);
    }
  });
});
