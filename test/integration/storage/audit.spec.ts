// A ledger in a real PostgreSQL, audited as it is and after rows were changed behind its back.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { auditLedger, stateInOneSnapshot, type AuditReport } from '../../../src/audit/audit-ledger.js';
import type { AuditPosition } from '../../../src/audit/audit-position.js';
import { migrateDatabase } from '../../../src/storage/migrate-database.js';
import { PostgresAuditRows } from '../../../src/storage/postgres-audit-rows.js';
import { PostgresLedgerStore } from '../../../src/storage/postgres-ledger-store.js';
import type { ExecutedBlock } from '../../../src/protocol/execution/executed-block.js';
import type { Command } from '../../../src/protocol/ledger/transaction.js';
import { utf8ToBytes } from '../../../src/protocol/primitives/bytes.js';
import { DEFAULT_BUCKET_BITS } from '../../../src/protocol/state/state-tree.js';
import { laterSeedName, signedCheckpoint, signedCommit } from '../../support/audited-ledger.js';
import { GovernanceBench } from '../../support/governance-bench.js';
import { conflictingVotes } from '../../support/signed-evidence.js';
import { documentCommand, signTestTransaction, testGenesis } from '../../support/signed-transactions.js';
import { createTestPostgres, withClient, type TestPostgres } from '../../support/test-postgres.js';

let postgres: TestPostgres;
let rows: PostgresAuditRows;
let head = 0;
let endOfEpoch = 0;
const bench = new GovernanceBench({}, 4, DEFAULT_BUCKET_BITS);
const { ledger } = bench;
const { genesis } = ledger;

/** One subject with a stored subtree of 256 entries. */
const LONG_HISTORY: Command = {
  type: 'recordDocuments',
  documents: Array.from({ length: 260 }, (_, place) => ({
    kind: 'reading',
    content: utf8ToBytes(JSON.stringify({ sensor: 'urn:sensor:1', place })),
    subjectPointers: ['/sensor'],
  })),
};

async function fill(store: PostgresLedgerStore): Promise<void> {
  await store.initialise(ledger.genesisResult);
  let made = 0;
  const save = async (executed: ExecutedBlock, validators: typeof ledger.terms.validators): Promise<void> => {
    const { height } = executed.block.header;
    const certificate = signedCommit(executed, validators);
    await store.commitBlocks([{ executed, certificate }], { journalId: 'j', position: height });
    // The last results are not countersigned yet.
    if (height % 3 !== 2 || executed.block.header.epochFinal)
      await store.saveCheckpoint(signedCheckpoint(executed, validators, genesis));
    head = height;
    if (executed.block.header.epochFinal) endOfEpoch = height;
  };
  const sign = (command: Command) =>
    signTestTransaction({
      chainId: genesis.chainId,
      signer: 'acme/submitter',
      idempotencyKey: `record-${made++}`,
      validUntilHeight: 10_000,
      command,
    });
  const records = async (count: number, ...others: readonly Command[]): Promise<void> => {
    const { validators } = ledger.terms;
    const transactions = Array.from({ length: count }, () =>
      sign(documentCommand([`urn:item:${(made + 1) % 5}`, `urn:lot:${(made + 1) % 3}`], { made: made + 1 })),
    );
    transactions.push(...others.map(sign));
    await save(ledger.execute(transactions), validators);
  };
  const govern = async (work: () => void): Promise<void> => {
    const { validators } = ledger.terms;
    work();
    await save(bench.last!, validators);
  };
  const ledgerKey = bench.ledgerKey('acme', laterSeedName('acme'));
  const rotation = { type: 'rotateLedgerKey', organisation: 'acme', ledgerKey } as const;
  await records(7);
  await records(0);
  await records(12);
  let motion = '' as ReturnType<typeof bench.propose>['id'];
  await govern(() => void (motion = bench.propose('acme', rotation).id));
  await govern(() => void bench.approve(motion, 'globex', 'initech'));
  while (ledger.pending !== undefined) await records(2);
  await records(4, LONG_HISTORY);
  await records(1);
  await store.saveEvidence(conflictingVotes(genesis));
}

async function audit(changes: Partial<Parameters<typeof auditLedger>[0]> = {}): Promise<AuditReport> {
  return auditLedger({
    rows,
    genesis,
    fromHeight: 0,
    state: stateInOneSnapshot((work) => rows.withStateSnapshot(work)),
    pace: () => true,
    ...changes,
  });
}

