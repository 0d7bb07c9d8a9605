import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { sha256 } from '../../../src/protocol/crypto/sha256.js';
import { decodeIdentityEntry } from '../../../src/protocol/governance/identity-entry.js';
import { decodeMotion, type MotionEntry } from '../../../src/protocol/governance/motion-entry.js';
import { decodeOrganisationEntry } from '../../../src/protocol/governance/organisation-entry.js';
import { decodeReaders, readersStateKey } from '../../../src/protocol/governance/reading.js';
import { encodeHeader } from '../../../src/protocol/ledger/block-header.js';
import { organisationOf } from '../../../src/protocol/ledger/identity.js';
import type { Outcome } from '../../../src/protocol/ledger/outcome.js';
import { bytesToHex } from '../../../src/protocol/primitives/bytes.js';
import { isStateKind, stateKeyParts, type StateKind } from '../../../src/protocol/state/state-key.js';
import { migrateDatabase } from '../../../src/storage/migrate-database.js';
import { fillAuditLedger, type AuditLedger } from '../../support/audit-ledger.js';
import { createTestPostgres, withClient, type TestPostgres } from '../../support/test-postgres.js';

type Row = Readonly<Record<string, unknown>>;

let postgres: TestPostgres;
let ledger: AuditLedger;

beforeAll(async () => {
  postgres = await createTestPostgres();
  await migrateDatabase(postgres.running.ownerUrl);
  ledger = await fillAuditLedger(postgres.running.url);
});

afterAll(async () => postgres.remove());

async function rows(text: string, values: unknown[] = []): Promise<readonly Row[]> {
  return withClient(
    postgres.running.ownerUrl,
    async (client) => (await client.query<Row>(text, values)).rows,
  );
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function outcomeColumns(outcome: Outcome): Row {
  return {
    organisation: organisationOf(outcome.identity) ?? null,
    identity: outcome.identity === '' ? null : outcome.identity,
    custody: outcome.custody,
    outcome: outcome.code,
  };
}

/** Every transaction with what execution made of it. */
function executedTransactions() {
  return ledger.blocks.flatMap(({ block, transactions, outcomes, outcomeBytes }) =>
    transactions.map((planned, index) => ({
      planned,
      outcome: outcomes[index]!,
      outcomeBytes: outcomeBytes[index]!,
      place: {
        height: String(block.header.height),
        transaction_index: index,
        transaction_id: planned.transaction.id,
        recorded_at: new Date(block.header.timestampMs),
      },
    })),
  );
}

/** Entries of one kind of the state, in the order of their keys. */
function stateEntries(
  kind: StateKind,
): readonly { readonly parts: readonly Uint8Array[]; readonly value: Uint8Array }[] {
  return [...ledger.chain.state]
    .filter(([key]) => isStateKind(key, kind))
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => ({ parts: stateKeyParts(key), value }));
}

describe('audit.blocks', () => {
  it('says what headers and result records say', async () => {
    const found = await rows('SELECT * FROM audit.blocks ORDER BY height');
    const { genesisResult } = ledger.chain;
    expect(found).toHaveLength(ledger.blocks.length + 1);
    expect(found[0]).toMatchObject({
      height: '0',
      parent_hash: null,
      proposer: null,
      epoch: '0',
      state_root: genesisResult.stateRoot,
      certified: true,
    });
    for (const [
      index,
      { block, resultRecord, resultRecordBytes, stateRoot, logRoot, entriesRoot },
    ] of ledger.blocks.entries()) {
      const { header } = block;
      expect(found[index + 1]).toEqual({
        height: String(header.height),
        hash: block.hash,
        parent_hash: header.parentHash,
        recorded_at: new Date(header.timestampMs),
        epoch: String(header.epoch),
        origin_view: String(header.originView),
        proposer: header.proposer,
        transaction_count: header.transactionCount,
        body_bytes: header.bodyBytes,
        transaction_root: header.transactionRoot,
        result_root: header.resultRoot,
        entries_root: entriesRoot,
        state_root: stateRoot,
        log_root: logRoot,
        validators_digest: resultRecord.validatorsDigest,
        next_validators_digest: resultRecord.nextValidatorsDigest,
        epoch_final: header.epochFinal,
        certified: true,
        header_bytes: Buffer.from(encodeHeader(header)),
        result_record_bytes: Buffer.from(resultRecordBytes),
        certificate_bytes: expect.any(Buffer),
      });
    }
  });
});

