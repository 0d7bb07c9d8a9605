import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  documentCommand,
  epcisCommand,
  signTestTransaction,
  testGenesis,
  testSeed,
} from '../../../test/support/signed-transactions.js';
import { ed25519Verifier, publicKeyOfSeed } from '../crypto/ed25519.js';
import { TransactionBodySchema } from '../encoding/generated/countersign/v1/transaction_pb.js';
import { bytesEqual, concatBytes, utf8ToBytes } from '../primitives/bytes.js';
import type { ChainId } from '../primitives/identifiers.js';
import type { RejectionCode } from '../primitives/rejection.js';
import {
  checkInclusion,
  commandDigest,
  decodeSignedTransaction,
  encodeTransactionBody,
  transactionBytes,
  transactionId,
  verifyTransactionSignature,
  type TransactionFields,
} from './transaction.js';

const limits = { transactionBytesMax: 65_536 };
const signature = new Uint8Array(64).fill(7);
const chainId = testGenesis().chainId;
const fields: TransactionFields = {
  chainId,
  publicKey: publicKeyOfSeed(testSeed('acme/submitter')),
  idempotencyKey: 'order-1',
  validUntilHeight: 300,
  command: documentCommand(['urn:epc:id:sgtin:0614141.107346.2017']),
};

/** A body built field by field, without the guards of encodeTransactionBody. */
function rawBody(changes: Parameters<typeof create<typeof TransactionBodySchema>>[1]): Uint8Array {
  return toBinary(
    TransactionBodySchema,
    create(TransactionBodySchema, {
      chainId: new Uint8Array(32).fill(1),
      publicKey: new Uint8Array(32).fill(2),
      idempotencyKey: 'key',
      validUntilHeight: 5n,
      command: { case: 'captureEpcisDocument', value: { document: utf8ToBytes('{}') } },
      ...changes,
    }),
  );
}

function codeOf(body: Uint8Array, sig: Uint8Array = signature): RejectionCode | undefined {
  const result = decodeSignedTransaction(body, sig, limits);
  return result.ok ? undefined : result.rejection.code;
}

describe('decodeSignedTransaction', () => {
  it('gives back what was encoded, content as views of the body', () => {
    const body = encodeTransactionBody(fields);
    const decoded = decodeSignedTransaction(body, signature, limits);
    expect(decoded).toMatchObject({
      ok: true,
      value: { chainId, idempotencyKey: 'order-1', validUntilHeight: 300 },
    });
    if (!decoded.ok || decoded.value.command.type !== 'recordDocuments') throw new Error('not decoded');
    expect(decoded.value.id).toBe(transactionId(body));
    expect(transactionBytes(decoded.value)).toBe(body.length + 64);
    expect(decoded.value.command.documents[0]?.content.buffer).toBe(body.buffer);
  });

  it.each<[string, RejectionCode, Uint8Array]>([
    ['no bytes', 'TRANSACTION_MALFORMED', new Uint8Array(0)],
    ['bytes that are no protobuf', 'TRANSACTION_MALFORMED', Uint8Array.of(0x0a, 0xff)],
    ['a short chain id', 'TRANSACTION_MALFORMED', rawBody({ chainId: new Uint8Array(31) })],
    ['a long public key', 'TRANSACTION_MALFORMED', rawBody({ publicKey: new Uint8Array(33) })],
    ['a height beyond 2^53-1', 'TRANSACTION_MALFORMED', rawBody({ validUntilHeight: 2n ** 53n })],
    ['no idempotency key', 'IDEMPOTENCY_KEY_INVALID', rawBody({ idempotencyKey: '' })],
    ['a key with a space', 'IDEMPOTENCY_KEY_INVALID', rawBody({ idempotencyKey: 'a b' })],
    ['a key that is not ASCII', 'IDEMPOTENCY_KEY_INVALID', rawBody({ idempotencyKey: 'é' })],
    ['a key of 129 characters', 'IDEMPOTENCY_KEY_INVALID', rawBody({ idempotencyKey: 'k'.repeat(129) })],
    ['no command', 'COMMAND_UNKNOWN', rawBody({ command: { case: undefined } })],
    ['no document', 'TRANSACTION_MALFORMED', rawBody({ command: { case: 'recordDocuments', value: {} } })],
    [
      'a document without kind',
      'TRANSACTION_MALFORMED',
      rawBody({
        command: { case: 'recordDocuments', value: { documents: [{ content: utf8ToBytes('{}') }] } },
      }),
    ],
    ['an unknown field', 'TRANSACTION_NOT_CANONICAL', concatBytes(rawBody({}), Uint8Array.of(0x28, 1))],
    ['a field twice', 'TRANSACTION_NOT_CANONICAL', concatBytes(rawBody({}), rawBody({}))],
    [
      'a default written out',
      'TRANSACTION_NOT_CANONICAL',
      concatBytes(rawBody({ validUntilHeight: 0n }), Uint8Array.of(0x20, 0)),
    ],
    [
      'a height in a longer varint',
      'TRANSACTION_NOT_CANONICAL',
      concatBytes(
        rawBody({ validUntilHeight: 0n, command: { case: undefined } }),
        Uint8Array.of(0x20, 0x85, 0),
      ),
    ],
    [
      'a key that is not UTF-8',
      'TRANSACTION_MALFORMED',
      concatBytes(
        rawBody({ idempotencyKey: '' }).subarray(0, 68),
        Uint8Array.of(0x1a, 1, 0xff),
        rawBody({}).subarray(73),
      ),
    ],
    ['too many bytes', 'TRANSACTION_TOO_LARGE', new Uint8Array(limits.transactionBytesMax - 63)],
  ])('refuses %s with %s', (_name, code, body) => {
    expect(codeOf(body)).toBe(code);
  });

  it('refuses a missing signature and one of the wrong length', () => {
    const body = encodeTransactionBody(fields);
    expect(codeOf(body, new Uint8Array(0))).toBe('SIGNATURE_MISSING');
    expect(codeOf(body, new Uint8Array(63))).toBe('SIGNATURE_INVALID');
    expect(codeOf(body, new Uint8Array(65))).toBe('SIGNATURE_INVALID');
  });

  it('knows one body for one content: every accepted mutation has another content', () => {
    const body = encodeTransactionBody(fields);
    fc.assert(
      fc.property(fc.nat({ max: body.length - 1 }), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const mutated = body.slice();
        mutated[place] = (mutated[place] ?? 0) ^ change;
        const decoded = decodeSignedTransaction(mutated, signature, limits);
        if (!decoded.ok) return;
        const { command, idempotencyKey, validUntilHeight, publicKey } = decoded.value;
        const again = encodeTransactionBody({
          chainId: decoded.value.chainId,
          publicKey,
          idempotencyKey,
          validUntilHeight,
          command,
        });
        expect(bytesEqual(again, mutated)).toBe(true);
      }),
    );
  });
});

