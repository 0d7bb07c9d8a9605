// The example that docs/RECEIPT.md walks through is computed: its files and its numbers are made here again.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { verifyReceipt } from '../../src/protocol/proof/verify-receipt.js';
import { EXAMPLE_FILES, receiptDocument } from '../support/receipt-example.js';

const [genesisFile = '', ...receiptFiles] = EXAMPLE_FILES.keys();
const REWRITE = 'node scripts/run-typescript.mjs test/support/write-receipt-example.ts writes them anew';

describe('the example receipts', () => {
  test.each([...EXAMPLE_FILES])('%s is what the fixed keys give', (file, bytes) => {
    expect({ text: readFileSync(file, 'utf8'), REWRITE }).toEqual({
      text: new TextDecoder().decode(bytes),
      REWRITE,
    });
  });

  test.each(receiptFiles)('%s is genuine', (file) => {
    expect(verifyReceipt(readFileSync(file), readFileSync(genesisFile))).toMatchObject({ ok: true });
  });

  test('docs/RECEIPT.md shows the computed numbers', () => {
    const { found, wanted } = receiptDocument();
    expect({ text: found, REWRITE }).toEqual({ text: wanted, REWRITE });
  });
});
