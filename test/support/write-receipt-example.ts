// Writes examples/receipts and the computed part of docs/RECEIPT.md:
//   node scripts/run-typescript.mjs test/support/write-receipt-example.ts
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EXAMPLE_FILES, receiptDocument } from './receipt-example.js';

for (const [file, bytes] of EXAMPLE_FILES) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, bytes);
}
const { file, wanted } = receiptDocument();
writeFileSync(file, wanted);
