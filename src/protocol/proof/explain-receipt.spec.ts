import { describe, expect, test } from '@jest/globals';
import { createReceiptLedger } from '../../../test/support/receipt-ledger.js';
import { utf8ToBytes } from '../primitives/bytes.js';
import { buildReceipt } from './build-receipt.js';
import { explainReceipt } from './explain-receipt.js';
import type { ProofStepName } from './proof-trace.js';
import { decodeReceipt, encodeReceipt, type Receipt } from './receipt.js';
import { verifyReceipt } from './verify-receipt.js';

const ledger = createReceiptLedger();
const { genesisBytes, records, sets, transactions } = ledger;
const across = buildReceipt(ledger.parts(1, 11));
const decoded = decodeReceipt(across);
if (!decoded.ok) throw new Error(decoded.rejection.message);
const receipt: Receipt = decoded.value;
const [change] = receipt.validatorHistory;

const namesOf = (bytes: Uint8Array): readonly ProofStepName[] =>
  explainReceipt(bytes, genesisBytes).steps.map(({ name }) => name);

const BEFORE_CHAIN: readonly ProofStepName[] = ['genesis', 'form', 'transaction', 'record', 'entry'];

describe('explainReceipt', () => {
  test('shows every step of a receipt, one for each change of validators', () => {
    expect(namesOf(buildReceipt(ledger.parts(0, 6)))).toEqual([...BEFORE_CHAIN, 'checkpoint', 'recordInLog']);
    expect(namesOf(across)).toEqual([
      ...BEFORE_CHAIN,
      'epochEnd',
      'checkpoint',
      'epochEndInLog',
      'recordInLog',
    ]);
    const { result, failedAt } = explainReceipt(across, genesisBytes);
    expect([result, failedAt]).toEqual([verifyReceipt(across, genesisBytes), undefined]);
  });

  test('says who signed what, and with which hashes it was shown', () => {
    const steps = new Map(explainReceipt(across, genesisBytes).steps.map((step) => [step.name, step]));
    expect(steps.get('transaction')?.details).toMatchObject({
      id: transactions[1]!.id,
      publicKey: transactions[1]!.publicKey,
      idempotencyKey: 'order-1',
      command: 'recordDocuments',
    });
    expect(steps.get('entry')).toMatchObject({
      claim: 'it was executed as entry 2 of 3 of the block, for globex/submitter',
      details: { outcome: `REPLAYED of ${transactions[0]!.id}`, custody: 'node', index: 1 },
    });
    expect(steps.get('epochEnd')).toMatchObject({
      claim: 'epoch 0 ended at height 7; its validators name acme, globex, initech, umbrella as the next',
      details: {
        signedBy: sets[0].slice(1).map(({ organisation, ledgerKey }) => `${organisation} ${ledgerKey}`),
        nextValidators: sets[1].map(({ organisation, ledgerKey }) => `${organisation} ${ledgerKey}`),
      },
    });
    expect(steps.get('checkpoint')?.claim).toBe(
      'acme, globex, initech have countersigned the log of height 11, as validators of epoch 1',
    );
    expect(steps.get('recordInLog')?.details).toMatchObject({ index: 5, size: 12 });
  });

  const early = decodeReceipt(buildReceipt(ledger.parts(1, 5)));
  if (!early.ok) throw new Error(early.rejection.message);

  test.each<[ProofStepName, number, Partial<Receipt>]>([
    ['transaction', 2, { transaction: { ...receipt.transaction, signature: new Uint8Array(64) } }],
    ['record', 3, { resultRecord: new Uint8Array(3) }],
    ['entry', 4, { entry: { ...receipt.entry, index: 0 } }],
    ['epochEnd', 5, { validatorHistory: [{ ...change!, resultRecord: records[6]! }] }],
    ['checkpoint', 6, { checkpoint: early.value.checkpoint }],
    ['epochEndInLog', 7, { validatorHistory: [{ ...change!, logPath: [] }] }],
    ['recordInLog', 8, { logPath: [] }],
  ])('shows that a refused receipt failed at %s, and what held before', (name, held, changes) => {
    const bytes = encodeReceipt({ ...receipt, ...changes });
    const explanation = explainReceipt(bytes, genesisBytes);
    expect(explanation.failedAt).toBe(name);
    expect(explanation.steps.map((step) => step.name)).toEqual(namesOf(across).slice(0, held));
    expect(explanation.result).toEqual(verifyReceipt(bytes, genesisBytes));
  });

  test('stops at what is no genesis file, or no receipt', () => {
    expect(explainReceipt(across, utf8ToBytes('{}'))).toMatchObject({ failedAt: 'genesis', steps: [] });
    const { failedAt, steps } = explainReceipt(utf8ToBytes('{}'), genesisBytes);
    expect([failedAt, steps.length]).toEqual(['form', 1]);
  });
});
