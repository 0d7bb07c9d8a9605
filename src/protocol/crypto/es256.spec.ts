import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { es256TestKey, es256TestSecret } from '../../../test/support/test-receipt-keys.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '../primitives/bytes.js';
import type { Es256PublicKey } from '../primitives/identifiers.js';
import {
  createEs256Secret,
  es256Coordinates,
  es256FromCoordinates,
  es256PublicKeyOf,
  isEs256Secret,
  signEs256,
  verifyEs256,
} from './es256.js';

/** Order of the group, of FIPS 186-5. */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const P = 'ffffffff00000001000000000000000000000000ffffffffffffffffffffffff';
const message = utf8ToBytes('a message');
const publicKey = es256TestKey('a');
const signature = signEs256(es256TestSecret('a'), message);
const scalar = (bytes: Uint8Array): bigint => BigInt(`0x${bytesToHex(bytes)}`);
const toBytes = (value: bigint): Uint8Array => hexToBytes(value.toString(16).padStart(64, '0'));
const joined = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

describe('ES256', () => {
  it('agrees with the platform, both ways', () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x, y, d } = pair.privateKey.export({ format: 'jwk' });
    const [xBytes, yBytes, secret] = [x!, y!, d!].map(
      (text) => new Uint8Array(Buffer.from(text, 'base64url')),
    );
    const key = es256FromCoordinates(xBytes!, yBytes!)!;
    expect(es256PublicKeyOf(secret!)).toBe(key);
    expect(es256Coordinates(key)).toEqual({ x: xBytes, y: yBytes });
    const theirs = sign('sha256', message, { key: pair.privateKey, dsaEncoding: 'ieee-p1363' });
    expect(verifyEs256(key, message, new Uint8Array(theirs))).toBe(true);
    const ours = signEs256(secret!, message);
    expect(verify('sha256', message, { key: pair.publicKey, dsaEncoding: 'ieee-p1363' }, ours)).toBe(true);
  });

  it('takes s and n − s alike, as the standard does', () => {
    const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
    const other = joined(r, toBytes(N - scalar(s)));
    expect(other).not.toEqual(signature);
    expect([signature, other].map((each) => verifyEs256(publicKey, message, each))).toEqual([true, true]);
  });

  it('refuses another message, key or signature, and numbers out of range', () => {
    expect(verifyEs256(publicKey, utf8ToBytes('another'), signature)).toBe(false);
    expect(verifyEs256(es256TestKey('b'), message, signature)).toBe(false);
    const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
    const zero = new Uint8Array(32);
    const flawed = [
      joined(zero, s),
      joined(r, zero),
      joined(toBytes(N), s),
      joined(r, toBytes(N)),
      joined(new Uint8Array(32).fill(255), s),
      signature.subarray(1),
      joined(signature, Uint8Array.of(0)),
      new Uint8Array(0),
    ];
    for (const each of flawed) expect(verifyEs256(publicKey, message, each)).toBe(false);
  });

  it('takes the compressed form of a point of the curve, and nothing else, for a key', () => {
    const { x, y } = es256Coordinates(publicKey)!;
    const flawed = [
      bytesToHex(joined(Uint8Array.of(4), x, y)),
      `04${bytesToHex(x)}`,
      `00${bytesToHex(x)}`,
      '00',
      '',
      'zz'.repeat(33),
      `02${P}`,
      // x³ − 3x + b has no root here.
      `02${'00'.repeat(31)}07`,
      `02${'ff'.repeat(32)}`,
    ];
    for (const each of flawed) {
      expect([each, es256Coordinates(each as Es256PublicKey)]).toEqual([each, undefined]);
      expect(verifyEs256(each as Es256PublicKey, message, signature)).toBe(false);
    }
    expect(es256FromCoordinates(y, x)).toBeUndefined();
    expect(es256FromCoordinates(x, y.subarray(1))).toBeUndefined();
  });

  it('makes secrets between 1 and n − 1', () => {
    expect(isEs256Secret(createEs256Secret())).toBe(true);
    expect([toBytes(0n), toBytes(N), new Uint8Array(31)].map(isEs256Secret)).toEqual([false, false, false]);
  });
});
