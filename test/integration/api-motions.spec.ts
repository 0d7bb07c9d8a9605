// Motions and validators over real REST, read from PostgreSQL as a node of a member has them.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MemberDirectory } from '../../src/node/members/member-directory.js';
import { MotionDirectory } from '../../src/node/members/motion-directory.js';
import type { TransactionId } from '../../src/protocol/primitives/identifiers.js';
import { CountersignClient, type MotionResource, type MotionStatusName } from '../../src/sdk/index.js';
import { migrateDatabase } from '../../src/storage/migrate-database.js';
import { PostgresLedgerReader } from '../../src/storage/postgres-ledger-reader.js';
import { PostgresLedgerStore } from '../../src/storage/postgres-ledger-store.js';
import { readProblem, signedFetch, testSigner } from '../support/api-client.js';
import { startApi, type ApiApplication } from '../support/api-application.js';
import {
  GovernanceBench,
  parametersAction,
  setAddress,
  withdrawMotion,
} from '../support/governance-bench.js';
import { InMemoryUseCases } from '../support/in-memory-use-cases.js';
import { commitCertificateOf } from '../support/stored-chain.js';
import { createTestPostgres, type TestPostgres } from '../support/test-postgres.js';

const bench = new GovernanceBench({ pipelineDepth: 8, motionLifetimeBlocks: 12 });
const FASTER = parametersAction({ blockTransactionsMax: 500 });

let postgres: TestPostgres;
let store: PostgresLedgerStore;
let reader: PostgresLedgerReader;
let api: ApiApplication;
let client: CountersignClient;
const ids: { [Name in MotionStatusName | 'admission' | 'promotion']?: TransactionId } = {};

/** Everything that a motion can become, and a promotion that is pending at the end. */
async function makeLedger(): Promise<void> {
  const step = async (work: () => void): Promise<void> => {
    work();
    const executed = bench.last!;
    await store.commitBlocks([{ executed, certificate: commitCertificateOf(executed) }], {
      journalId: '00112233445566778899aabbccddeeff',
      position: executed.block.header.height,
    });
  };
  const open = async (by: string, action: Parameters<GovernanceBench['propose']>[1]) => {
    let id: TransactionId | undefined;
    await step(() => {
      id = bench.propose(by, action).id;
    });
    return id!;
  };
  ids.expired = await open('umbrella', FASTER);
  ids.rejected = await open('acme', { type: 'removeOrganisation', organisation: 'umbrella' });
  await step(() => bench.reject(ids.rejected!, 'globex', 'umbrella'));
  ids.withdrawn = await open('globex', FASTER);
  await step(() => bench.execute(['globex', withdrawMotion(ids.withdrawn!)]));
  ids.admission = await open('acme', bench.admission('hooli'));
  await step(() => bench.approve(ids.admission!, 'globex', 'initech'));
  await step(() => bench.execute(['acme', setAddress('acme.example:7050')]));
  for (let height = 9; height <= 13; height++) await step(() => bench.execute());
  ids.promotion = await open('acme', { type: 'promoteValidator', organisation: 'hooli' });
  await step(() => bench.approve(ids.promotion!, 'globex', 'initech'));
  ids.open = await open('initech', FASTER);
}

beforeAll(async () => {
  postgres = await createTestPostgres();
  await migrateDatabase(postgres.running.ownerUrl);
  store = await PostgresLedgerStore.open({ url: postgres.running.url });
  reader = new PostgresLedgerReader({ url: postgres.running.readerUrl });
  await store.initialise(bench.ledger.genesisResult);
  await makeLedger();
  const { genesis } = bench.ledger;
  api = await startApi({
    ...new InMemoryUseCases().ports(),
    reader,
    members: new MemberDirectory(reader, genesis),
    motions: new MotionDirectory(reader, genesis),
  });
  client = new CountersignClient(api.url, { credentials: { signer: testSigner('acme/auditor') } });
});
afterAll(async () => {
  await api.close();
  await reader.close();
  await store.close();
  await postgres.remove();
});

