import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesToHex } from '../primitives/bytes.js';
import type { BlockHash, ChainId, Digest, PublicKey } from '../primitives/identifiers.js';
import { accept } from '../primitives/rejection.js';
import { decodeHeader, encodeHeader, hashHeader, type BlockHeader } from './block-header.js';
import { decodeResultRecord, encodeResultRecord, type ResultRecord } from './result-record.js';
import { primaryOf, validatorSetDigest } from './validator-set.js';

const hex64 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex);
const digest = hex64.map((hex) => hex as Digest);
const chainId = hex64.map((hex) => hex as ChainId);
const blockHash = hex64.map((hex) => hex as BlockHash);
const u64 = fc.maxSafeNat();
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

const header: fc.Arbitrary<BlockHeader> = fc.record({
  chainId,
  epoch: u64,
  height: u64,
  originView: u64,
  proposer: fc.integer({ min: 0, max: 0xffff }),
  parentHash: blockHash,
  transactionRoot: digest,
  transactionCount: u32,
  bodyBytes: u32,
  resultRoot: digest,
  validatorsDigest: digest,
  nextValidatorsDigest: digest,
  timestampMs: u64,
  epochFinal: fc.boolean(),
});

const record: fc.Arbitrary<ResultRecord> = fc.record({
  chainId,
  epoch: u64,
  height: u64,
  timestampMs: u64,
  blockHash,
  entryCount: u32,
  entriesRoot: digest,
  stateRoot: digest,
  validatorsDigest: digest,
  nextValidatorsDigest: digest,
});

const flip = (bytes: Uint8Array, pick: number): Uint8Array =>
  bytes.map((byte, index) => (index === pick % bytes.length ? byte ^ 1 : byte));

describe('block header', () => {
  test('goes there and back', () => {
    fc.assert(fc.property(header, (each) => expect(decodeHeader(encodeHeader(each))).toEqual(accept(each))));
  });

  test('whatever is read is written the same, and another header has another hash', () => {
    fc.assert(
      fc.property(header, fc.nat(), (each, pick) => {
        const changed = flip(encodeHeader(each), pick);
        const read = decodeHeader(changed);
        if (!read.ok) return;
        expect(encodeHeader(read.value)).toEqual(changed);
        expect(hashHeader(read.value)).not.toBe(hashHeader(each));
      }),
    );
  });

  test('of another length, version or flag is refused', () => {
    const bytes = encodeHeader(fc.sample(header, 1)[0]!);
    const refused = (changed: Uint8Array): string => {
      const result = decodeHeader(changed);
      return result.ok ? '' : result.rejection.message;
    };
    expect(refused(bytes.slice(1))).toContain('fixed layout');
    expect(refused(new Uint8Array([...bytes, 0]))).toContain('fixed layout');
    expect(refused(bytes.map((byte, index) => (index === 1 ? 2 : byte)))).toContain('version 2');
    expect(refused(bytes.map((byte, index) => (index === bytes.length - 1 ? 2 : byte)))).toContain('flags 2');
  });
});

describe('result record', () => {
  test('goes there and back, and whatever is read is written the same', () => {
    fc.assert(
      fc.property(record, fc.nat(), (each, pick) => {
        const bytes = encodeResultRecord(each);
        expect(decodeResultRecord(bytes)).toEqual(accept(each));
        const changed = flip(bytes, pick);
        const read = decodeResultRecord(changed);
        if (read.ok) expect(encodeResultRecord(read.value)).toEqual(changed);
      }),
    );
  });

  test('of another length or version is refused', () => {
    const bytes = encodeResultRecord(fc.sample(record, 1)[0]!);
    expect(decodeResultRecord(bytes.slice(1)).ok).toBe(false);
    expect(decodeResultRecord(new Uint8Array([...bytes, 0])).ok).toBe(false);
    expect(decodeResultRecord(bytes.map((byte, index) => (index === 0 ? 1 : byte))).ok).toBe(false);
  });
});

describe('validator set', () => {
  test('its digest changes with every name, key, order and member', () => {
    const [first, second] = ['aa', 'bb'].map((hex) => hex.repeat(32) as PublicKey) as [PublicKey, PublicKey];
    const sets = [
      [],
      [{ organisation: 'acme', ledgerKey: first }],
      [{ organisation: 'acme', ledgerKey: second }],
      [{ organisation: 'globex', ledgerKey: first }],
      [
        { organisation: 'acme', ledgerKey: first },
        { organisation: 'globex', ledgerKey: second },
      ],
      [
        { organisation: 'globex', ledgerKey: second },
        { organisation: 'acme', ledgerKey: first },
      ],
    ];
    expect(new Set(sets.map(validatorSetDigest)).size).toBe(sets.length);
  });

  test('the primary goes round with the view, and starts elsewhere in the next epoch', () => {
    expect([0, 1, 2, 3, 4].map((view) => primaryOf(4, 0, view))).toEqual([0, 1, 2, 3, 0]);
    expect(primaryOf(4, 1, 0)).toBe(1);
  });
});