describe('commandDigest', () => {
  const digestOf = (changes: Partial<TransactionFields>) => {
    const decoded = decodeSignedTransaction(
      encodeTransactionBody({ ...fields, ...changes }),
      signature,
      limits,
    );
    if (!decoded.ok) throw new Error(decoded.rejection.message);
    return commandDigest(decoded.value);
  };

  it('depends on the command alone', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '-', '~'), minLength: 1, maxLength: 128 }),
        fc.nat({ max: Number.MAX_SAFE_INTEGER }),
        (idempotencyKey, validUntilHeight) => {
          expect(digestOf({ idempotencyKey, validUntilHeight })).toBe(digestOf({}));
        },
      ),
    );
    expect(digestOf({ command: documentCommand(['another']) })).not.toBe(digestOf({}));
    expect(digestOf({ command: epcisCommand([]) })).not.toBe(digestOf({}));
  });
});

describe('verifyTransactionSignature', () => {
  it('holds for the key in the body and for every byte as sent', () => {
    const signed = signTestTransaction({
      chainId,
      signer: 'acme/submitter',
      command: fields.command,
      idempotencyKey: 'k',
    });
    expect(verifyTransactionSignature(signed, ed25519Verifier)).toBe(true);
    const otherKey = { ...signed, publicKey: publicKeyOfSeed(testSeed('globex/submitter')) };
    expect(verifyTransactionSignature(otherKey, ed25519Verifier)).toBe(false);
    const body = signed.body.slice();
    body[body.length - 1] = (body[body.length - 1] ?? 0) ^ 1;
    expect(verifyTransactionSignature({ ...signed, body }, ed25519Verifier)).toBe(false);
  });
});

describe('checkInclusion', () => {
  const transaction = signTestTransaction({
    chainId,
    signer: 'acme/submitter',
    command: fields.command,
    idempotencyKey: 'k',
    validUntilHeight: 100,
  });
  const parameters = { transactionTtlBlocks: 10 };

  it.each<[number, RejectionCode | undefined]>([
    [89, 'EXPIRY_TOO_FAR'],
    [90, undefined],
    [100, undefined],
    [101, 'TRANSACTION_EXPIRED'],
  ])('at height %i: %s', (height, code) => {
    expect(checkInclusion(transaction, { chainId, height, parameters })?.code).toBe(code);
  });

  it('refuses another chain', () => {
    const other = '0'.repeat(64) as ChainId;
    expect(checkInclusion(transaction, { chainId: other, height: 95, parameters })?.code).toBe(
      'CHAIN_ID_MISMATCH',
    );
  });
});

describe('encodeTransactionBody', () => {
  it('throws on fields that no ledger accepts', () => {
    expect(() => encodeTransactionBody({ ...fields, idempotencyKey: '' })).toThrow('idempotency key');
    expect(() => encodeTransactionBody({ ...fields, validUntilHeight: -1 })).toThrow('validUntilHeight');
    expect(() => encodeTransactionBody({ ...fields, chainId: 'abc' as ChainId })).toThrow('chain id');
  });
});
