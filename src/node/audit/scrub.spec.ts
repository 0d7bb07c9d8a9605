import { afterEach, describe, expect, it } from '@jest/globals';
import { stateKey } from '../../protocol/state/state-key.js';
import { NodeCluster } from '../../../test/support/node-cluster.js';
import {
  documentCommand,
  signTestTransaction,
  testGenesis,
} from '../../../test/support/signed-transactions.js';
import type { Divergence } from '../node-surroundings.js';

const audit = { scrubRowsPerSecond: 20_000, scrubPauseMs: 500 };
const genesis = testGenesis();

let cluster: NodeCluster;
afterEach(() => {
  cluster.stop();
});

async function record(name: string): Promise<void> {
  const transaction = signTestTransaction({
    chainId: genesis.chainId,
    signer: 'acme/submitter',
    idempotencyKey: name,
    command: documentCommand([`urn:item:${name}`, 'urn:all']),
  });
  await expect(cluster.member(0).node.submission.submit(transaction)).resolves.toMatchObject({
    kind: 'pending',
  });
  await cluster.clock.advance(1_000);
}

const statusOf = (index: number) => cluster.member(index).node.status.read();

describe('the scrub of a node', () => {
  it('finds nothing in what the nodes have written, pass after pass', async () => {
    cluster = await NodeCluster.start(genesis, { audit });
    for (let made = 0; made < 5; made++) await record(`item-${made}`);
    await cluster.clock.advance(2_000);
    for (const index of [0, 1, 2, 3]) {
      expect(statusOf(index).scrub).toMatchObject({ findingCount: 0, findings: [] });
      expect(statusOf(index).scrub!.passes).toBeGreaterThan(1);
      expect(statusOf(index).scrub!.height).toBe(5);
      expect(statusOf(index).health).toEqual({ state: 'ready' });
    }
    expect(cluster.complaints()).toEqual([]);
  });

  it('ends the vote of a node whose state was changed, for its next lives too, and the others go on', async () => {
    cluster = await NodeCluster.start(genesis, { audit });
    await record('before');
    cluster.member(2).store.corruptValue(stateKey('identity', 'initech', 'auditor'));
    await cluster.clock.advance(2_000);
    const { health, standing, scrub, cause } = statusOf(2);
    expect(standing).toBe('quarantined');
    expect(health).toMatchObject({ state: 'quarantined' });
    expect(cause).toContain('the own state is known to be wrong: ledger.state');
    expect(scrub!.findings[0]).toMatchObject({
      table: 'state',
      problem: 'the value is not the one with the digest',
    });
    expect(scrub!.findings[0]!.row['key']).toBe('identity/initech/auditor');
    expect(cluster.quarantines.get(2)).toMatchObject({ key: undefined });
    await record('after');
    expect(cluster.heights()).toEqual([2, 2, 1, 2]);
    expect(statusOf(0).validators.find(({ organisation }) => organisation === 'initech')).toMatchObject({
      standing: 'quarantined',
      voting: false,
    });
  });

  it('keeps the vote of a node whose history was damaged, and says so until it is mended', async () => {
    cluster = await NodeCluster.start(genesis, { audit });
    await record('first');
    const { store, observer } = cluster.member(1);
    const block = store.blocks[0]!;
    const { executed } = block;
    const entry = executed.subjectEntries[0]!;
    const changed = { ...entry, end: entry.end - 1 };
    store.blocks[0] = {
      ...block,
      executed: { ...executed, subjectEntries: [changed, ...executed.subjectEntries.slice(1)] },
    };
    await cluster.clock.advance(2_000);
    expect(statusOf(1)).toMatchObject({ standing: 'voting', health: { state: 'degraded' } });
    expect(statusOf(1).cause).toContain(
      'the database of this node is damaged: ledger.subject_entries at height 1',
    );
    expect(cluster.member(1).node.status.readiness()).toEqual({ ready: true });
    expect(statusOf(1).scrub!.findings).toMatchObject([{ table: 'subject_entries', heights: [1] }]);
    const told = observer.logged.filter(({ message }) => message.startsWith('the scrub has found'));
    expect(told).toHaveLength(1);
    await record('second');
    expect(cluster.heights()).toEqual([2, 2, 2, 2]);
    expect(cluster.quarantines.size).toBe(0);
    store.blocks[0] = block;
    await cluster.clock.advance(2_000);
    expect(statusOf(1)).toMatchObject({ health: { state: 'ready' }, scrub: { findingCount: 0 } });
  });

  it('writes down what the own execution has changed when the result is not the countersigned one', async () => {
    cluster = await NodeCluster.start(genesis);
    await record('first');
    // Read by the next execution before anything has audited it.
    cluster.member(3).store.corruptValue(stateKey('subject', 'urn:all'));
    await record('second');
    expect(statusOf(3)).toMatchObject({ standing: 'quarantined', health: { state: 'quarantined' } });
    expect(statusOf(3).cause).toContain('3 entries written here, see DIVERGENCE-2.json');
    expect(cluster.divergences).toMatchObject([{ height: 2 }]);
    const [{ own, ownRoot, certifiedRoot }] = cluster.divergences as [Divergence];
    expect(ownRoot).not.toBe(certifiedRoot);
    expect(own!.stateRoot).toBe(cluster.member(3).store.results()[2]!.stateRoot);
    expect(own!.writes.map(({ name }) => name).sort()).toEqual([
      'idempotency/acme/submitter/second',
      'subject/urn:all',
      'subject/urn:item:second',
    ]);
    await record('third');
    expect(cluster.heights()).toEqual([3, 3, 3, 2]);
  });

  it('is not there when it is turned off', async () => {
    cluster = await NodeCluster.start(genesis, { audit: { ...audit, scrubRowsPerSecond: 0 } });
    await record('one');
    expect(statusOf(0).scrub).toBeUndefined();
  });
});
