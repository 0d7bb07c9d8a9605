import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createVerificationContext } from '../../../src/node/verification-context.js';
import { ed25519Verifier } from '../../../src/protocol/crypto/ed25519.js';
import { evidenceSlot, verifyEvidence } from '../../../src/protocol/pbft/evidence.js';
import { migrateDatabase } from '../../../src/storage/migrate-database.js';
import { PostgresLedgerReader } from '../../../src/storage/postgres-ledger-reader.js';
import { PostgresLedgerStore } from '../../../src/storage/postgres-ledger-store.js';
import { concealedCommit, conflictingVotes, signedEvidence } from '../../support/signed-evidence.js';
import { commitCertificateOf, createStoredChain, executeSample } from '../../support/stored-chain.js';
import { createTestPostgres, withClient, type TestPostgres } from '../../support/test-postgres.js';
import { EpochHistory } from '../../../src/node/epochs/epoch-history.js';

const chain = createStoredChain();
const context = createVerificationContext(chain.genesis, new EpochHistory(chain.genesis), ed25519Verifier);
const saved = signedEvidence(chain.genesis);

let postgres: TestPostgres;
let store: PostgresLedgerStore;
let reader: PostgresLedgerReader;

beforeAll(async () => {
  postgres = await createTestPostgres();
  await migrateDatabase(postgres.running.ownerUrl);
  store = await PostgresLedgerStore.open({ url: postgres.running.url });
  reader = new PostgresLedgerReader({ url: postgres.running.readerUrl });
  await store.initialise(chain.genesisResult);
});

afterAll(async () => {
  await reader.close();
  await store.close();
  await postgres.remove();
});

describe('evidence in the database', () => {
  it('is none at first', async () => {
    expect(await reader.listEvidence(0, 10)).toEqual([]);
  });

  it('comes back in order as what it was, still proven', async () => {
    const before = Date.now();
    for (const evidence of saved) await store.saveEvidence(evidence);
    const listed = await reader.listEvidence(0, 10);
    expect(listed.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(listed.map(({ evidence }) => evidence)).toEqual(saved);
    for (const { evidence, savedAtMs } of listed) {
      expect([evidenceSlot(evidence), verifyEvidence(evidence, context)]).toEqual([
        evidenceSlot(evidence),
        true,
      ]);
      // The database of this test has the clock of this machine, and a clock may be set meanwhile.
      expect(Math.abs(savedAtMs - before)).toBeLessThan(24 * 3_600_000);
    }
  });

  it('is listed page by page', async () => {
    const [first] = await reader.listEvidence(0, 1);
    const rest = await reader.listEvidence(first!.sequence, 10);
    expect(rest.map(({ evidence }) => evidence)).toEqual(saved.slice(1));
    expect(await reader.listEvidence(rest.at(-1)!.sequence, 10)).toEqual([]);
  });

  it('keeps the first proof of a slot, whatever the second says', async () => {
    const again = { ...conflictingVotes(chain.genesis), first: concealedCommitDigest() };
    await store.saveEvidence(again);
    for (const evidence of saved) await store.saveEvidence(evidence);
    expect((await reader.listEvidence(0, 10)).map(({ evidence }) => evidence)).toEqual(saved);
  });

  it('has columns that say the same to whoever reads SQL', async () => {
    const rows = await withClient(postgres.running.readerUrl, async (client) => {
      const columns = 'slot, offender, epoch::integer, kind';
      return (await client.query(`SELECT ${columns} FROM ledger.evidence ORDER BY sequence`))
        .rows as unknown[];
    });
    expect(rows).toEqual(
      saved.map((evidence) => ({
        slot: evidenceSlot(evidence),
        offender: evidence.offender,
        epoch: evidence.epoch,
        kind: evidence.type,
      })),
    );
  });

  it('is saved beside a block without becoming part of its database transaction', async () => {
    const executed = executeSample(chain, { transactions: 2, subjects: 1 });
    const certificate = commitCertificateOf(executed);
    const wrongParent = {
      ...executed,
      block: { ...executed.block, header: { ...executed.block.header, height: 9 } },
    };
    const other = conflictingVotes(chain.genesis, { view: 5 });
    const [refused, evidence] = await Promise.allSettled([
      store.commitBlocks([{ executed: wrongParent, certificate }], { journalId: 'j', position: 1 }),
      store.saveEvidence(other),
    ]);
    expect([refused.status, evidence.status]).toEqual(['rejected', 'fulfilled']);
    await Promise.all([
      store.saveEvidence(conflictingVotes(chain.genesis, { view: 9 })),
      store.commitBlocks([{ executed, certificate }], { journalId: 'j', position: 1 }),
    ]);
    expect((await store.loadHead())?.height).toBe(1);
    const kept = (await reader.listEvidence(3, 10)).map(({ evidence: { type }, ...rest }) => [
      type,
      rest.sequence > 3,
    ]);
    expect(kept).toEqual([
      ['conflictingVotes', true],
      ['conflictingVotes', true],
    ]);
  });

  it('is refused as damaged when its document is not readable', async () => {
    await withClient(postgres.running.url, (client) =>
      client.query(
        `INSERT INTO ledger.evidence (slot, offender, epoch, kind, document) VALUES ('x', 1, 0, 'x', '\\x0801')`,
      ),
    );
    await expect(reader.listEvidence(3, 10)).rejects.toMatchObject({ code: 'DATABASE_CORRUPT' });
  });
});

/** Something else that the same key signed. */
function concealedCommitDigest() {
  const { blockHash, signature } = concealedCommit(chain.genesis).commit;
  return { digest: blockHash as string as ReturnType<typeof conflictingVotes>['first']['digest'], signature };
}