describe('audit.transactions', () => {
  it('shows every command and outcome as they were decoded', async () => {
    const found = await rows('SELECT * FROM audit.transactions ORDER BY height, transaction_index');
    const executed = executedTransactions();
    expect(found).toEqual(
      executed.map(({ planned: { transaction }, outcome, outcomeBytes, place }) => ({
        ...place,
        command: transaction.command.type,
        ...outcomeColumns(outcome),
        public_key: transaction.publicKey,
        failure: outcome.code === 'FAILED' ? outcome.failure : null,
        first_transaction_id: outcome.code === 'REPLAYED' ? outcome.firstId : null,
        idempotency_key: transaction.idempotencyKey,
        valid_until_height: String(transaction.validUntilHeight),
        body_bytes: transaction.body.length,
        signature: bytesToHex(transaction.signature),
        body: Buffer.from(transaction.body),
        outcome_bytes: Buffer.from(outcomeBytes),
      })),
    );
    expect(new Set(found.map(({ command }) => command)).size).toBe(11);
    expect(new Set(found.map(({ outcome }) => outcome))).toEqual(new Set(['OK', 'REPLAYED', 'FAILED']));
    expect(found.some(({ custody }) => custody === 'node')).toBe(true);
  });
});

describe('audit.records', () => {
  it('shows every record byte for byte, also those without a subject', async () => {
    const found = await rows('SELECT * FROM audit.records ORDER BY height, transaction_index, record_index');
    const expected = executedTransactions().flatMap(({ planned, outcome, place }) => {
      const { transaction, records } = planned;
      if (outcome.code !== 'OK') return [];
      return records.map(({ start, end, digest }, recordIndex) => {
        const content = textOf(transaction.body.subarray(start, end));
        const { command } = transaction;
        return {
          ...place,
          record_index: recordIndex,
          command: command.type,
          kind:
            command.type === 'recordDocuments'
              ? command.documents[recordIndex]?.kind
              : (JSON.parse(content) as { type: string }).type,
          ...outcomeColumns(outcome),
          record_digest: bytesToHex(digest),
          content,
          content_jsonb: /\\u0000|e-99999/.test(content) ? null : JSON.parse(content),
        };
      });
    });
    expect(found).toEqual(expected);
    expect(found).toHaveLength(ledger.blocks.reduce((sum, { recordCount }) => sum + recordCount, 0));
    expect(found.filter(({ content_jsonb: content }) => content === null)).toHaveLength(4);
  });
});

describe('audit.subjects', () => {
  it('shows the history of each subject, with the record', async () => {
    const found = await rows(
      'SELECT * FROM audit.subjects ORDER BY height, transaction_index, record_index, subject',
    );
    const subjects = new Map(
      stateEntries('subject').map(({ parts }) => [textOf(parts[0]!), parts[0]!] as const),
    );
    const entries = ledger.blocks.flatMap(({ subjectEntries }) => subjectEntries);
    const digestOf = (text: string) => {
      const bytes = subjects.get(text)!;
      return bytesToHex(sha256(Uint8Array.of(6, bytes.length >> 8, bytes.length & 255, ...bytes)));
    };
    const places = found.map((row) =>
      [digestOf(row['subject'] as string), row['sequence'], row['record_digest']].join(),
    );
    const listed = entries.filter(({ subjectDigest }) =>
      [...subjects.keys()].some((text) => digestOf(text) === bytesToHex(subjectDigest)),
    );
    expect(places.sort()).toEqual(
      listed
        .map(({ subjectDigest, sequence, recordDigest }) =>
          [bytesToHex(subjectDigest), sequence, bytesToHex(recordDigest)].join(),
        )
        .sort(),
    );
    expect(found.length).toBeGreaterThan(15);
    const records = await rows('SELECT * FROM audit.records');
    for (const row of found)
      expect(
        records.find(
          (record) => record['record_digest'] === row['record_digest'] && record['height'] === row['height'],
        ),
      ).toMatchObject({
        content: row['content'],
        identity: row['identity'],
        transaction_id: row['transaction_id'],
      });
  });
});