async function allMotions(status: MotionStatusName | undefined, limit: number) {
  const found: MotionResource[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await client.motions({
      limit,
      ...(status === undefined ? {} : { status }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    found.push(...page.items);
    if (page.nextCursor === undefined) return found;
    cursor = page.nextCursor;
  }
}

describe('GET /v1/motions', () => {
  it('lists all of them page by page, each once, in the order of their ids', async () => {
    const everything = (await allMotions(undefined, 2)).map(({ id }) => id);
    expect(everything).toEqual(Object.values(ids).sort());
    expect((await allMotions(undefined, 200)).map(({ id }) => id)).toEqual(everything);
  });

  it('keeps to a status, which is that of the next block', async () => {
    for (const status of ['open', 'rejected', 'withdrawn', 'expired'] as const)
      expect((await allMotions(status, 1)).map(({ id }) => id)).toEqual([ids[status]]);
    expect((await allMotions('accepted', 1)).map(({ id }) => id)).toEqual(
      [ids.admission, ids.promotion].sort(),
    );
  });

  it('refuses an unknown status, and a cursor of another list', async () => {
    const { nextCursor } = await client.motions({ limit: 1 });
    for (const [query, code] of [
      ['status=new', 'QUERY_PARAMETER_INVALID'],
      [`status=open&cursor=${nextCursor}`, 'CURSOR_INVALID'],
      ['limit=201', 'LIMIT_INVALID'],
      ['proposer=acme', 'QUERY_PARAMETER_UNKNOWN'],
    ] as const) {
      const problem = await readProblem(await signedFetch(`${api.url}/v1/motions?${query}`));
      expect({ query, status: problem.status, code: problem.code }).toEqual({ query, status: 400, code });
    }
  });
});

describe('GET /v1/motions/{id}', () => {
  it('says what it would do, who has said what, and how many are needed', async () => {
    expect(await client.motion(ids.open!)).toEqual({
      asOfHeight: 16,
      motion: {
        id: ids.open,
        proposer: 'initech',
        action: { type: 'setParameters', parameters: [{ name: 'blockTransactionsMax', value: 500 }] },
        status: 'open',
        proposedHeight: 16,
        expiresHeight: 28,
        rule: 'moreThanHalf',
        validators: 4,
        needed: 3,
        approvals: 1,
        rejections: 0,
        ballots: [{ organisation: 'initech', approve: true, height: 16 }],
      },
    });
    const { organisation, ledgerKey, address, admin } = bench.admission('hooli');
    const admission = (await client.motion(ids.admission!))?.motion;
    expect(admission).toMatchObject({
      action: {
        type: 'admitOrganisation',
        ...{ organisation, address },
        ledgerKey: ledgerKey.publicKey,
        admin: { name: admin.name, publicKey: admin.key.publicKey },
      },
      status: 'accepted',
      closedHeight: 7,
      ...{ validators: 4, needed: 3, approvals: 3, rejections: 0 },
    });
    expect(admission?.rule).toBeUndefined();
    const rejected = (await client.motion(ids.rejected!))?.motion;
    expect(rejected).toMatchObject({ status: 'rejected', closedHeight: 3, approvals: 1, rejections: 2 });
  });

  it('refuses ids of none', async () => {
    expect(await client.motion('ab'.repeat(32))).toBeUndefined();
    for (const [path, status, code] of [
      ['abcd', 400, 'TRANSACTION_ID_INVALID'],
      ['ab'.repeat(32), 404, 'MOTION_NOT_FOUND'],
      [`${'ab'.repeat(32)}/history`, 404, 'MOTION_NOT_FOUND'],
    ] as const) {
      const problem = await readProblem(await signedFetch(`${api.url}/v1/motions/${path}`));
      expect([path, problem.status, problem.code]).toEqual([path, status, code]);
    }
  });

  it('has the history of its commands', async () => {
    const first = await client.motionHistory(ids.rejected!, { limit: 2 });
    expect(first).toMatchObject({ motion: ids.rejected, total: 3 });
    expect(first?.items.map(({ by, command }) => [by, command])).toEqual([
      ['acme/auditor', { type: 'proposeMotion' }],
      ['globex/auditor', { type: 'castBallot', approve: false }],
    ]);
    const rest = await client.motionHistory(ids.rejected!, { cursor: first!.nextCursor! });
    expect(rest?.items.map(({ by }) => by)).toEqual(['umbrella/auditor']);
    const withdrawn = await client.motionHistory(ids.withdrawn!);
    expect(withdrawn?.items.map(({ command }) => command.type)).toEqual(['proposeMotion', 'withdrawMotion']);
  });
});

describe('GET /v1/validators', () => {
  it('names who votes, what is pending, and who does not', async () => {
    const list = await client.validators();
    const { terms, pending } = bench.ledger;
    expect(list).toMatchObject({
      asOfHeight: 16,
      inForce: { epoch: 0, firstHeight: 1, validators: terms.validators, parameters: terms.parameters },
      pending: { epoch: 1, firstHeight: 24, validators: pending!.validators },
      learners: [{ organisation: 'hooli', address: 'hooli.example:7050' }],
    });
    expect(list.pending?.validators).toHaveLength(5);
  });
});

describe('GET /v1/organisations', () => {
  it('says where they are reached, who has no vote, and what was decided about them', async () => {
    const { items } = await client.organisations();
    expect(
      items.map(({ name, validator, address, admittedHeight }) => [name, validator, address, admittedHeight]),
    ).toEqual([
      ['acme', true, 'acme.example:7050', undefined],
      ['hooli', false, 'hooli.example:7050', 7],
      ['globex', true, undefined, undefined],
      ['initech', true, undefined, undefined],
      ['umbrella', true, undefined, undefined],
    ]);
    const commands = async (name: string) =>
      (await client.organisationHistory(name))?.items.map(({ command }) => command);
    expect(await commands('acme')).toEqual([{ type: 'setAddress', address: 'acme.example:7050' }]);
    expect(await commands('hooli')).toEqual([
      { type: 'castBallot', motionId: ids.admission },
      { type: 'castBallot', motionId: ids.promotion },
    ]);
  });
});

describe('GET /v1/validators/preflight', () => {
  it('says what a change would do, and what speaks against it', async () => {
    const { before, after, problems } = await client.preflight('promote', 'hooli');
    // The node of this test sees two validators, and no learner.
    expect([before.validators, after.validators]).toEqual([2, 2]);
    expect(problems.map(({ code }) => code)).toContain('NOT_A_LEARNER');
    const removal = await client.preflight('remove', 'globex');
    expect(removal.after).toMatchObject({ validators: 1, needed: 1 });
  });

  it.each([
    ['no change', '?organisation=hooli', 'change'],
    ['a change that is none', '?change=expel&organisation=hooli', 'change'],
    ['no organisation', '?change=promote', 'organisation'],
    ['a name that is none', '?change=promote&organisation=Hooli!', 'organisation'],
  ])('is refused with %s', async (_case, query, name) => {
    const response = await signedFetch(`${api.url}/v1/validators/preflight${query}`);
    const problem = await readProblem(response);
    expect([response.status, problem.code, JSON.stringify(problem)]).toEqual([
      400,
      'QUERY_PARAMETER_INVALID',
      expect.stringContaining(name),
    ]);
  });
});
