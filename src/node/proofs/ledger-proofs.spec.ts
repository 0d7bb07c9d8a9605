import { beforeAll, describe, expect, it } from '@jest/globals';
import { certificateOf, checkpointCertificateOf } from '../../../test/support/certified-blocks.js';
import { MemoryLedger } from '../../../test/support/memory-ledger.js';
import {
  documentCommand,
  signTestTransaction,
  testGenesis,
  testGenesisDocument,
} from '../../../test/support/signed-transactions.js';
import { SimulatedLedgerReader } from '../../../test/support/simulated-ledger-reader.js';
import { SimulatedLedgerStore } from '../../../test/support/simulated-ledger-store.js';
import { encodeGenesis } from '../../protocol/ledger/genesis.js';
import { verifyState } from '../../protocol/proof/state/verify-state-value.js';
import { verifySubjectHistory } from '../../protocol/proof/state/verify-subject-history.js';
import { verifySubjectPages } from '../../protocol/proof/state/verify-subject-pages.js';
import { stateKey } from '../../protocol/state/state-key.js';
import { subjectKeyText } from '../../protocol/state/state-key-text.js';
import { EpochHistory } from '../epochs/epoch-history.js';
import type { SubjectPageRequest } from '../use-cases.js';
import { CountersignedResults } from './countersigned-results.js';
import { LedgerProofs } from './ledger-proofs.js';
import { RecentStates } from './recent-states.js';

const PARAMETERS = { stateWritesPerBlockMax: 20_000 };
const genesis = testGenesis(PARAMETERS);
const genesisBytes = encodeGenesis(testGenesisDocument(PARAMETERS));
const LONG = 'urn:lot:long';
const all = async () => (): boolean => true;

/** `perBlock[i]` documents in block i + 1 name LONG, one more names the block. */
async function createBench(perBlock: readonly number[], certifiedHeights: readonly number[], heights = 100) {
  const ledger = new MemoryLedger(genesis, 4);
  const store = new SimulatedLedgerStore();
  await store.initialise(ledger.genesisResult);
  const reader = new SimulatedLedgerReader(store);
  const states = new RecentStates(ledger.stateTree, 0, reader, { heights, bytes: 64 * 1024 * 1024 });
  for (const [block, count] of perBlock.entries()) {
    const transactions = Array.from({ length: count }, (_, index) =>
      signTestTransaction({
        chainId: genesis.chainId,
        signer: index % 2 === 0 ? 'acme/submitter' : 'globex/submitter',
        idempotencyKey: `${block}-${index}`,
        command: documentCommand([LONG, `urn:block:${block}`], { block, index }),
      }),
    );
    const executed = ledger.execute(transactions, states);
    const certificate = certificateOf(genesis, executed.block);
    await store.commitBlocks([{ executed, certificate }], { journalId: 'journal', position: 1 });
    if (certifiedHeights.includes(block + 1))
      await store.saveCheckpoint(checkpointCertificateOf(genesis, block + 1, executed.logRoot));
  }
  const results = new CountersignedResults({ genesis, epochs: new EpochHistory(genesis), reader });
  return { proofs: new LedgerProofs({ results, states, reader }), reader, store, states };
}

function request(changes: Partial<SubjectPageRequest> = {}): SubjectPageRequest {
  return { subject: LONG, from: 0, limit: 200, atHeight: undefined, readable: all, ...changes };
}

