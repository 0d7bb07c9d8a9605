// Whose records a caller sees: one rule for lists, single transactions, receipts and histories.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { HistoryEntry } from '../../src/node/ports.js';
import { encodeReaders, readersStateKey } from '../../src/protocol/governance/reading.js';
import { encodeOutcome, type Outcome } from '../../src/protocol/ledger/outcome.js';
import type { Digest, TransactionId } from '../../src/protocol/primitives/identifiers.js';
import { stateKey } from '../../src/protocol/state/state-key.js';
import { CountersignClient, readableItems } from '../../src/sdk/index.js';
import { startApi, type ApiApplication } from '../support/api-application.js';
import {
  postProtobuf,
  readProblem,
  sampleTransaction,
  signedFetch,
  testSigner,
} from '../support/api-client.js';
import { InMemoryUseCases, TEST_KEY } from '../support/in-memory-use-cases.js';

let api: ApiApplication;
let node: InMemoryUseCases;

beforeEach(async () => {
  node = new InMemoryUseCases();
  api = await startApi(node.ports());
});
afterEach(() => api.close());

function outcomeOf(identity: string): Outcome {
  return { code: 'OK', signer: TEST_KEY, identity, custody: 'self' };
}

/** A transaction of an identity, on the ledger and countersigned. */
async function commit(identity: string): Promise<TransactionId> {
  const sample = sampleTransaction();
  await postProtobuf(`${api.url}/v1/transactions`, sample.bytes);
  node.commit(outcomeOf(identity));
  node.certify();
  return sample.id;
}

function share(organisation: string, readers: readonly string[]): void {
  node.state.set(readersStateKey(organisation), encodeReaders(readers));
}

/** What the caller sees of a transaction: in the list, alone, and as a receipt. */
async function seen(id: TransactionId, identity: string): Promise<readonly string[]> {
  const client = new CountersignClient(api.url, { credentials: { signer: testSigner(identity) } });
  const listed = readableItems((await client.transactions()).items).some((item) => item.id === id);
  const codes = await Promise.all(
    ['', '/receipt'].map(async (suffix) => {
      const response = await signedFetch(`${api.url}/v1/transactions/${id}${suffix}`, {}, identity);
      return response.ok ? 'seen' : (await readProblem(response)).code;
    }),
  );
  return [listed ? 'seen' : 'withheld', ...codes];
}

const SEEN = ['seen', 'seen', 'seen'];
const WITHHELD = ['withheld', 'RECORD_WITHHELD', 'RECORD_WITHHELD'];

describe('the records of an organisation', () => {
  it('are everybody’s who has the role, until it says otherwise', async () => {
    const id = await commit('acme/submitter');
    for (const caller of ['acme/submitter', 'globex/submitter', 'umbrella/auditor'])
      expect([caller, await seen(id, caller)]).toEqual([caller, SEEN]);
  });

  it.each<readonly [string, readonly string[], Readonly<Record<string, readonly string[]>>]>([
    ['nobody', [], { 'acme/submitter': SEEN, 'globex/submitter': WITHHELD, 'umbrella/auditor': WITHHELD }],
    [
      'an organisation',
      ['globex'],
      { 'globex/submitter': SEEN, 'globex/auditor': SEEN, 'umbrella/auditor': WITHHELD },
    ],
    [
      'an identity',
      ['globex/auditor'],
      { 'globex/submitter': WITHHELD, 'globex/auditor': SEEN, 'acme/auditor': SEEN },
    ],
  ])('are read by %s alone when it says so', async (_word, readers, expected) => {
    share('acme', readers);
    const id = await commit('acme/submitter');
    for (const [caller, what] of Object.entries(expected))
      expect([caller, await seen(id, caller)]).toEqual([caller, what]);
  });

  it('leave their places behind where they are withheld, so that nothing is silently left out', async () => {
    share('acme', []);
    await commit('acme/submitter');
    const other = await commit('initech/submitter');
    const page = await (await signedFetch(`${api.url}/v1/transactions`, {}, 'globex/auditor')).json();
    expect(page).toMatchObject({
      items: [
        { height: 1, index: 0, withheld: true },
        { id: other, height: 2, index: 0 },
      ],
    });
    expect(JSON.stringify(page)).not.toContain('acme');
  });

  it('are withheld in the history of a subject, with nothing but their place', async () => {
    share('acme', ['initech']);
    node.commit();
    const entry = (sequence: number, identity: string): HistoryEntry => ({
      sequence,
      height: 1,
      transactionIndex: sequence,
      recordIndex: 0,
      recordDigest: `${sequence}d`.repeat(32) as Digest,
      record: Buffer.from(`{"secret":"of ${identity}"}`),
      transactionId: `${sequence}e`.repeat(32) as TransactionId,
      timestampMs: Date.UTC(2026, 0, 31),
      outcome: encodeOutcome(outcomeOf(identity)),
    });
    node.histories.set(stateKey('subject', 'lot'), [
      entry(0, 'acme/submitter'),
      entry(1, 'globex/submitter'),
    ]);
    const read = async (identity: string) => {
      const response = await signedFetch(`${api.url}/v1/subjects/lot/history`, {}, identity);
      return (await response.json()) as { readonly total: number; readonly items: readonly object[] };
    };
    const withheld = await read('umbrella/auditor');
    expect(withheld).toMatchObject({
      total: 2,
      items: [{ sequence: 0 }, { record: { secret: 'of globex/submitter' } }],
    });
    expect(withheld.items[0]).toEqual({
      sequence: 0,
      height: 1,
      transactionIndex: 0,
      recordIndex: 0,
      withheld: true,
    });
    for (const identity of ['acme/submitter', 'initech/auditor'])
      expect((await read(identity)).items[0]).toMatchObject({ record: { secret: 'of acme/submitter' } });
  });

  it('leave their digests in the proof of a history, and what keys were used for to those who may read', async () => {
    share('acme', ['initech']);
    node.commit();
    node.certify();
    const entry = (sequence: number, identity: string): HistoryEntry => ({
      sequence,
      height: 1,
      transactionIndex: sequence,
      recordIndex: 0,
      recordDigest: `${sequence}d`.repeat(32) as Digest,
      record: Buffer.from('{}'),
      transactionId: `${sequence}e`.repeat(32) as TransactionId,
      timestampMs: Date.UTC(2026, 0, 31),
      outcome: encodeOutcome(outcomeOf(identity)),
    });
    node.histories.set(stateKey('subject', 'lot'), [
      entry(0, 'acme/submitter'),
      entry(1, 'globex/submitter'),
    ]);
    const read = async (path: string, identity: string) => {
      const response = await signedFetch(`${api.url}${path}`, {}, identity);
      return [response.status, await response.json()] as const;
    };
    const proof = '/v1/subjects/lot/history?proof=true';
    expect(await read(proof, 'umbrella/auditor')).toMatchObject([200, { shown: ['digest', 'record'] }]);
    expect(await read(proof, 'initech/auditor')).toMatchObject([200, { shown: ['record', 'record'] }]);
    const reservation = `/v1/state/${encodeURIComponent('idempotency/acme%2Fsubmitter/order-1')}`;
    for (const query of ['', '?proof=true']) {
      expect(await read(reservation + query, 'umbrella/auditor')).toMatchObject([
        403,
        { code: 'RECORD_WITHHELD' },
      ]);
      expect(await read(reservation + query, 'initech/auditor')).toMatchObject([200, {}]);
    }
  });

  it('that nobody owns are shown to whoever may read', async () => {
    const id = await commit('');
    expect(await seen(id, 'globex/submitter')).toEqual(SEEN);
  });
});
