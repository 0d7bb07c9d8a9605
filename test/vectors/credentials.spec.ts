/** Known answers of credentials and COSE receipts, computed from PROTOCOL.md and COSE-RECEIPT.md by a program in another language. */
import { decode } from 'cborg';
import { describe, expect, it } from '@jest/globals';
import { es256Coordinates, verifyEs256 } from '../../src/protocol/crypto/es256.js';
import {
  credentialCountStateKey,
  credentialKeyStateKey,
  credentialStateKey,
  decodeCredentialEntry,
  encodeCredentialCount,
  encodeCredentialEntry,
  encodeCredentialOwner,
} from '../../src/protocol/governance/credentials/credential-entry.js';
import { credentialPossessionBytes, provesCredential } from '../../src/protocol/governance/possession.js';
import { decodeSignedTransaction, encodeTransactionBody } from '../../src/protocol/ledger/transaction.js';
import { bytesToHex, hexToBytes } from '../../src/protocol/primitives/bytes.js';
import type { ChainId, Digest, Es256PublicKey } from '../../src/protocol/primitives/identifiers.js';
import {
  encodeCoseReceipt,
  receiptHeader,
  receiptSigningBytes,
} from '../../src/protocol/proof/cose/cose-receipt.js';
import {
  decodeReceiptKeys,
  encodeReceiptKeys,
  receiptKeyId,
} from '../../src/protocol/proof/cose/receipt-keys.js';
import { verifyIndependently } from '../support/independent-cose-verifier.js';
import { readVectors } from '../support/vector-files.js';

interface CredentialVectors {
  readonly chainId: ChainId;
  readonly organisation: string;
  readonly name: string;
  readonly publicKey: Es256PublicKey;
  readonly x: string;
  readonly y: string;
  readonly possession: { readonly bytes: string; readonly signature: string };
  readonly register: string;
  readonly revoke: string;
  readonly entry: { readonly fromHeight: number; readonly untilHeight: number };
  readonly state: readonly { readonly key: string; readonly value: string }[];
  readonly kid: string;
  readonly keySet: string;
  readonly origin: string;
  readonly leaf: string;
  readonly root: Digest;
  readonly path: readonly string[];
  readonly size: number;
  readonly index: number;
  readonly signed: string;
  readonly signature: string;
  readonly receipt: string;
}

const vectors = readVectors<CredentialVectors>('credentials');
const { chainId, organisation, name, publicKey, origin } = vectors;
const key = {
  type: 'receiptEs256',
  publicKey,
  possession: hexToBytes(vectors.possession.signature),
} as const;
const place = { chainId, organisation, name };

describe('credentials, known answers', () => {
  it('the key and its proof', () => {
    const { x, y } = es256Coordinates(publicKey)!;
    expect([bytesToHex(x), bytesToHex(y)]).toEqual([vectors.x, vectors.y]);
    expect(bytesToHex(credentialPossessionBytes(key, place))).toBe(vectors.possession.bytes);
    expect(provesCredential(key, place)).toBe(true);
  });

  it.each([
    [vectors.register, { type: 'registerCredential', name, key, replaces: 'receipt' }],
    [vectors.revoke, { type: 'revokeCredential', name: 'receipt' }],
  ])('the command %#', (body, command) => {
    const decoded = decodeSignedTransaction(hexToBytes(body), new Uint8Array(64), {
      transactionBytesMax: 65_536,
    });
    if (!decoded.ok) throw new Error(decoded.rejection.message);
    expect(decoded.value.command).toEqual(command);
    expect(bytesToHex(encodeTransactionBody(decoded.value))).toBe(body);
  });

  it('the state', () => {
    const entry = { type: key.type, publicKey, ...vectors.entry };
    const written = [
      [credentialStateKey(organisation, name), encodeCredentialEntry(entry)],
      [credentialCountStateKey(organisation), encodeCredentialCount(2)],
      [credentialKeyStateKey(publicKey), encodeCredentialOwner(organisation, name)],
    ] as const;
    expect(written.map(([stateKey, value]) => ({ key: stateKey, value: bytesToHex(value) }))).toEqual(
      vectors.state,
    );
    expect(decodeCredentialEntry(hexToBytes(vectors.state[0]!.value))).toEqual(entry);
  });
});

describe('COSE receipts, known answers', () => {
  const receiptKey = { organisation, name, publicKey, ...vectors.entry };

  it('the key set', () => {
    expect(bytesToHex(receiptKeyId(publicKey))).toBe(vectors.kid);
    expect(bytesToHex(encodeReceiptKeys([receiptKey]))).toBe(vectors.keySet);
    expect(decodeReceiptKeys(hexToBytes(vectors.keySet))).toEqual({ ok: true, value: [receiptKey] });
  });

  it('what is signed, and the receipt', async () => {
    const signer = { organisation, publicKey, origin };
    const signed = receiptSigningBytes(signer, vectors.root);
    expect(bytesToHex(signed)).toBe(vectors.signed);
    const signature = hexToBytes(vectors.signature);
    expect(verifyEs256(publicKey, signed, signature)).toBe(true);
    const { size, index, path } = vectors;
    const file = encodeCoseReceipt({
      transaction: { body: new Uint8Array(1), signature: new Uint8Array(64) },
      entry: { index: 0, count: 1, outcome: new Uint8Array(1), path: [] },
      resultRecord: hexToBytes(vectors.leaf),
      inclusion: { size, index, path: path.map(hexToBytes) },
      signatures: [{ ...receiptHeader(signer), signature }],
    });
    const [receipt] = (decode(file, { useMaps: true }) as Map<string, readonly Uint8Array[]>).get(
      'receipts',
    )!;
    expect(bytesToHex(receipt!)).toBe(vectors.receipt);
    const jwk = { kty: 'EC', crv: 'P-256', alg: 'ES256', x: base64url(vectors.x), y: base64url(vectors.y) };
    const root = await verifyIndependently(receipt!, hexToBytes(vectors.leaf), jwk);
    expect(bytesToHex(root)).toBe(vectors.root);
  });
});

function base64url(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64url');
}
