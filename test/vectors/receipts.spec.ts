import { describe, expect, test } from '@jest/globals';
import { utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import { buildReceipt } from '../../src/protocol/proof/build-receipt.js';
import { verifyReceipt } from '../../src/protocol/proof/verify-receipt.js';
import { createReceiptLedger } from '../support/receipt-ledger.js';
import { readVectors } from '../support/vector-files.js';

interface ReceiptVectors {
  readonly genesis: string;
  readonly receipts: readonly {
    readonly index: number;
    readonly checkpointHeight: number;
    readonly transactionId: string;
    readonly outcome: string;
    readonly receipt: string;
  }[];
}

const { genesis, receipts } = readVectors<ReceiptVectors>('receipts');

describe.each(receipts)('receipt of a transaction that became $outcome', (vector) => {
  test('opens with the genesis file and nothing else', () => {
    const result = verifyReceipt(utf8ToBytes(vector.receipt), utf8ToBytes(genesis));
    expect(result).toMatchObject({
      ok: true,
      value: { transactionId: vector.transactionId, index: vector.index, outcome: { code: vector.outcome } },
    });
  });

  test('is built the same again', () => {
    const built = buildReceipt(createReceiptLedger().parts(vector.index, vector.checkpointHeight));
    expect(new TextDecoder().decode(built)).toBe(vector.receipt);
  });
});
