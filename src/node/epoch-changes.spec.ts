import { afterEach, describe, expect, it } from '@jest/globals';
import { castBallot, GovernanceBench, proposeMotion } from '../../test/support/governance-bench.js';
import { sampleTransaction } from '../../test/support/certified-blocks.js';
import { NodeCluster } from '../../test/support/node-cluster.js';
import { SimulatedJournalFiles } from '../../test/support/simulated-journal-files.js';
import {
  signTestTransaction,
  testGenesis,
  testGenesisDocument,
} from '../../test/support/signed-transactions.js';
import { encodeGenesis } from '../protocol/ledger/genesis.js';
import type { Command, ProposedAction } from '../protocol/ledger/transaction.js';
import type { TransactionId } from '../protocol/primitives/identifiers.js';
import { verifyReceipt } from '../protocol/proof/verify-receipt.js';

const PARAMETERS = { pipelineDepth: 2 };
const genesis = testGenesis(PARAMETERS);
const genesisBytes = encodeGenesis(testGenesisDocument(PARAMETERS));
const bench = new GovernanceBench();
const HOOLI = 4;

let cluster: NodeCluster;
afterEach(() => {
  cluster.stop();
});

/** Four nodes of genesis, and Hooli's, which the ledger does not know. */
async function startFive(): Promise<void> {
  cluster = await NodeCluster.start(genesis);
  await cluster.join('hooli');
  await cluster.clock.advance(200);
}

const causeOf = (index: number): string => cluster.member(index).node.status.read().cause;
const roleOf = (index: number): string => cluster.member(index).node.status.read().role;
const epochs = (): readonly number[] => cluster.members.map(({ node }) => node.status.read().epoch);
const loggedBy = (index: number): readonly string[] =>
  cluster.member(index).observer.logged.map(({ message }) => message);

/** Submits to a node and waits until it is final there; gives its id. */
async function commit(signer: string, command: Command, at = 0): Promise<TransactionId> {
  const transaction = signTestTransaction({
    chainId: genesis.chainId,
    signer,
    command,
    idempotencyKey: `at-${cluster.clock.monotonicMs()}`,
    validUntilHeight: 1_000,
  });
  const { submission } = cluster.member(at).node;
  await expect(submission.submit(transaction)).resolves.toMatchObject({ kind: 'pending' });
  await cluster.clock.advance(1_000);
  await expect(submission.findStatus(transaction.id)).resolves.toMatchObject({ outcome: { code: 'OK' } });
  return transaction.id;
}

/** Proposed by Acme and accepted by three of four, or by four of five. */
async function pass(action: ProposedAction, ...voters: readonly string[]): Promise<void> {
  const id = await commit('acme/auditor', proposeMotion(action));
  for (const voter of voters) await commit(`${voter}/auditor`, castBallot(id, true));
  await cluster.clock.advance(2_000);
}

async function record(name: string, at: number): Promise<TransactionId> {
  const transaction = sampleTransaction(genesis, name, { validUntilHeight: 1_000 });
  await cluster.member(at).node.submission.submit(transaction);
  await cluster.clock.advance(1_000);
  return transaction.id;
}

/** The checkpoint's epoch and signers of a valid receipt, from each of the nodes. */
async function receiptsOf(id: TransactionId, ...indices: readonly number[]) {
  return Promise.all(
    indices.map(async (index) => {
      const receipt = await cluster.member(index).node.receipts.build(id);
      if (!(receipt instanceof Uint8Array)) throw new Error(`no receipt from ${index}: ${String(receipt)}`);
      const verified = verifyReceipt(receipt, genesisBytes);
      if (!verified.ok) throw new Error(verified.rejection.message);
      return verified.value.epoch;
    }),
  );
}