describe('entries of the state', () => {
  it('shows organisations, their readers, and the command that changed them last', async () => {
    const found = await rows('SELECT * FROM audit.organisations ORDER BY organisation');
    const expected = stateEntries('organisation').map(({ parts, value }) => {
      const entry = decodeOrganisationEntry(value);
      const organisation = textOf(parts[0]!);
      return {
        organisation,
        ledger_key: entry.ledgerKey,
        address: entry.address ?? null,
        admitted_height: String(entry.admittedHeight),
        removed_height: entry.removedHeight === 0 ? null : String(entry.removedHeight),
        readers: decodeReaders(ledger.chain.state.get(readersStateKey(organisation))),
      };
    });
    expect(found).toEqual(
      expected
        .sort((left, right) => (left.organisation < right.organisation ? -1 : 1))
        .map((row) => expect.objectContaining(row)),
    );
    expect(found.map(({ organisation }) => organisation)).toContain('hooli');
    const commands = await rows(
      `SELECT organisation.organisation, command FROM audit.organisations AS organisation
       JOIN audit.transactions USING (transaction_id) ORDER BY 1`,
    );
    expect(commands).toContainEqual({ organisation: 'globex', command: 'setReaders' });
    expect(commands).toContainEqual({ organisation: 'initech', command: 'setAddress' });
  });

  it('shows identities with rights, and the command that changed them last', async () => {
    const found = await rows('SELECT * FROM audit.identities ORDER BY identity');
    const expected = stateEntries('identity').map(({ parts, value }) => {
      const { algorithm, publicKey, rights, revoked, registeredHeight, changedHeight } =
        decodeIdentityEntry(value);
      const [organisation, name] = parts.map(textOf);
      return {
        identity: `${organisation}/${name}`,
        organisation,
        algorithm,
        public_key: publicKey,
        roles: rights.roles,
        custody: rights.custody,
        valid_from_height: String(rights.validFromHeight),
        valid_until_height: rights.validUntilHeight === 0 ? null : String(rights.validUntilHeight),
        revoked,
        registered_height: String(registeredHeight),
        height: String(changedHeight),
      };
    });
    expect(found).toEqual(
      expected
        .sort((left, right) => (left.identity < right.identity ? -1 : 1))
        .map((row) => expect.objectContaining(row)),
    );
    const commands = await rows(
      `SELECT entry.identity, transactions.height = entry.height AS same, command FROM audit.identities AS entry
       JOIN audit.transactions USING (transaction_id) ORDER BY 1`,
    );
    expect(commands).toEqual([
      { identity: 'acme/plant', same: true, command: 'revokeIdentity' },
      { identity: 'acme/submitter', same: true, command: 'changeIdentity' },
    ]);
  });

  it('shows motions of every kind of action and end, and each ballot with its transaction', async () => {
    const motions = await rows('SELECT * FROM audit.motions');
    const ballots = await rows('SELECT * FROM audit.ballots');
    const entries = new Map(
      stateEntries('motion').map(({ parts, value }): [string, MotionEntry] => [
        bytesToHex(parts[0]!),
        decodeMotion(value),
      ]),
    );
    expect(motions).toHaveLength(entries.size);
    for (const row of motions) {
      const entry = entries.get(row['motion_id'] as string)!;
      expect(row).toMatchObject({
        transaction_id: row['motion_id'],
        proposer: entry.proposer,
        action_type: entry.action.type,
        action: entry.action,
        status: entry.status,
        height: String(entry.proposedHeight),
        expires_height: String(entry.expiresHeight),
        closed_height: entry.closedHeight === 0 ? null : String(entry.closedHeight),
        validators: entry.validators === 0 ? null : entry.validators,
        needed: entry.needed === 0 ? null : entry.needed,
        approvals: entry.ballots.filter(({ approve }) => approve).length,
        rejections: entry.ballots.filter(({ approve }) => !approve).length,
      });
      const cast = ballots.filter(({ motion_id: id }) => id === row['motion_id']);
      expect(
        cast.map(({ organisation, approve, height }) => ({ organisation, approve, height: Number(height) })),
      ).toEqual(entry.ballots);
    }
    expect(new Set(motions.map(({ status }) => status))).toEqual(
      new Set(['open', 'accepted', 'rejected', 'withdrawn']),
    );
    const signers = new Map<string, string>(
      executedTransactions().map(({ place, outcome }) => [place.transaction_id, outcome.identity]),
    );
    for (const { transaction_id: id, identity, organisation } of ballots) {
      expect(signers.get(id as string)).toBe(identity);
      expect(organisationOf(identity as string)).toBe(organisation);
    }
  });

  it('shows checkpoints and evidence', async () => {
    const checkpoints = await rows('SELECT height, root FROM audit.checkpoints ORDER BY height');
    expect(checkpoints).toEqual(
      ledger.blocks.map(({ block, logRoot }) => ({ height: String(block.header.height), root: logRoot })),
    );
    expect(await rows('SELECT * FROM audit.evidence')).toEqual([
      expect.objectContaining({ kind: 'conflictingVotes', offender: 1, saved_at: expect.any(Date) }),
    ]);
  });
});

