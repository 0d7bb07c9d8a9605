// The whole ledger over HTTP: who may have it, what is refused, and that what is sent is a bundle.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { encodeReaders, readersStateKey } from '../../src/protocol/governance/reading.js';
import { CountersignClient, verifyBundle } from '../../src/sdk/index.js';
import { startApi, type ApiApplication } from '../support/api-application.js';
import { readProblem, signedFetch, testSigner } from '../support/api-client.js';
import { BundleLedger } from '../support/bundle-ledger.js';
import { InMemoryUseCases } from '../support/in-memory-use-cases.js';

const ledger = new BundleLedger();
for (let made = 0; made < 6; made++) ledger.record(`block-${made}`, 3, 2);

let api: ApiApplication;
let node: InMemoryUseCases;

beforeEach(async () => {
  node = new InMemoryUseCases();
  node.exports = ledger.exporter();
  api = await startApi(node.ports());
});
afterEach(() => api.close());

async function codeOf(query: string, identity = 'acme/auditor'): Promise<string> {
  const response = await signedFetch(`${api.url}/v1/audit/${query}`, {}, identity);
  return response.ok ? 'OK' : (await readProblem(response)).code;
}

function clientOf(identity: string): CountersignClient {
  return new CountersignClient(api.url, { credentials: { signer: testSigner(identity) }, retries: 0 });
}

describe('an export', () => {
  it('is a bundle that anybody verifies', async () => {
    const { audit } = clientOf('umbrella/auditor');
    expect(await verifyBundle(audit.exportBundle(1), ledger.genesisBytes)).toMatchObject({
      ok: true,
      value: { from: 1, to: 6, blocks: 6, transactions: 18, records: 36 },
    });
    expect(await verifyBundle(audit.exportBundle(3, 4), ledger.genesisBytes)).toMatchObject({
      ok: true,
      value: { from: 3, to: 4 },
    });
    const response = await signedFetch(`${api.url}/v1/audit/export?from=2`);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    expect(await response.text()).toMatch(/^\{"bundle":.*\n\{"end":[^\n]*\n$/s);
  });

  it('is for an auditor whom every organisation lets read', async () => {
    expect(await codeOf('export?from=1', 'acme/submitter')).toBe('ROLE_MISSING');
    node.state.set(readersStateKey('globex'), encodeReaders(['initech']));
    for (const what of ['export?from=1', 'results/1', 'state']) {
      expect([what, await codeOf(what)]).toEqual([what, 'LEDGER_WITHHELD']);
      expect([what, await codeOf(what, 'globex/submitter')]).toEqual([what, 'ROLE_MISSING']);
    }
    expect(await codeOf('export?from=1', 'initech/auditor')).toBe('OK');
    expect(await codeOf('export?from=1', 'globex/auditor')).toBe('OK');
  });

  it('names what is wrong with the range', async () => {
    ledger.uncertified.add(6);
    try {
      for (const [query, code] of [
        ['export', 'HEIGHT_INVALID'],
        ['export?from=0', 'EXPORT_RANGE_INVALID'],
        ['export?from=3&to=2', 'EXPORT_RANGE_INVALID'],
        ['export?from=7', 'HEIGHT_NOT_REACHED'],
        ['export?from=1&to=9', 'HEIGHT_NOT_REACHED'],
        ['export?from=1&to=6', 'EXPORT_NOT_COUNTERSIGNED'],
        ['export?from=6', 'EXPORT_NOT_COUNTERSIGNED'],
        ['export?from=one', 'HEIGHT_INVALID'],
        ['export?from=1&until=2', 'QUERY_PARAMETER_UNKNOWN'],
      ] as const)
        expect([query, await codeOf(query)]).toEqual([query, code]);
      expect(await codeOf('export?from=5')).toBe('OK');
    } finally {
      ledger.uncertified.clear();
    }
  });

  it('is one of two at a time, and ends with the node', async () => {
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    node.exports = {
      open: async () => ({
        from: 1,
        to: 2,
        chunks: (async function* () {
          yield Buffer.from('{"bundle":{}}\n');
          await held;
          yield Buffer.from('{"block":{}}\n');
          yield Buffer.from('{"end":{}}\n');
        })(),
      }),
    };
    const first = await signedFetch(`${api.url}/v1/audit/export?from=1`);
    const second = await signedFetch(`${api.url}/v1/audit/export?from=1`);
    expect(await codeOf('export?from=1')).toBe('EXPORTS_BUSY');
    api.drain.begin();
    goOn();
    expect(await first.text()).not.toContain('end');
    await second.text();
    expect(await codeOf('export?from=1')).toBe('NODE_DRAINING');
  });
});

describe('what two organisations compare', () => {
  it('are results by height, and the state in the order of key digests', async () => {
    node.commit();
    const { audit } = clientOf('acme/auditor');
    expect(await audit.result(1)).toMatchObject({ height: 1, logRoot: expect.any(String) });
    expect(await codeOf('results/2')).toBe('BLOCK_NOT_FOUND');
    const whole = await audit.state();
    expect(whole.asOfHeight).toBe(1);
    const digests = whole.items.map(({ keyDigest }) => keyDigest);
    expect(digests).toEqual([...digests].sort());
    const page = await audit.state({ after: digests[2]!, limit: 2 });
    expect(page.items).toEqual(whole.items.slice(3, 5));
    expect(await codeOf('state?after=12')).toBe('QUERY_PARAMETER_INVALID');
    expect(await codeOf('state?limit=1001')).toBe('LIMIT_INVALID');
  });
});