describe('a node through changes of the validators', () => {
  it('lets an organisation join, vote, and another one leave, without a stop and with valid receipts', async () => {
    await startFive();
    expect([roleOf(HOOLI), causeOf(HOOLI)]).toEqual([
      'member',
      expect.stringContaining('waits for the members to admit it'),
    ]);
    const early = await record('early', 0);
    await pass(bench.admission('hooli'), 'globex', 'initech');
    const [height] = cluster.heights();
    expect(cluster.heights()).toEqual([height, height, height, height, height]);
    expect(causeOf(HOOLI)).toContain('hooli is a member and waits for the members to make it a validator');

    await pass({ type: 'promoteValidator', organisation: 'hooli' }, 'globex', 'initech');
    expect(epochs()).toEqual([1, 1, 1, 1, 1]);
    expect([roleOf(HOOLI), cluster.member(HOOLI).node.status.read().standing]).toEqual([
      'validator',
      'voting',
    ]);
    const names = ['acme', 'globex', 'hooli', 'initech', 'umbrella'];
    expect(loggedBy(0)).toContainEqual(
      expect.stringMatching(/^epoch 1 begins with height \d+: validators acme, globex, hooli/),
    );
    expect(cluster.member(0).observer.members).toMatchObject({ validators: names });
    expect(
      cluster
        .member(HOOLI)
        .node.status.read()
        .validators.map(({ organisation }) => organisation),
    ).toEqual(names);

    const joined = await record('joined', HOOLI);
    // Four of five are a quorum: Hooli's vote counts.
    cluster.kill(3);
    const withHooli = await record('with-hooli', 0);
    await cluster.restart(3);
    await cluster.clock.advance(10_000);

    await pass({ type: 'removeOrganisation', organisation: 'umbrella' }, 'globex', 'initech', 'hooli');
    const late = await record('late', HOOLI);
    await cluster.clock.advance(10_000);
    expect(epochs()).toEqual([2, 2, 2, 2, 2]);
    expect([roleOf(3), causeOf(3)]).toEqual([
      'member',
      expect.stringMatching(/umbrella was removed from the consortium and is no member from height \d+ on/),
    ]);
    expect(loggedBy(3)).toContainEqual(
      expect.stringMatching(/^this organisation is no validator after height \d+/),
    );
    expect(cluster.member(0).observer.members?.members.map(({ organisation }) => organisation)).not.toContain(
      'umbrella',
    );
    const told = cluster
      .member(0)
      .network.members?.members.find(({ organisation }) => organisation === 'umbrella');
    expect(told?.refused).toMatch(
      /^umbrella was removed from the consortium and is no member from height \d+ on$/,
    );

    expect(await receiptsOf(early, 0, 1, HOOLI)).toEqual([0, 0, 0]);
    expect(await receiptsOf(joined, 0, HOOLI)).toEqual([1, 1]);
    expect(await receiptsOf(withHooli, 2)).toEqual([1]);
    expect(await receiptsOf(late, 0, HOOLI)).toEqual([2, 2]);
    expect(cluster.complaints()).toEqual([]);
  }, 60_000);

  it('comes back in any epoch, at its end as well, and whoever was away through changes catches up', async () => {
    await startFive();
    await pass(bench.admission('hooli'), 'globex', 'initech');
    cluster.kill(1);
    const id = await commit(
      'acme/auditor',
      proposeMotion({ type: 'promoteValidator', organisation: 'hooli' }),
    );
    await commit('initech/auditor', castBallot(id, true));
    const { node, store } = cluster.member(2);
    const ballot = signTestTransaction({
      chainId: genesis.chainId,
      signer: 'umbrella/auditor',
      command: castBallot(id, true),
      idempotencyKey: 'last',
      validUntilHeight: 1_000,
    });
    await node.submission.submit(ballot);
    const isAtEnd = (): boolean => node.epochs.latest.firstHeight === store.blocks.length + 1;
    for (let step = 0; step < 5_000 && (node.epochs.latest.epoch === 0 || !isAtEnd()); step++)
      await cluster.clock.advance(1);
    expect([node.epochs.latest.epoch, isAtEnd()]).toEqual([1, true]);
    cluster.kill(2);
    await cluster.restart(2);
    await cluster.clock.advance(3_000);
    expect(cluster.member(2).node.status.read()).toMatchObject({ epoch: 1, standing: 'voting' });
    await cluster.restart(1);
    await cluster.clock.advance(10_000);
    for (const index of [0, 3, HOOLI]) {
      cluster.kill(index);
      await cluster.restart(index);
    }
    await cluster.clock.advance(10_000);
    const after = await record('after', HOOLI);
    expect(epochs()).toEqual([1, 1, 1, 1, 1]);
    expect(cluster.members.map(({ node: each }) => each.status.read().standing)).toEqual(
      cluster.members.map(() => 'voting'),
    );
    expect(await receiptsOf(after, 1, 2)).toEqual([1, 1]);
    expect(cluster.complaints()).toEqual([]);
  }, 60_000);

  it('votes with the key that the ledger names: a new one from its epoch on, the old one no more', async () => {
    await startFive();
    const ledgerKey = bench.ledgerKey('umbrella', 'umbrella, second key');
    const rotation = { type: 'rotateLedgerKey', organisation: 'umbrella', ledgerKey } as const;
    const id = await commit('umbrella/auditor', proposeMotion(rotation), 3);
    for (const voter of ['acme', 'globex']) await commit(`${voter}/auditor`, castBallot(id, true));
    await cluster.clock.advance(3_000);
    expect([epochs(), causeOf(3)]).toEqual([
      [1, 1, 1, 1, 0],
      expect.stringContaining('leave the node running, then start it with the new key'),
    ]);
    await record('above', 0);
    expect([roleOf(3), causeOf(3)]).toEqual([
      'validator',
      expect.stringContaining('start it with the key that the ledger names'),
    ]);
    cluster.kill(3);
    cluster.member(3).key = 'umbrella, second key';
    await cluster.restart(3);
    await cluster.clock.advance(5_000);
    expect(cluster.member(3).node.status.read()).toMatchObject({ epoch: 1, standing: 'voting' });
    await record('with-the-new-key', 3);
    expect(cluster.heights()[3]).toBe(cluster.heights()[0]);
    expect(cluster.complaints()).toEqual([]);
  }, 60_000);

  it('does not start with the ledger key of another organisation', async () => {
    await startFive();
    cluster.kill(3);
    cluster.member(3).key = 'globex';
    await expect(cluster.restart(3)).rejects.toMatchObject({ code: 'LEDGER_KEY_MISMATCH' });
  });

  it('keeps a key that has forgotten its votes from voting, and no other key', async () => {
    await startFive();
    await record('first', 0);
    cluster.kill(3);
    cluster.member(3).files = new SimulatedJournalFiles();
    await cluster.restart(3);
    const standings = (): unknown[] => {
      const { standing, health } = cluster.member(3).node.status.read();
      return [standing, health.state];
    };
    expect(standings()).toEqual(['observing', 'quarantined']);
    const { ledgerKey } = genesis.validators[3]!;
    expect(cluster.quarantines.get(3)).toEqual({
      reason: expect.stringContaining('journal'),
      key: ledgerKey,
    });
    cluster.kill(3);
    await cluster.restart(3);
    expect(standings()).toEqual(['observing', 'quarantined']);
    const rotation = {
      type: 'rotateLedgerKey',
      organisation: 'umbrella',
      ledgerKey: bench.ledgerKey('umbrella', 'umbrella, second key'),
    } as const;
    const id = await commit('umbrella/auditor', proposeMotion(rotation));
    for (const voter of ['acme', 'globex']) await commit(`${voter}/auditor`, castBallot(id, true));
    await cluster.clock.advance(3_000);
    cluster.kill(3);
    cluster.member(3).key = 'umbrella, second key';
    await cluster.restart(3);
    await cluster.clock.advance(5_000);
    expect(standings()).toEqual(['voting', 'ready']);
    cluster.quarantines.set(3, { reason: 'its own result differed', key: undefined });
    cluster.kill(3);
    await cluster.restart(3);
    expect(standings()).toEqual(['observing', 'quarantined']);
  }, 60_000);
});
