import { describe, expect, it } from '@jest/globals';
import {
  documentCommand,
  signTestTransaction,
  testGenesis,
} from '../../../test/support/signed-transactions.js';
import { bytesToHex, concatBytes, hexToBytes } from '../primitives/bytes.js';
import { sha256 } from '../crypto/sha256.js';
import { bodyBytes, decodeBlockBody, encodeBlockBody } from './block-body.js';
import { DEFAULT_PARAMETERS } from './genesis.js';
import { transactionLeafHash, transactionRoot } from './transaction-tree.js';

const { chainId } = testGenesis();
const transactions = ['a', 'b', 'c'].map((idempotencyKey) =>
  signTestTransaction({ chainId, signer: 'acme/submitter', command: documentCommand(['s']), idempotencyKey }),
);
const [first, second, third] = transactions as [
  (typeof transactions)[0],
  (typeof transactions)[0],
  (typeof transactions)[0],
];
const body = encodeBlockBody(transactions);

function refusalOf(bytes: Uint8Array, limits: Partial<typeof DEFAULT_PARAMETERS> = {}) {
  const result = decodeBlockBody(bytes, { ...DEFAULT_PARAMETERS, ...limits });
  return result.ok ? undefined : result.rejection;
}

describe('block body', () => {
  it('reads back what was encoded', () => {
    expect(decodeBlockBody(body, DEFAULT_PARAMETERS)).toEqual({ ok: true, value: transactions });
    expect(decodeBlockBody(encodeBlockBody([]), DEFAULT_PARAMETERS)).toEqual({ ok: true, value: [] });
  });

  it('refuses what is not canonical, too much, or twice there', () => {
    expect(refusalOf(Uint8Array.of(0x0a, 0x05))?.code).toBe('BLOCK_INVALID');
    expect(refusalOf(concatBytes(body, Uint8Array.of(0x10, 1)))?.code).toBe('BLOCK_INVALID');
    expect(refusalOf(body, { blockTransactionsMax: 2 })?.code).toBe('BLOCK_INVALID');
    expect(refusalOf(body, { blockBytesMax: bodyBytes(transactions) })).toBeUndefined();
    expect(refusalOf(body, { blockBytesMax: bodyBytes(transactions) - 1 })?.code).toBe('BLOCK_INVALID');
    expect(refusalOf(new Uint8Array(2_000_000), {})?.code).toBe('BLOCK_INVALID');
    expect(refusalOf(encodeBlockBody([first, second, first]))).toMatchObject({
      code: 'TRANSACTION_DUPLICATE',
      field: 'body.transactions[2]',
    });
  });

  it('refuses fields that are swapped, repeated or unknown, also where the length is the canonical one', () => {
    const varint = (value: number) => (value < 128 ? [value] : [(value & 0x7f) | 0x80, value >> 7]);
    const field = (number: number, content: Uint8Array) =>
      concatBytes(Uint8Array.of((number << 3) | 2, ...varint(content.length)), content);
    const bodyField = field(1, first.body);
    const signatureField = field(2, first.signature);
    const block = (...parts: readonly Uint8Array[]) => field(1, concatBytes(...parts));
    expect(block(bodyField, signatureField)).toEqual(encodeBlockBody([first]));
    expect(block(signatureField, bodyField)).toHaveLength(encodeBlockBody([first]).length);
    for (const parts of [
      [signatureField, bodyField],
      [bodyField, bodyField, signatureField],
      [bodyField, signatureField, field(3, Uint8Array.of(1))],
    ]) {
      expect(refusalOf(block(...parts))).toMatchObject({ code: 'BLOCK_INVALID', field: 'body' });
    }
  });

  it('names the transaction that is refused', () => {
    const unsigned = { body: second.body, signature: new Uint8Array(0) };
    expect(refusalOf(encodeBlockBody([first, unsigned]))).toMatchObject({
      code: 'SIGNATURE_MISSING',
      field: 'body.transactions[1].signature',
    });
  });
});

describe('transaction tree', () => {
  it('is RFC 6962 over id ‖ signature', () => {
    const leaf = (at: typeof first) => sha256(Uint8Array.of(0), hexToBytes(at.id), at.signature);
    const node = (left: Uint8Array, right: Uint8Array) => sha256(Uint8Array.of(1), left, right);
    expect(transactionLeafHash(first)).toEqual(leaf(first));
    expect(transactionRoot(transactions)).toBe(
      bytesToHex(node(node(leaf(first), leaf(second)), leaf(third))),
    );
    expect(transactionRoot([])).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});
