import { describe, expect, test } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { openPlainNote } from '../../../test/support/plain-signed-note.js';
import { createReceiptLedger, EPOCH_FINAL_HEIGHT } from '../../../test/support/receipt-ledger.js';
import { noteVerifierKey } from '../crypto/signed-note.js';
import { concatBytes, utf8ToBytes } from '../primitives/bytes.js';
import type { RejectionCode } from '../primitives/rejection.js';
import { buildReceipt } from './build-receipt.js';
import {
  checkpointNote,
  parseCheckpointNote,
  verifyCheckpointCertificate,
  verifyCheckpointNote,
} from './checkpoint-certificate.js';
import { ed25519Verifier } from '../crypto/ed25519.js';
import { decodeReceipt, encodeReceipt, type Receipt } from './receipt.js';
import { verifyReceipt } from './verify-receipt.js';

const ledger = createReceiptLedger();
const { genesis, genesisBytes, sets } = ledger;
const receipt = buildReceipt(ledger.parts(1, 11));
const early = buildReceipt(ledger.parts(0, 5));
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function decoded(bytes: Uint8Array): Receipt {
  const result = decodeReceipt(bytes);
  if (!result.ok) throw new Error(result.rejection.message);
  return result.value;
}

function refusal(bytes: Uint8Array): { code: RejectionCode; message: string } | undefined {
  const result = verifyReceipt(bytes, genesisBytes);
  return result.ok ? undefined : result.rejection;
}

/** Refusal of the receipt with members replaced. */
function refusalOf(changes: Partial<Receipt>, of: Uint8Array = receipt) {
  return refusal(encodeReceipt({ ...decoded(of), ...changes }));
}

describe('receipt', () => {
  test.each([5, 6, 7, 8, 11])('of every outcome opens under checkpoint %i', (checkpointHeight) => {
    for (const index of [0, 1, 2]) {
      const result = verifyReceipt(buildReceipt(ledger.parts(index, checkpointHeight)), genesisBytes);
      const code = ['OK', 'REPLAYED', 'FAILED'][index];
      const expected = {
        transactionId: ledger.transactions[index]!.id,
        height: 5,
        index,
        epoch: 0,
        timestampMs: 1_700_000_000_005,
      };
      expect(result).toMatchObject({
        ok: true,
        value: { ...expected, outcome: { code }, signers: ['acme', 'globex', 'initech'] },
      });
    }
  });

  test('is its own RFC 8785 form', () => {
    for (const bytes of [receipt, early]) {
      expect(canonicalize(JSON.parse(text(bytes)))).toBe(text(bytes));
      expect(encodeReceipt(decoded(bytes))).toEqual(bytes);
    }
  });

  test('holds a checkpoint that a plain signed-note verifier opens', () => {
    const { checkpoint, validatorHistory } = decoded(receipt);
    const vkeys = sets.map((set) =>
      set.map(({ organisation, ledgerKey }) => noteVerifierKey(organisation, ledgerKey)),
    );
    expect(openPlainNote(checkpoint, vkeys[1]!).signers).toEqual(['acme', 'globex', 'initech']);
    expect(openPlainNote(validatorHistory[0]!.checkpoint, vkeys[0]!).signers).toEqual([
      'globex',
      'initech',
      'umbrella',
    ]);
  });

  test('with one bit flipped in any byte is refused', () => {
    for (let at = 0; at < receipt.length; at++) {
      const changed = Uint8Array.from(receipt);
      changed[at]! ^= 1 << (at % 8);
      if (verifyReceipt(changed, genesisBytes).ok) {
        throw new Error(`a flip of bit ${at % 8} of byte ${at} goes unnoticed`);
      }
    }
  });

  test('with any bit of a sample flipped, a byte cut out, put in or doubled is refused', () => {
    fc.assert(
      fc.property(fc.nat(receipt.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        for (let bit = 0; bit < 8; bit++) {
          const changed = Uint8Array.from(receipt);
          changed[at]! ^= 1 << bit;
          expect(verifyReceipt(changed, genesisBytes).ok).toBe(false);
        }
        const [before, after] = [receipt.slice(0, at), receipt.slice(at)];
        expect(verifyReceipt(concatBytes(before, after.slice(1)), genesisBytes).ok).toBe(false);
        expect(verifyReceipt(concatBytes(before, Uint8Array.of(byte), after), genesisBytes).ok).toBe(false);
      }),
      { numRuns: 120 },
    );
  });

  test('needs the genesis file of its own chain', () => {
    const other = utf8ToBytes(text(genesisBytes).replace('"name":"example"', '"name":"examplf"'));
    const result = verifyReceipt(receipt, other);
    expect(result.ok ? '' : result.rejection.message).toContain('the genesis file is of');
    expect(verifyReceipt(receipt, utf8ToBytes('{}'))).toMatchObject({
      ok: false,
      rejection: { code: 'GENESIS_INVALID' },
    });
  });
});

