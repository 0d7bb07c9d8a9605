// What a node refuses over HTTP: each case has a code of its own, and nothing of it reaches the ledger.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signMessage } from '../../src/protocol/crypto/ed25519.js';
import { encodeSignedTransaction } from '../../src/protocol/ledger/transaction.js';
import type { ChainId } from '../../src/protocol/primitives/identifiers.js';
import {
  captureEpcisDocument,
  recordDocuments,
  createKeyPair,
  signTransactionWith,
  type Command,
  type TransactionSigner,
} from '../../src/sdk/index.js';
import { awaitAgreement } from '../../src/demo/replay/agreement.js';
import { startTestCluster, type TestCluster } from './test-cluster.js';

const utf8 = (text: string) => new TextEncoder().encode(text);
const inspection = (content: string): Command =>
  recordDocuments([{ kind: 'inspection', content: utf8(content), subjectPointers: ['/lot'] }]);
/** A key that the ledger does not know. */
function createStranger(): TransactionSigner {
  const { publicKey, seed } = createKeyPair();
  return {
    publicKey,
    sign: (messages) => Promise.resolve(messages.map((message) => signMessage(seed, message))),
  };
}

const GOOD = inspection('{"lot":"urn:lot:1"}');

describe('a node refuses', () => {
  let test: TestCluster;
  let app: TransactionSigner;
  let chainId: ChainId;
  let counter = 0;

  beforeAll(async () => {
    test = await startTestCluster();
    app = test.nodes[0]!.signer;
    chainId = test.cluster.genesis.chainId;
  });
  afterAll(async () => {
    await test.close();
  });

  function sign(command: Command, terms: object = {}, signer = app) {
    const defaults = { chainId, idempotencyKey: `refused-${++counter}`, validUntilHeight: 1_000 };
    return signTransactionWith(signer, { ...defaults, ...terms }, command);
  }

  async function post(body: Uint8Array | string, contentType = 'application/x-protobuf') {
    const bytes = typeof body === 'string' ? utf8(body) : new Uint8Array(body);
    const url = `${test.cluster.nodes[0]!.restUrl}/v1/transactions`;
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: bytes,
    });
    const problem = (await response.json()) as { readonly code?: string; readonly status?: number };
    return { status: response.status, type: response.headers.get('content-type'), problem };
  }

  async function expectRefusal(
    body: Uint8Array | string,
    status: number,
    code: string,
    contentType?: string,
  ) {
    const answer = await post(body, contentType);
    expect({ status: answer.status, code: answer.problem.code }).toEqual({ status, code });
    expect(answer.type).toMatch(/^application\/problem\+json/);
    expect(answer.problem.status).toBe(status);
  }

  it('a transaction without a signature', async () => {
    const { body } = await sign(GOOD);
    await expectRefusal(
      encodeSignedTransaction({ body, signature: new Uint8Array() }),
      400,
      'SIGNATURE_MISSING',
    );
  });

  it('a wrong signature, a short one, and a changed body', async () => {
    const { body, signature } = await sign(GOOD);
    const wrong = signature.slice();
    wrong[10]! ^= 1;
    await expectRefusal(encodeSignedTransaction({ body, signature: wrong }), 422, 'SIGNATURE_INVALID');
    const short = signature.slice(0, 63);
    await expectRefusal(encodeSignedTransaction({ body, signature: short }), 422, 'SIGNATURE_INVALID');
    const changed = body.slice();
    changed[changed.length - 1]! ^= 1;
    const answer = await post(encodeSignedTransaction({ body: changed, signature }));
    expect(answer.status).toBeGreaterThanOrEqual(400);
  });

  it('a key that belongs to nobody, and an identity without the role', async () => {
    await expectRefusal((await sign(GOOD, {}, createStranger())).bytes, 403, 'SIGNER_UNKNOWN');
    const auditor = await test.cluster.identitySigner('acme', 'auditor');
    await expectRefusal((await sign(GOOD, {}, auditor)).bytes, 403, 'SIGNER_NOT_PERMITTED');
  });

  it('another chain, an expired transaction, and one that lives too long', async () => {
    await expectRefusal(
      (await sign(GOOD, { chainId: 'ab'.repeat(32) as ChainId })).bytes,
      422,
      'CHAIN_ID_MISMATCH',
    );
    await expectRefusal((await sign(GOOD, { validUntilHeight: 0 })).bytes, 422, 'TRANSACTION_EXPIRED');
    await expectRefusal((await sign(GOOD, { validUntilHeight: 10_000_000 })).bytes, 422, 'EXPIRY_TOO_FAR');
  });

  it('a transaction and a body beyond the limits', async () => {
    const large = inspection(`{"lot":"urn:lot:1","text":"${'x'.repeat(70_000)}"}`);
    await expectRefusal((await sign(large)).bytes, 413, 'TRANSACTION_TOO_LARGE');
    await expectRefusal(new Uint8Array(3 * 1024 * 1024), 413, 'BODY_TOO_LARGE');
  });

  it('bytes that are no transaction, an unknown field, and an unknown media type', async () => {
    await expectRefusal(utf8('hello, ledger'), 400, 'TRANSACTION_MALFORMED');
    const { bytes } = await sign(GOOD);
    const withUnknownField = new Uint8Array([...bytes, 0x78, 0x01]);
    await expectRefusal(withUnknownField, 400, 'TRANSACTION_NOT_CANONICAL');
    await expectRefusal('a=b', 415, 'MEDIA_TYPE_UNSUPPORTED', 'application/x-www-form-urlencoded');
    await expectRefusal('', 400, 'BODY_MISSING');
  });

  it('JSON that two readers could read differently', async () => {
    await expectRefusal((await sign(inspection('{"lot":"a","lot":"b"}'))).bytes, 400, 'JSON_DUPLICATE_KEY');
    await expectRefusal(
      (await sign(inspection('{"lot":"a","n":9007199254740993}'))).bytes,
      400,
      'JSON_NUMBER_OUT_OF_RANGE',
    );
    await expectRefusal((await sign(inspection('{"lot":"\\ud800"}'))).bytes, 400, 'JSON_LONE_SURROGATE');
    await expectRefusal((await sign(inspection('{"lot":"a"'))).bytes, 400, 'JSON_MALFORMED');
    await expectRefusal((await sign(inspection('{"lot":'.repeat(100)))).bytes, 400, 'JSON_TOO_DEEP');
  });

  it('subjects and documents that do not fit', async () => {
    await expectRefusal((await sign(inspection('{"lot":{}}'))).bytes, 422, 'POINTER_INVALID');
    await expectRefusal(
      (await sign(inspection(`{"lot":"${'x'.repeat(1_025)}"}`))).bytes,
      422,
      'SUBJECT_INVALID',
    );
    const document = captureEpcisDocument(
      utf8('{"type":"EPCISDocument","epcisBody":{"eventList":[{"type":"X"}]}}'),
    );
    await expectRefusal((await sign(document)).bytes, 422, 'EPCIS_DOCUMENT_INVALID');
  });

  it('questions that are none', async () => {
    const codeOf = async (path: string) => {
      const response = await test.cluster.nodes[0]!.ask(path);
      return `${response.status} ${((await response.json()) as { readonly code: string }).code}`;
    };
    await expect(codeOf('/v1/transactions/xyz')).resolves.toBe('400 TRANSACTION_ID_INVALID');
    await expect(codeOf(`/v1/transactions/${'0'.repeat(64)}`)).resolves.toBe('404 TRANSACTION_NOT_FOUND');
    await expect(codeOf('/v1/blocks/999999')).resolves.toBe('404 BLOCK_NOT_FOUND');
    await expect(codeOf('/v1/blocks?colour=red')).resolves.toBe('400 QUERY_PARAMETER_UNKNOWN');
    await expect(codeOf('/v1/nothing')).resolves.toBe('404 RESOURCE_NOT_FOUND');
  });

  it('to record one transaction twice: the same bytes have the same answer at every node', async () => {
    const before = (await test.nodes[0]!.client.status()).height;
    const transaction = await sign(GOOD);
    const first = await test.nodes[0]!.client.submitAndWait(transaction);
    expect(first).toMatchObject({ status: 'COMMITTED', outcome: { code: 'OK', identity: 'acme/app' } });
    await awaitAgreement(test.nodes, 60_000);
    for (const { client } of test.nodes) {
      await expect(client.submitAndWait(transaction)).resolves.toEqual(first);
    }
    const history = await test.nodes[3]!.client.history('urn:lot:1');
    expect(history.items).toHaveLength(1);
    // The one block of this transaction is all that the refusals of this file have left behind.
    expect(before).toBe(0);
    expect((await test.nodes[0]!.client.status()).height).toBe(1);
  });
});
