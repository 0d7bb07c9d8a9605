// The SDK as a page would load it: bundled for the browser, run with web APIs only, verifying a receipt with the browser's
// cryptography.
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import type * as Sdk from '../../src/sdk/index.js';
import { ed25519Verifier } from '../../src/protocol/crypto/ed25519.js';
import { buildReceipt } from '../../src/protocol/proof/build-receipt.js';
import { checkpointNote } from '../../src/protocol/proof/checkpoint-certificate.js';
import { fileOf, keys } from '../support/cose-receipt-files.js';
import { createReceiptLedger } from '../support/receipt-ledger.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function bundleForBrowser(): Promise<string> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['src/sdk/index.ts'],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'countersign',
    target: 'es2022',
    // Without comments, which may speak of what the code does without.
    minifyWhitespace: true,
    alias: { '#crypto-platform': './src/protocol/crypto/platform/browser.ts' },
    logLevel: 'silent',
  });
  return result.outputFiles[0]!.text;
}

/** What a page has and the SDK uses; nothing of Node. */
function createPage(): vm.Context {
  const { TextEncoder, TextDecoder, URL, URLSearchParams, AbortSignal, fetch, crypto, setTimeout } =
    globalThis;
  return vm.createContext({
    ...{ TextEncoder, TextDecoder, URL, URLSearchParams, AbortSignal, fetch, crypto, setTimeout },
    Uint8Array,
  });
}

describe('the SDK in a browser', () => {
  const ledger = createReceiptLedger();
  let code = '';
  let sdk: typeof Sdk;

  beforeAll(async () => {
    code = await bundleForBrowser();
    const page = createPage();
    vm.runInContext(code, page);
    sdk = vm.runInContext('countersign', page) as typeof Sdk;
  });

  it('has nothing of Node in its bundle', () => {
    // Through globalThis a library may ask whether there is one; what follows runs where there is none.
    expect(code).not.toMatch(/["'`]node:[a-z]|\brequire\s*\(|sodium-native|(?<!\bglobalThis\.)\bBuffer\./);
  });

  it('verifies a receipt, and refuses it with one bit changed', () => {
    const receipt = buildReceipt(ledger.parts(0, 6));
    const verified = sdk.verifyReceipt(receipt, ledger.genesisBytes);
    expect(verified).toMatchObject({
      ok: true,
      value: { transactionId: ledger.transactions[0]!.id, height: 5 },
    });
    for (let offset = 3; offset < receipt.length; offset += 97) {
      const changed = receipt.slice();
      changed[offset]! ^= 1;
      expect(sdk.verifyReceipt(changed, ledger.genesisBytes).ok).toBe(false);
    }
  });

  it('verifies a receipt across a change of validators, explains it, and refuses it with one bit changed', () => {
    const receipt = buildReceipt(ledger.parts(1, 11));
    expect(sdk.verifyReceipt(receipt, ledger.genesisBytes)).toMatchObject({
      ok: true,
      value: { epoch: 0, checkpoint: { height: 11 }, signers: ['acme', 'globex', 'initech'] },
    });
    const { steps } = sdk.explainReceipt(receipt, ledger.genesisBytes);
    expect(steps.map(({ name }) => name)).toContain('epochEndInLog');
    for (let offset = 5; offset < receipt.length; offset += 211) {
      const changed = receipt.slice();
      changed[offset]! ^= 1;
      expect(sdk.verifyReceipt(changed, ledger.genesisBytes).ok).toBe(false);
    }
  });

  it('verifies a COSE receipt, and refuses it with one bit changed', () => {
    const receipt = fileOf();
    expect(sdk.verifyCoseReceipt(receipt, ledger.genesisBytes, { keys })).toMatchObject({
      ok: true,
      value: { transactionId: ledger.transactions[0]!.id, height: 5 },
    });
    for (let offset = 3; offset < receipt.length; offset += 197) {
      const changed = receipt.slice();
      changed[offset]! ^= 1;
      expect(sdk.verifyCoseReceipt(changed, ledger.genesisBytes, { keys }).ok).toBe(false);
    }
  });

  it('opens a checkpoint', () => {
    const { origin, validators } = ledger.genesis;
    const note = checkpointNote(origin, validators, ledger.certificate(6));
    expect(sdk.verifyCheckpoint(note, ledger.genesisBytes)).toMatchObject({
      ok: true,
      value: { height: 6, origin, signers: ['acme', 'globex', 'initech'] },
    });
    const changed = note.replace('\n7\n', '\n8\n');
    expect(sdk.verifyCheckpoint(changed, ledger.genesisBytes)).toMatchObject({
      ok: false,
      rejection: { code: 'NOTE_UNVERIFIED' },
    });
  });

  it('signs what a node accepts', () => {
    const keyPair = sdk.seedToKeyPair(new Uint8Array(32).fill(7));
    const terms = { chainId: ledger.genesis.chainId, idempotencyKey: 'page-1', validUntilHeight: 10 };
    const document = new TextEncoder().encode('{"type":"EPCISDocument"}');
    const transaction = sdk.signTransaction(keyPair, terms, sdk.captureEpcisDocument(document));
    const message = new Uint8Array([
      ...new TextEncoder().encode('countersign/transaction/v1\0'),
      ...transaction.body,
    ]);
    expect(ed25519Verifier.verify(keyPair.publicKey, message, new Uint8Array(transaction.signature))).toBe(
      true,
    );
    expect(sdk.decodeSignedTransaction(transaction.bytes)).toMatchObject({
      ok: true,
      value: { id: transaction.id },
    });
  });
});