describe('the form of a receipt', () => {
  test.each([
    ['a final newline', `${text(receipt)}\n`, 'the end of the file'],
    [
      'white space',
      text(receipt).replace('","format"', '", "format"').replace(',"format"', ', "format"'),
      '"format"',
    ],
    ['an unknown field', text(receipt).replace('"format"', '"extra":1,"format"'), '"format"'],
    ['a missing field', text(early).replace(/,"validatorHistory":\[\]/, ''), '"validatorHistory"'],
    ['another order', JSON.stringify({ format: 'countersign-receipt/v1' }), '{"checkpoint":'],
    ['a fraction', text(receipt).replace('"count":3', '"count":3.0'), '"index"'],
    ['a leading zero', text(receipt).replace('"count":3', '"count":03'), '"index"'],
    ['a negative number', text(receipt).replace('"count":3', '"count":-3'), 'an integer'],
    ['a number beyond 2^53-1', text(receipt).replace('"count":3', '"count":9007199254740992'), 'an integer'],
    ['another escape', text(receipt).replace('\\n', '\\u000a'), 'after a backslash'],
    ['an open string', '{"checkpoint":"abc', 'the end of a string'],
    [
      'upper-case hex',
      text(receipt).replace(/("logPath":\[")[^"]*/, `$1${'AB'.repeat(32)}`),
      'lower-case hex',
    ],
    ['a short hash', text(receipt).replace(/("logPath":\[")[^"]*/, '$1abcd'), '64 lower-case hex digits'],
    ['loose base64', text(receipt).replace(/("outcome":")[^"]*/, '$1AAB='), 'canonical base64'],
    ['another format', text(receipt).replace('receipt/v1', 'receipt/v2'), 'countersign-receipt/v1'],
    [
      'a nameless validator',
      text(receipt).replace('"organisation":"acme"', '"organisation":"Acme"'),
      'proper key and name',
    ],
  ])('refuses %s and says where', (_, changed, reason) => {
    expect(refusal(utf8ToBytes(changed))).toMatchObject({ code: 'RECEIPT_NOT_CANONICAL' });
    expect(refusal(utf8ToBytes(changed))?.message).toContain(reason);
  });

  test('refuses what is not text, and what is too long', () => {
    expect(refusal(Uint8Array.of(0x7b, 0xff))?.code).toBe('RECEIPT_MALFORMED');
    expect(refusal(new Uint8Array(16 * 1024 * 1024 + 1))?.code).toBe('RECEIPT_MALFORMED');
  });
});

describe('each check has its own reason', () => {
  const { entry, transaction, validatorHistory } = decoded(receipt);
  const [change] = validatorHistory;
  const other = decoded(buildReceipt(ledger.parts(2, 11)));
  const withChange = (changes: Partial<typeof change>) =>
    refusalOf({ validatorHistory: [{ ...change!, ...changes }] });

  test.each([
    [
      'signature of another transaction',
      refusalOf({ transaction: { ...transaction, signature: other.transaction.signature } }),
      'RECEIPT_INVALID',
      'signature is not that of the key',
    ],
    [
      'no signature',
      refusalOf({ transaction: { ...transaction, signature: new Uint8Array(0) } }),
      'SIGNATURE_MISSING',
      'signature',
    ],
    [
      'body that is none',
      refusalOf({ transaction: { ...transaction, body: Uint8Array.of(255) } }),
      'TRANSACTION_MALFORMED',
      'protobuf',
    ],
    [
      'outcome of another signer',
      refusalOf({ entry: { ...entry, outcome: other.entry.outcome } }),
      'RECEIPT_INVALID',
      'another signer',
    ],
    [
      'outcome that is none',
      refusalOf({ entry: { ...entry, outcome: new Uint8Array(1) } }),
      'RECEIPT_MALFORMED',
      'outcome bytes',
    ],
    ['another count', refusalOf({ entry: { ...entry, count: 4 } }), 'RECEIPT_INVALID', 'counts 3 entries'],
    [
      'another index',
      refusalOf({ entry: { ...entry, index: 0 } }),
      'RECEIPT_INVALID',
      'not in the entries root',
    ],
    [
      'another entry path',
      refusalOf({ entry: { ...entry, path: other.entry.path } }),
      'RECEIPT_INVALID',
      'not in the entries root',
    ],
    [
      'a record that is none',
      refusalOf({ resultRecord: new Uint8Array(3) }),
      'RECEIPT_MALFORMED',
      'fixed layout',
    ],
    [
      'another block’s record',
      refusalOf({ resultRecord: ledger.records[6]! }),
      'RECEIPT_INVALID',
      'counts 0 entries',
    ],
    [
      'another log path',
      refusalOf({ logPath: decoded(early).logPath }),
      'RECEIPT_INVALID',
      'is not in the log',
    ],
    [
      'the checkpoint of an earlier set',
      refusalOf({ checkpoint: decoded(early).checkpoint }),
      'NOTE_UNVERIFIED',
      'none of the validators',
    ],
    ['no history', refusalOf({ validatorHistory: [] }), 'NOTE_UNVERIFIED', 'none of the validators'],
    [
      'a history too long',
      refusalOf({ validatorHistory: [change!, change!] }),
      'RECEIPT_INVALID',
      'end of epoch 1: its result record is of epoch 0',
    ],
    [
      'other next validators',
      withChange({ validators: sets[0] }),
      'RECEIPT_INVALID',
      'names other next validators',
    ],
    ['no next validators', withChange({ validators: [] }), 'RECEIPT_INVALID', 'none, or are not ascending'],
    [
      'next validators in another order',
      withChange({ validators: sets[1].toReversed() }),
      'RECEIPT_INVALID',
      'not ascending',
    ],
    [
      'a record inside the epoch',
      withChange({ resultRecord: ledger.records[6]! }),
      'RECEIPT_INVALID',
      'names other next validators',
    ],
    [
      'a record of the next epoch',
      withChange({ resultRecord: ledger.records[9]! }),
      'RECEIPT_INVALID',
      'is of epoch 1',
    ],
    [
      'the genesis record as an epoch’s end',
      withChange({ resultRecord: ledger.records[0]! }),
      'RECEIPT_INVALID',
      'does not follow 0',
    ],
    [
      'another epoch certificate',
      withChange({ checkpoint: decoded(early).checkpoint }),
      'RECEIPT_INVALID',
      'is that of height 5',
    ],
    [
      'another certificate path',
      withChange({ checkpointPath: change!.logPath }),
      'RECEIPT_INVALID',
      'not in the log of its checkpoint',
    ],
    [
      'another history path',
      withChange({ logPath: change!.checkpointPath }),
      'RECEIPT_INVALID',
      `height ${EPOCH_FINAL_HEIGHT} is not in the log`,
    ],
  ])('%s', (_, refused, code, reason) => {
    expect(refused?.code).toBe(code);
    expect(refused?.message).toContain(reason);
  });
});

describe('checkpoint note', () => {
  const note = (signers: readonly number[]) =>
    checkpointNote(genesis.origin, sets[0], ledger.certificate(5, signers));
  const verify = (each: string) => verifyCheckpointNote(each, genesis.origin, sets[0], ed25519Verifier);

  test('gives back the certificate that it was made of', () => {
    expect(verify(note([0, 2, 3]))).toEqual({ ok: true, value: ledger.certificate(5, [0, 2, 3]) });
    expect(parseCheckpointNote(note([3]), genesis.origin, sets[0])).toEqual({
      ok: true,
      value: ledger.certificate(5, [3]),
    });
  });

  test.each([
    ['two lines', note([0, 1]), 'exactly 3 of 4'],
    ['four lines', note([0, 1, 2, 3]), 'exactly 3 of 4'],
    ['lines out of order', note([1, 0, 2]), 'out of validator order'],
    ['one line twice', note([0, 0, 2]), 'out of validator order'],
    [
      'another root',
      note([0, 1, 2]).replace(/\n[^\n]{44}\n/, `\n${'A'.repeat(43)}=\n`),
      'signature is wrong',
    ],
    ['another log', note([0, 1, 2]).replace('countersign/example', 'countersign/other'), 'is of the log'],
    ['an extension line', note([0, 1, 2]).replace('\n\n', '\nmore\n\n'), 'more than three lines'],
    ['no size', note([0, 1, 2]).replace('\n6\n', '\nsix\n'), 'no tree size'],
    ['a size of zero', note([0, 1, 2]).replace('\n6\n', '\n0\n'), 'no tree size'],
    ['a size with a leading zero', note([0, 1, 2]).replace('\n6\n', '\n06\n'), 'no tree size'],
    ['a stranger', note([0, 1, 2]).replace('— acme', '— hidden'), 'none of the validators'],
  ])('refuses %s', (_, changed, reason) => {
    const result = verify(changed);
    expect(result.ok ? '' : result.rejection.message).toContain(reason);
  });

  test('the certificate alone: exactly Q, ascending, valid', () => {
    const check = (signers: readonly number[]): boolean => {
      const { height, root, signatures } = ledger.certificate(5, signers);
      return verifyCheckpointCertificate(sets[0], genesis.origin, height, root, signatures, ed25519Verifier);
    };
    expect([
      check([0, 1, 3]),
      check([0, 1]),
      check([0, 1, 2, 3]),
      check([1, 0, 3]),
      check([1, 1, 3]),
    ]).toEqual([true, false, false, false, false]);
    const { height, root, signatures } = ledger.certificate(5);
    const shifted = signatures.map(({ signer, signature }) => ({ signer: signer + 1, signature }));
    expect(verifyCheckpointCertificate(sets[0], genesis.origin, height, root, shifted, ed25519Verifier)).toBe(
      false,
    );
    expect(
      verifyCheckpointCertificate(sets[0], genesis.origin, height + 1, root, signatures, ed25519Verifier),
    ).toBe(false);
  });
});
