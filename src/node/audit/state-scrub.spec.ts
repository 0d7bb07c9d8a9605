import { beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditContext } from '../../audit/audit-context.js';
import { NOTHING_COUNTED } from '../../audit/audit-position.js';
import { Findings } from '../../audit/finding.js';
import { ed25519Verifier } from '../../protocol/crypto/ed25519.js';
import type { ExecutedBlock } from '../../protocol/execution/executed-block.js';
import { stateKey } from '../../protocol/state/state-key.js';
import { SimulatedAuditRows } from '../../../test/support/simulated-audit-rows.js';
import { SimulatedLedgerStore } from '../../../test/support/simulated-ledger-store.js';
import { commitCertificateOf, createStoredChain, executeSample } from '../../../test/support/stored-chain.js';
import { StateScrub } from './state-scrub.js';
import { TreeWatch } from './tree-watch.js';

const recurring = (_: number, subject: number): string => `urn:recurring:${subject}`;

let chain = createStoredChain();
let store = new SimulatedLedgerStore();
let rows = new SimulatedAuditRows(store);
let watch = new TreeWatch();

function execute(): ExecutedBlock {
  const executed = executeSample(chain, { transactions: 2, subjects: 4, subjectName: recurring });
  watch.onTreeChanged(executed);
  return executed;
}

async function save(executed: ExecutedBlock): Promise<void> {
  const certificate = commitCertificateOf(executed);
  await store.commitBlocks([{ executed, certificate }], {
    journalId: 'j',
    position: executed.block.header.height,
  });
  watch.onDurable(executed.block.header.height);
}

async function audit(): Promise<Findings> {
  const findings = new Findings();
  const context: AuditContext = {
    rows,
    genesis: chain.genesis,
    verifier: ed25519Verifier,
    findings,
    head: chain.height,
    fromHeight: 0,
    counts: { ...NOTHING_COUNTED },
    certifiedHeight: 0,
    pace: () => true,
    reached: () => undefined,
  };
  expect(await new StateScrub(chain.stateTree, watch).audit(context)).toBe(true);
  return findings;
}

beforeEach(async () => {
  chain = createStoredChain();
  store = new SimulatedLedgerStore();
  rows = new SimulatedAuditRows(store);
  watch = new TreeWatch();
  await store.initialise(chain.genesisResult);
  await save(execute());
});

describe('the state table against the tree', () => {
  it('agrees, whatever is executed and saved while the table is read', async () => {
    const unsaved: ExecutedBlock[] = [execute()];
    let reads = 0;
    rows.afterBuckets = async () => {
      reads++;
      // Executed, and on another turn saved: behind what the rows of this read hold.
      if (reads < 40) unsaved.push(execute());
      if (reads % 3 === 0) await save(unsaved.shift()!);
    };
    expect((await audit()).kept).toEqual([]);
    expect(reads).toBeGreaterThan(3);
  });

  it('names the row whose value was changed', async () => {
    store.corruptValue(stateKey('subject', 'urn:recurring:1'));
    const { kept } = await audit();
    expect(kept).toMatchObject([
      { table: 'state', heights: [1], problem: 'the value is not the one with the digest' },
    ]);
    expect(kept[0]!.row['key']).toBe('subject/urn:recurring:1');
  });

  it('names the bucket of a row that speaks for itself and is another, or is gone', async () => {
    const [row] = store.stateRows();
    store.write({
      writes: [{ ...row!, value: Uint8Array.of(1), valueDigest: row!.valueDigest.map((byte) => byte ^ 1) }],
    });
    expect((await audit()).kept[0]).toMatchObject({ table: 'state', row: { bucket: row!.bucket } });
    store.write({ writes: [{ ...row!, value: undefined, valueDigest: undefined }] });
    expect((await audit()).kept).toMatchObject([
      { table: 'state', row: { bucket: row!.bucket, key_digest: 'no row' }, found: '00'.repeat(32) },
    ]);
  });

  it('does not count what is right again when it is read a second time', async () => {
    const [row] = store.stateRows();
    store.write({ writes: [{ ...row!, value: undefined, valueDigest: undefined }] });
    rows.afterBuckets = () => {
      store.write({ writes: [row!] });
      return Promise.resolve();
    };
    expect((await audit()).kept).toEqual([]);
  });
});

describe('the writes that a read may not have seen', () => {
  it('are let go once they are durable and no read is open', () => {
    const executed = execute();
    const { height } = executed.block.header;
    const read = watch.open();
    expect(watch.writesAbove(height - 1, 0)).toHaveLength(1);
    watch.onDurable(height);
    expect(watch.writesAbove(height - 1, 0)).toHaveLength(1);
    read.close();
    expect(watch.writesAbove(height - 1, 0)).toEqual([]);
  });

  it('are bounded: a read that takes too long is of no use', () => {
    const read = watch.open();
    const write = execute().writes[0]!;
    const many = { block: execute().block, writes: Array.from({ length: 60_000 }, () => write) };
    watch.onTreeChanged(many);
    watch.onTreeChanged(many);
    expect(read.carryOn(0, { from: 0, to: 1 }, new Map())).toBeUndefined();
    read.close();
  });
});