/** What is found while the change is there; everything is put back as it was. */
async function foundAfter(table: string, ...statements: readonly string[]): Promise<AuditReport> {
  const all = [
    'genesis',
    'blocks',
    'transactions',
    'subject_entries',
    'subject_nodes',
    'log_nodes',
    'checkpoints',
    'state',
    'evidence',
  ];
  return withClient(postgres.running.ownerUrl, async (client) => {
    const toggle = async (how: string): Promise<void> => {
      for (const one of all.filter((name) => name !== 'state'))
        await client.query(`ALTER TABLE ledger.${one} ${how} TRIGGER append_only`);
    };
    await client.query(`CREATE TABLE public.kept AS SELECT * FROM ledger.${table}`);
    await toggle('DISABLE');
    // Past the foreign key of blocks on their parents as well.
    await client.query('SET session_replication_role = replica');
    try {
      for (const statement of statements) await client.query(statement);
      return await audit();
    } finally {
      const { rows: columns } = await client.query<{ name: string }>(
        `SELECT string_agg(quote_ident(attname), ', ') AS name FROM pg_attribute
         WHERE attrelid = 'ledger.${table}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
      );
      const names = columns[0]!.name;
      await client.query(`DELETE FROM ledger.${table}`);
      await client.query(
        `INSERT INTO ledger.${table} (${names}) OVERRIDING SYSTEM VALUE SELECT ${names} FROM public.kept`,
      );
      await client.query('DROP TABLE public.kept');
      await toggle('ENABLE ALWAYS');
    }
  });
}

const found = ({ findings }: AuditReport) =>
  findings.kept.map(({ table, row, heights }) => ({ table, row, heights }));

beforeAll(async () => {
  postgres = await createTestPostgres();
  await migrateDatabase(postgres.running.ownerUrl);
  const store = await PostgresLedgerStore.open({ url: postgres.running.url });
  await fill(store);
  await store.close();
  rows = new PostgresAuditRows({ url: postgres.running.readerUrl });
});

afterAll(async () => {
  await rows.close();
  await postgres.remove();
});

describe('an audit of what the ledger wrote', () => {
  it('finds nothing across a change of the validators, with the right to read alone', async () => {
    const report = await audit();
    expect(report.findings.kept).toEqual([]);
    expect(report).toMatchObject({ complete: true, head, findingCount: 0, counts: { blocks: head } });
    expect(endOfEpoch).toBeGreaterThan(0);
    expect(report.counts.records).toBeGreaterThan(50);
    expect(report.counts.stateEntries).toBeGreaterThan(50);
  });

  it('says up to where others have signed the results', async () => {
    const { certifiedHeight } = await audit();
    expect(certifiedHeight).toBeLessThanOrEqual(head);
    expect(certifiedHeight).toBeGreaterThan(head - 3);
  });

  it('begins at a height that it is given', async () => {
    const report = await audit({ fromHeight: endOfEpoch + 1 });
    expect(report.findings.kept).toEqual([]);
    expect(report.counts.blocks).toBe(head - endOfEpoch);
  });

  it('says so when the ledger ends before the height that it is given', async () => {
    await expect(audit({ fromHeight: head + 1 })).rejects.toMatchObject({ code: 'AUDIT_POSITION_INVALID' });
  });

  it('refuses the ledger of another chain at once', async () => {
    await expect(audit({ genesis: testGenesis({ subjectsPerTransactionMax: 7 }) })).rejects.toMatchObject({
      code: 'GENESIS_MISMATCH',
    });
  });

  it('goes on where it was stopped, and then has seen everything', async () => {
    const whole = await audit();
    let resume: AuditPosition | undefined;
    let parts = 0;
    for (let complete = false; !complete; parts++) {
      let left = 60 * (parts + 1);
      const report: AuditReport = await audit({
        resume,
        pace: (cost) => (left -= cost) > 0,
        onPosition: (position) => (resume = JSON.parse(JSON.stringify(position)) as AuditPosition),
      });
      complete = report.complete || parts > 200;
      if (complete) expect(report).toMatchObject({ complete: true, head, findingCount: 0 });
      if (complete) expect(report.certifiedHeight).toBe(whole.certifiedHeight);
    }
    expect(parts).toBeGreaterThan(1);
  });
});

const HEX = `\\x${'11'.repeat(32)}`;

describe('an audit after rows were changed', () => {
  it.each([['the document', `UPDATE ledger.genesis SET document = '\\x7b7d'`]])(
    'names genesis: %s',
    async (_, statement) => {
      expect(found(await foundAfter('genesis', statement))).toEqual([
        { table: 'genesis', row: { only_row: 'true' }, heights: [0] },
      ]);
    },
  );

  it.each([
    ['hash', HEX],
    ['log_root', HEX],
    ['header', '\\x0102'],
    ['result_record', '\\x0102'],
    ['certificate', '\\xff'],
    ['timestamp_ms', '5'],
    ['body_bytes', '5'],
    ['transaction_count', '5'],
  ])('names the block and its column %s', async (column, value) => {
    const report = await foundAfter(
      'blocks',
      `UPDATE ledger.blocks SET ${column} = '${value}' WHERE height = 3`,
    );
    expect(report.findingCount).toBeGreaterThan(0);
    for (const finding of report.findings.kept)
      expect(finding).toMatchObject({ table: 'blocks', row: { height: 3, column }, heights: [3] });
  });

  it('names a header that was exchanged for another one', async () => {
    const report = await foundAfter(
      'blocks',
      `UPDATE ledger.blocks SET header = set_byte(header, 200, 7) WHERE height = 4`,
    );
    expect(found(report)).toEqual([{ table: 'blocks', row: { height: 4, column: 'header' }, heights: [4] }]);
  });

  it('names a result record that says something else', async () => {
    const report = await foundAfter(
      'blocks',
      `UPDATE ledger.blocks SET result_record = set_byte(result_record, 140, get_byte(result_record, 140) # 1) WHERE height = 4`,
    );
    expect(report.findingCount).toBeGreaterThan(0);
    for (const finding of report.findings.kept)
      expect(finding).toMatchObject({ table: 'blocks', row: { height: 4, column: 'result_record' } });
  });

  it('names a certificate whose signature was changed', async () => {
    const report = await foundAfter(
      'blocks',
      `UPDATE ledger.blocks SET certificate = set_byte(certificate, length(certificate) - 3,
         get_byte(certificate, length(certificate) - 3) # 1) WHERE height = ${endOfEpoch + 1}`,
    );
    expect(found(report)).toEqual([
      { table: 'blocks', row: { height: endOfEpoch + 1, column: 'certificate' }, heights: [endOfEpoch + 1] },
    ]);
  });

  it('names blocks that are missing, and goes on behind them', async () => {
    const report = await foundAfter('blocks', 'DELETE FROM ledger.blocks WHERE height IN (2)');
    expect(found(report)).toContainEqual({ table: 'blocks', row: { height: 2 }, heights: [2] });
    expect(report.findings.kept.every(({ heights }) => heights.every((height) => height === 2))).toBe(true);
  });

  it.each([
    ['body', `set_byte(body, 60, get_byte(body, 60) # 1)`],
    ['signature', `set_byte(signature, 5, get_byte(signature, 5) # 1)`],
    ['id', `'${HEX}'`],
    ['outcome', `'\\x01'`],
    ['outcome', `set_byte(outcome, 10, get_byte(outcome, 10) # 1)`],
  ])('names the transaction whose %s is another', async (column, value) => {
    const report = await foundAfter(
      'transactions',
      `UPDATE ledger.transactions SET ${column} = ${value} WHERE height = 3 AND index = 5`,
    );
    const inTransactions = found(report).filter(({ table }) => table === 'transactions');
    expect(inTransactions).toEqual([{ table: 'transactions', row: { height: 3, index: 5 }, heights: [3] }]);
  });

  it('names transactions that are missing, or too many', async () => {
    const fewer = await foundAfter(
      'transactions',
      'DELETE FROM ledger.transactions WHERE height = 3 AND index = 4',
    );
    expect(found(fewer)).toContainEqual({
      table: 'transactions',
      row: { height: 3, index: 5 },
      heights: [3],
    });
    const copy = (height: number) =>
      `INSERT INTO ledger.transactions SELECT ${height}, 99, '${HEX}', body, signature, outcome
       FROM ledger.transactions WHERE height = 1 AND index = 0`;
    const more = await foundAfter('transactions', copy(2));
    expect(found(more)).toContainEqual({
      table: 'transactions',
      row: { height: 2, index: 99 },
      heights: [2],
    });
    const above = await foundAfter('transactions', copy(900));
    expect(found(above)).toEqual([
      { table: 'transactions', row: { height: 900, index: 99 }, heights: [900] },
    ]);
    const below = await foundAfter('transactions', copy(-4));
    expect(found(below)).toEqual([{ table: 'transactions', row: { height: 0, index: 99 }, heights: [0] }]);
  });

  it.each([
    ['record_digest', `'${HEX}'`],
    ['record_start', 'record_start - 1'],
    ['record_end', 'record_end + 10000'],
    ['transaction_index', '77'],
  ])('names the entry of a history whose %s is another', async (column, value) => {
    const report = await foundAfter(
      'subject_entries',
      `UPDATE ledger.subject_entries SET ${column} = ${value}
       WHERE sequence = 1 AND subject_digest = (SELECT min(subject_digest::text)::bytea FROM ledger.subject_entries WHERE height = 3 AND sequence = 1)`,
    );
    expect(report.findingCount).toBeGreaterThan(0);
    expect(report.findings.kept[0]).toMatchObject({ table: 'subject_entries', row: { sequence: 1 } });
    expect(report.findings.kept[0]!.heights.length).toBeGreaterThan(0);
    expect(found(report).every(({ table }) => table === 'subject_entries')).toBe(true);
  });

  it('names entries of a history that are missing, or too many', async () => {
    const one = `subject_digest = (SELECT min(subject_digest::text)::bytea FROM ledger.subject_entries WHERE sequence = 3)`;
    const middle = await foundAfter(
      'subject_entries',
      `DELETE FROM ledger.subject_entries WHERE sequence = 1 AND ${one}`,
    );
    expect(found(middle)).toMatchObject([{ table: 'subject_entries', row: { sequence: 2 } }]);
    const last = await foundAfter(
      'subject_entries',
      `DELETE FROM ledger.subject_entries WHERE sequence >= 3 AND ${one}`,
    );
    expect(found(last)).toMatchObject([{ table: 'subject_entries', row: { sequence: 3 } }]);
    const more = await foundAfter(
      'subject_entries',
      `INSERT INTO ledger.subject_entries SELECT subject_digest, 5000, height, transaction_index, record_index, record_digest, record_start, record_end
       FROM ledger.subject_entries WHERE sequence = 3 AND ${one}`,
    );
    expect(found(more)).toMatchObject([{ table: 'subject_entries', row: { sequence: 5_000 } }]);
    const strange = await foundAfter(
      'subject_entries',
      `INSERT INTO ledger.subject_entries SELECT '${HEX}', 0, height, transaction_index, record_index, record_digest, record_start, record_end
       FROM ledger.subject_entries WHERE sequence = 3 AND ${one}`,
    );
    expect(found(strange)).toMatchObject([
      { table: 'subject_entries', row: { subject_digest: '11'.repeat(32), sequence: 0 } },
    ]);
    const above = await foundAfter(
      'subject_entries',
      `UPDATE ledger.subject_entries SET height = 9223372036854775807 WHERE sequence = 3 AND ${one}`,
    );
    expect(found(above)).toContainEqual(
      expect.objectContaining({ table: 'subject_entries', heights: [Number.MAX_SAFE_INTEGER] }),
    );
  });

  it('the stored subtrees of a long history: another hash, one that is missing, one too many', async () => {
    const changed = await foundAfter('subject_nodes', `UPDATE ledger.subject_nodes SET hash = '${HEX}'`);
    expect(found(changed)).toMatchObject([{ table: 'subject_nodes', row: { level: 8, index: 0 } }]);
    const missing = await foundAfter('subject_nodes', 'DELETE FROM ledger.subject_nodes');
    expect(found(missing)).toMatchObject([{ table: 'subject_nodes', row: { level: 8, index: 0 } }]);
    const more = await foundAfter(
      'subject_nodes',
      `INSERT INTO ledger.subject_nodes SELECT subject_digest, 9, 4, hash FROM ledger.subject_nodes`,
      `INSERT INTO ledger.subject_nodes SELECT '${HEX}', 8, 0, hash FROM ledger.subject_nodes WHERE level = 8`,
    );
    expect(found(more).map(({ row }) => [row['level'], row['index']])).toEqual([
      [8, 0],
      [9, 4],
    ]);
  });

  it('names nodes of the result log', async () => {
    const changed = await foundAfter(
      'log_nodes',
      `UPDATE ledger.log_nodes SET hash = '${HEX}' WHERE level = 1 AND index = 2`,
    );
    expect(found(changed)).toEqual([{ table: 'log_nodes', row: { level: 1, index: 2 }, heights: [5] }]);
    const leaf = await foundAfter(
      'log_nodes',
      `UPDATE ledger.log_nodes SET hash = '${HEX}' WHERE level = 0 AND index = 2`,
    );
    expect(found(leaf)).toEqual([{ table: 'log_nodes', row: { level: 0, index: 2 }, heights: [2] }]);
    const missing = await foundAfter(
      'log_nodes',
      'DELETE FROM ledger.log_nodes WHERE level = 0 AND index = 0',
    );
    expect(found(missing)).toEqual([{ table: 'log_nodes', row: { level: 0, index: 0 }, heights: [0] }]);
    const more = await foundAfter(
      'log_nodes',
      `INSERT INTO ledger.log_nodes VALUES (2, 700, '${HEX}'), (60, 0, '${HEX}')`,
    );
    expect(found(more)).toEqual([
      { table: 'log_nodes', row: { level: 2, index: 700 }, heights: [] },
      { table: 'log_nodes', row: { level: 60, index: 0 }, heights: [] },
    ]);
  });

  it('names checkpoints', async () => {
    const root = await foundAfter(
      'checkpoints',
      `UPDATE ledger.checkpoints SET root = '${HEX}' WHERE height = 3`,
    );
    expect(found(root)).toEqual([{ table: 'checkpoints', row: { height: 3 }, heights: [3] }]);
    const other = await foundAfter(
      'checkpoints',
      `UPDATE ledger.checkpoints SET certificate = (SELECT certificate FROM ledger.checkpoints WHERE height = 3) WHERE height = 4`,
    );
    expect(found(other)).toEqual([{ table: 'checkpoints', row: { height: 4 }, heights: [4] }]);
    const broken = await foundAfter(
      'checkpoints',
      `UPDATE ledger.checkpoints SET certificate = '\\xff' WHERE height = 3`,
    );
    expect(found(broken)).toEqual([{ table: 'checkpoints', row: { height: 3 }, heights: [3] }]);
    const above = await foundAfter(
      'checkpoints',
      `INSERT INTO ledger.checkpoints VALUES (500, '${HEX}', '\\x00')`,
    );
    expect(found(above)).toEqual([{ table: 'checkpoints', row: { height: 500 }, heights: [500] }]);
  });

  const entry = `key = (SELECT key FROM ledger.state WHERE get_byte(key, 0) = 3 ORDER BY key LIMIT 1)`;
  it.each([
    ['value', `'\\x00'`],
    ['value_digest', `'${HEX}'`],
    ['key', `'\\x0200'`],
  ])('names the entry of the state whose %s is another', async (column, value) => {
    const report = await foundAfter('state', `UPDATE ledger.state SET ${column} = ${value} WHERE ${entry}`);
    expect(report.findings.kept[0]).toMatchObject({ table: 'state' });
    expect(report.findings.kept[0]!.row['key_digest']).toMatch(/^[0-9a-f]{64}$/);
    expect(found(report).every(({ table }) => table === 'state')).toBe(true);
  });

  it('says that an entry of the state is missing, or lies elsewhere', async () => {
    const missing = await foundAfter('state', `DELETE FROM ledger.state WHERE ${entry}`);
    expect(found(missing)).toEqual([{ table: 'state', row: { rows: 'all' }, heights: [head] }]);
    const moved = await foundAfter(
      'state',
      `UPDATE ledger.state SET bucket = bucket + 300000 WHERE ${entry}`,
    );
    expect(moved.findings.kept[0]).toMatchObject({
      table: 'state',
      problem: 'it is in another bucket than its own',
    });
    const rewritten = await foundAfter(
      'state',
      `UPDATE ledger.state SET value = '\\x00', value_digest = sha256('\\x00') WHERE ${entry}`,
    );
    expect(found(rewritten)).toEqual([{ table: 'state', row: { rows: 'all' }, heights: [head] }]);
  });

  it('says that the validators of an epoch are missing, where their signatures are to be checked', async () => {
    const report = await foundAfter(
      'state',
      `DELETE FROM ledger.state WHERE get_byte(key, 0) = 7 AND position('epoch'::bytea in key) > 0`,
    );
    expect(found(report)).toContainEqual({
      table: 'state',
      row: { key: 'validators/epoch/1' },
      heights: [endOfEpoch + 1],
    });
  });

  it('names proofs of misbehaviour', async () => {
    const broken = await foundAfter('evidence', `UPDATE ledger.evidence SET document = '\\xff'`);
    expect(found(broken)).toEqual([{ table: 'evidence', row: { sequence: 1 }, heights: [] }]);
    const columns = await foundAfter('evidence', 'UPDATE ledger.evidence SET offender = 9');
    expect(found(columns)).toEqual([{ table: 'evidence', row: { sequence: 1 }, heights: [] }]);
  });

  it('finds nothing any more once everything is as it was', async () => {
    expect((await audit()).findings.kept).toEqual([]);
  });
});