describe('LedgerProofs', () => {
  let bench: Awaited<ReturnType<typeof createBench>>;

  beforeAll(async () => {
    bench = await createBench([100, 150, 100, 200, 150, 1, 0, 7], [3, 5, 7]);
  });

  async function page(changes: Partial<SubjectPageRequest> = {}) {
    const found = await bench.proofs.subjectHistory(request(changes));
    if ('refused' in found) throw new Error(found.refused);
    return found;
  }

  it('proves a page anywhere in a history, as of the newest countersigned height', async () => {
    for (const [from, limit] of [
      [0, 1],
      [0, 200],
      [199, 13],
      [255, 2],
      [500, 100],
      [512, 200],
      [700, 200],
    ] as const) {
      const { file, height, next } = await page({ from, limit });
      const to = Math.min(701, from + limit);
      expect([height, next]).toEqual([7, to < 701 ? to : undefined]);
      expect(verifySubjectHistory(file, genesisBytes)).toMatchObject({
        ok: true,
        value: { subject: LONG, height: 7, count: 701, from, entries: { length: to - from } },
      });
    }
  });

  it('proves pages that are the whole history together', async () => {
    const files: Uint8Array[] = [];
    let next: number | undefined = 0;
    while (next !== undefined) {
      const found: Awaited<ReturnType<typeof page>> = await page({ from: next, limit: 150, atHeight: 6 });
      files.push(found.file);
      next = found.next;
    }
    expect(verifySubjectPages(files, genesisBytes)).toMatchObject({
      ok: true,
      value: { count: 701, height: 6, isWhole: true },
    });
  });

  it('answers as of a height, under the first checkpoint that has it', async () => {
    for (const [atHeight, count, checkpoint] of [
      [1, 100, 3],
      [2, 250, 3],
      [4, 550, 5],
      [6, 701, 7],
    ] as const) {
      expect(verifySubjectHistory((await page({ atHeight })).file, genesisBytes)).toMatchObject({
        ok: true,
        value: { height: atHeight, count, checkpoint: { height: checkpoint } },
      });
    }
    const before = await page({ subject: 'urn:block:3', atHeight: 3 });
    expect(verifySubjectHistory(before.file, genesisBytes)).toMatchObject({
      ok: true,
      value: { count: 0, height: 3 },
    });
    const after = await page({ subject: 'urn:block:3', atHeight: 4 });
    expect(verifySubjectHistory(after.file, genesisBytes)).toMatchObject({ ok: true, value: { count: 200 } });
  });

  it('shows the digest of what the reader may not see', async () => {
    const readable: SubjectPageRequest['readable'] = async (entries) => (entry) =>
      entries.indexOf(entry) % 2 === 0;
    const verified = verifySubjectHistory((await page({ limit: 6, readable })).file, genesisBytes);
    expect(verified.ok ? verified.value.entries.map(({ record }) => record === undefined) : verified).toEqual(
      [...[false, true, false, true, false, true]],
    );
  });

  it('proves that no record names a subject, and single entries', async () => {
    const none = await page({ subject: 'urn:nobody' });
    expect(verifySubjectHistory(none.file, genesisBytes)).toMatchObject({
      ok: true,
      value: { count: 0, isWhole: true },
    });
    for (const [keyText, key, isPresent] of [
      ['identity/acme/submitter', stateKey('identity', 'acme', 'submitter'), true],
      [subjectKeyText(LONG), stateKey('subject', LONG), true],
      ['identity/acme/nobody', stateKey('identity', 'acme', 'nobody'), false],
    ] as const) {
      const proven = await bench.proofs.proveState({ key, keyText }, undefined);
      if ('refused' in proven) throw new Error(proven.refused);
      const verified = verifyState(proven.file, genesisBytes);
      expect(verified).toMatchObject({ ok: true, value: { key: keyText, height: 7 } });
      expect(verified.ok && verified.value.value !== undefined).toBe(isPresent);
      const read = await bench.proofs.readState(key, 7);
      expect(read).toEqual({ height: 7, value: verified.ok ? verified.value.value : '' });
    }
    await expect(
      bench.proofs.readState(stateKey('subject', 'urn:block:7'), undefined),
    ).resolves.toMatchObject({
      height: 8,
      value: expect.any(Uint8Array),
    });
  });

  it('says why there is no answer, and for which heights there is one', async () => {
    const refusal = (atHeight: number | undefined, from = 0) =>
      bench.proofs.subjectHistory(request({ atHeight, from }));
    const window = { earliest: 1, latest: 7 };
    await expect(refusal(9)).resolves.toEqual({ refused: 'heightNotReached', ...window });
    await expect(refusal(8)).resolves.toEqual({ refused: 'notCountersigned', ...window });
    await expect(refusal(0)).resolves.toEqual({ refused: 'heightNotKept', ...window });
    await expect(refusal(7, 701)).resolves.toMatchObject({ refused: 'beyondEnd' });
    const short = await createBench([1, 1, 1, 1, 1, 1], [4], 3);
    await expect(short.proofs.subjectHistory(request({ atHeight: 2 }))).resolves.toEqual({
      ...{ refused: 'heightNotKept', earliest: 3, latest: 4 },
    });
    await expect(short.proofs.readState(stateKey('subject', LONG), 2)).resolves.toEqual({
      ...{ refused: 'heightNotKept', earliest: 3, latest: 6 },
    });
    await expect(
      short.proofs.proveState({ key: stateKey('parameters'), keyText: 'parameters' }, 5),
    ).resolves.toEqual({
      ...{ refused: 'notCountersigned', earliest: 3, latest: 4 },
    });
    const behind = await createBench([1, 1, 1, 1], [1], 1);
    await expect(behind.proofs.subjectHistory(request())).resolves.toMatchObject({
      refused: 'notCountersigned',
    });
    const uncertified = await createBench([1], []);
    await expect(uncertified.proofs.subjectHistory(request())).resolves.toMatchObject({
      refused: 'notCountersigned',
    });
  });

  it('hands out no proof that does not verify', async () => {
    const broken = await createBench([5, 5], [2]);
    const { readHistory } = broken.reader;
    broken.reader.readHistory = async (...page) => {
      const { total, entries } = await readHistory.apply(broken.reader, page);
      return { total, entries: entries.map((entry) => ({ ...entry, record: Uint8Array.of(1) })) };
    };
    await expect(broken.proofs.subjectHistory(request())).rejects.toMatchObject({ code: 'LEDGER_CORRUPT' });
    broken.reader.readHistory = async () => ({ total: 10, entries: [] });
    await expect(broken.proofs.subjectHistory(request())).rejects.toMatchObject({ code: 'LEDGER_CORRUPT' });
    broken.store.corruptState();
    const key = { key: stateKey('subject', 'urn:nobody'), keyText: 'subject/urn:nobody' };
    const { readBuckets } = broken.reader;
    broken.reader.readBuckets = async (keys) =>
      (await readBuckets.call(broken.reader, keys)).map((row) => ({
        ...row,
        valueDigest: new Uint8Array(32),
      }));
    await expect(broken.proofs.proveState(key, undefined)).rejects.toMatchObject({ code: 'LEDGER_CORRUPT' });
  });
});