describe('a state entry of a version that is not known', () => {
  it('gives NULL and hides no other row', async () => {
    const [row] = await rows(
      `SELECT (audit.decode_identity('\\x09')).public_key AS identity, (audit.decode_organisation('\\x09')).ledger_key AS organisation,
              (audit.decode_motion('\\x09')).proposer AS motion, (audit.decode_outcome('\\x000900')).code AS outcome,
              audit.decode_readers('\\x09') AS readers`,
    );
    expect(row).toEqual({ identity: null, organisation: null, motion: null, outcome: null, readers: null });
  });
});

describe('filters', () => {
  /** As with a million rows, where reading them all is not an option. */
  async function plan(client: pg.Client, query: string): Promise<string> {
    await client.query('SET enable_seqscan = off');
    const { rows: lines } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${query}`);
    return lines.map((line) => line['QUERY PLAN']).join('\n');
  }

  it.each([
    ['SELECT * FROM audit.blocks WHERE height = 3', ['blocks_pkey']],
    ['SELECT * FROM audit.transactions WHERE height BETWEEN 2 AND 3', ['transactions_pkey', 'blocks_pkey']],
    [`SELECT * FROM audit.transactions WHERE transaction_id = 'ab'`, ['transactions_id_text', 'blocks_pkey']],
    ['SELECT * FROM audit.records WHERE height = 3', ['transactions_pkey', 'blocks_pkey']],
    [`SELECT * FROM audit.records WHERE transaction_id = 'ab'`, ['transactions_id_text', 'blocks_pkey']],
    [
      `SELECT * FROM audit.subjects WHERE subject = 'urn:lot:1'`,
      ['state_subject_text', 'subject_entries_pkey', 'transactions_pkey'],
    ],
    ['SELECT * FROM audit.subjects WHERE height = 3', ['subject_entries_heights', 'state_pkey']],
    [`SELECT * FROM audit.identities WHERE organisation = 'acme'`, ['state_members', 'subject_entries_pkey']],
    ['SELECT * FROM audit.motions', ['state_members', 'transactions_id']],
  ])('%s uses its indexes', async (query, indexes) => {
    const text = await withClient(postgres.running.ownerUrl, (client) => plan(client, query));
    for (const index of indexes) expect(text).toContain(index);
    expect(text).not.toMatch(/Seq Scan/);
  });
});
