// COSE receipts and their keys over HTTP: media types, problems that say who is missing, and the key set for anyone.
import { decode } from 'cborg';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { postProtobuf, readProblem, sampleTransaction, signedFetch } from '../support/api-client.js';
import { startApi, type ApiApplication } from '../support/api-application.js';
import { InMemoryUseCases } from '../support/in-memory-use-cases.js';
import { es256TestKey } from '../support/test-receipt-keys.js';
import {
  credentialStateKey,
  encodeCredentialEntry,
  type CredentialEntry,
} from '../../src/protocol/governance/credentials/credential-entry.js';
import { decodeReceiptKeys, receiptKeyIdText } from '../../src/protocol/proof/cose/receipt-keys.js';

const CBOR = { accept: 'application/cbor' };
const JSON_TYPE = { accept: 'application/json' };

let api: ApiApplication;
let node: InMemoryUseCases;
let keys: string;

beforeEach(async () => {
  node = new InMemoryUseCases();
  api = await startApi(node.ports());
  keys = `${api.url}/.well-known/scitt-keys`;
});
afterEach(() => api.close());

describe('GET /v1/transactions/{id}/receipt as application/cbor', () => {
  let receipt = '';

  beforeEach(async () => {
    const sample = sampleTransaction();
    await postProtobuf(`${api.url}/v1/transactions`, sample.bytes);
    receipt = `${api.url}/v1/transactions/${sample.id}/receipt`;
  });

  const get = (headers: Readonly<Record<string, string>>) => signedFetch(receipt, { headers });

  it('gives bytes that are not to be kept by their address; JSON is what comes unless asked otherwise', async () => {
    node.commit();
    node.certify();
    const cose = await get(CBOR);
    expect([cose.status, cose.headers.get('content-type')]).toEqual([200, 'application/cbor']);
    expect(cose.headers.get('cache-control')).toBe('no-store');
    expect(cose.headers.get('vary')).toContain('accept');
    expect(cose.headers.get('content-disposition')).toContain('.cbor');
    expect(new Uint8Array(await cose.arrayBuffer())).toEqual(Uint8Array.of(0xa0));
    for (const headers of [{}, JSON_TYPE, { accept: '*/*' }]) {
      const json = await get(headers);
      expect(json.headers.get('content-type')).toContain('application/json');
      expect(json.headers.get('vary')).toContain('accept');
    }
    const neither = await get({ accept: 'text/html' });
    expect(await readProblem(neither)).toMatchObject({ code: 'NOT_ACCEPTABLE' });
  });

  it('says why there is none yet', async () => {
    expect(await readProblem(await get(CBOR))).toMatchObject({ code: 'TRANSACTION_NOT_COMMITTED' });
    node.commit();
    expect(await readProblem(await get(CBOR))).toMatchObject({ code: 'RECEIPT_NOT_READY' });
    receipt = `${api.url}/v1/transactions/${'ab'.repeat(32)}/receipt`;
    expect(await readProblem(await get(CBOR))).toMatchObject({ code: 'TRANSACTION_NOT_FOUND' });
  });

  it('names who is missing, and why', async () => {
    node.commit();
    node.certify();
    node.coseAnswer = {
      kind: 'unsigned',
      needed: 3,
      signed: ['acme'],
      missing: [
        { organisation: 'globex', reason: 'noKey' },
        { organisation: 'initech', reason: 'silent' },
        { organisation: 'umbrella', reason: 'unreachable' },
      ],
    };
    const response = await get(CBOR);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await readProblem(response)).toMatchObject({
      code: 'RECEIPT_SIGNATURES_MISSING',
      detail:
        '3 signatures are needed, acme signed; globex has registered no key for receipts; initech did not answer in time; umbrella is not reachable',
    });
  });
});

describe('GET /.well-known/scitt-keys', () => {
  const register = (organisation: string, name: string, validity: Partial<CredentialEntry> = {}): void => {
    const entry = {
      type: 'receiptEs256',
      publicKey: es256TestKey(name),
      fromHeight: 3,
      untilHeight: 0,
    } as const;
    node.state.set(credentialStateKey(organisation, name), encodeCredentialEntry({ ...entry, ...validity }));
  };

  it('gives a COSE Key Set to anyone, past keys included', async () => {
    expect(decode(new Uint8Array(await (await fetch(keys)).arrayBuffer()))).toEqual([]);
    register('globex', 'one');
    register('acme', 'two', { untilHeight: 9 });
    node.commit();
    const response = await fetch(keys);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/cbor']);
    const etag = response.headers.get('etag')!;
    expect(decodeReceiptKeys(new Uint8Array(await response.arrayBuffer()))).toEqual({
      ok: true,
      value: [
        { organisation: 'acme', name: 'two', publicKey: es256TestKey('two'), fromHeight: 3, untilHeight: 9 },
        {
          organisation: 'globex',
          name: 'one',
          publicKey: es256TestKey('one'),
          fromHeight: 3,
          untilHeight: 0,
        },
      ],
    });
    expect((await fetch(keys, { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  it('gives a JSON Web Key Set when asked', async () => {
    register('acme', 'one');
    const response = await fetch(keys, { headers: JSON_TYPE });
    expect(await response.json()).toMatchObject({
      keys: [
        {
          ...{ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', organisation: 'acme', name: 'one' },
          kid: receiptKeyIdText(es256TestKey('one')),
        },
      ],
      asOfHeight: 0,
    });
  });

  it('gives one key by its id, or says what is wrong with the id', async () => {
    register('acme', 'one');
    const kid = receiptKeyIdText(es256TestKey('one'));
    const one = await fetch(`${keys}/${kid}`);
    const key = decode(new Uint8Array(await one.arrayBuffer()), { useMaps: true }) as Map<unknown, unknown>;
    expect(Buffer.from(key.get(2) as Uint8Array).toString('base64url')).toBe(kid);
    expect(await (await fetch(`${keys}/${kid}`, { headers: JSON_TYPE })).json()).toMatchObject({ kid });
    const unknown = await fetch(`${keys}/${'A'.repeat(43)}`);
    expect(await readProblem(unknown)).toMatchObject({ status: 404, code: 'RECEIPT_KEY_NOT_FOUND' });
    const flawed = await fetch(`${keys}/${kid}=`);
    expect(await readProblem(flawed)).toMatchObject({ status: 400, code: 'RECEIPT_KEY_ID_INVALID' });
  });
});
