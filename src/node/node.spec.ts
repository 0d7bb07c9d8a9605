import { afterEach, describe, expect, it } from '@jest/globals';
import { sampleTransaction } from '../../test/support/certified-blocks.js';
import { createRecordingObserver } from '../../test/support/recording-observer.js';
import { RecordingNetwork } from '../../test/support/recording-network.js';
import { settlePromises, SimulatedClock } from '../../test/support/simulated-clock.js';
import { testGenesis, testGenesisDocument, testSeed } from '../../test/support/signed-transactions.js';
import { SimulatedLedgerReader } from '../../test/support/simulated-ledger-reader.js';
import { SimulatedLedgerStore } from '../../test/support/simulated-ledger-store.js';
import { ed25519Verifier, publicKeyOfSeed, signMessage } from '../protocol/crypto/ed25519.js';
import { encodeGenesis } from '../protocol/ledger/genesis.js';
import { verifyReceipt } from '../protocol/proof/verify-receipt.js';
import { startNode, type Node } from './node.js';
import type { Journal, LedgerReader, PeerMessage } from './ports.js';

const genesis = testGenesis();
const LIMITS = {
  transactionsMax: 1_000,
  bytesMax: 1_000_000,
  organisationTransactionsMax: 1_000,
  organisationBytesMax: 1_000_000,
};

/** Hands every message on at once, to those who are up. */
class Hub {
  readonly networks: HubNetwork[] = [];
  readonly down = new Set<number>();

  deliver(from: number, to: number | 'all', message: PeerMessage): void {
    for (const { index, events } of this.networks) {
      if (index === from || (to !== 'all' && to !== index)) continue;
      if (this.down.has(from) || this.down.has(index)) continue;
      void Promise.resolve().then(() => events?.onMessage(from, message));
    }
  }

  connectAll(): void {
    for (const { index, events } of this.networks)
      for (const other of this.networks) if (other.index !== index) events?.onConnected(other.index);
  }
}

class HubNetwork extends RecordingNetwork {
  constructor(
    private readonly hub: Hub,
    readonly index: number,
  ) {
    super();
    hub.networks.push(this);
    this.peers = [0, 1, 2, 3].filter((other) => other !== index);
  }

  override send(to: number | 'all', message: PeerMessage): void {
    this.hub.deliver(this.index, to, message);
  }
}

/** The disk of a journal: while it is full, no sync comes to an end. */
class MemoryDisk {
  private waiting: (() => void)[] = [];
  problem: string | undefined;

  sync(): Promise<void> {
    if (this.problem === undefined) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  makeRoom(): void {
    this.problem = undefined;
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

function memoryJournal(disk: MemoryDisk): Journal {
  let records = 0;
  return {
    recover: () => Promise.resolve([]),
    append: () => {
      records++;
    },
    sync: () => disk.sync(),
    stall: () => disk.problem,
    position: () => ({ journalId: 'journal', position: records }),
    appliedHeight: () => 0,
    truncateBefore: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

interface Member {
  readonly node: Node;
  readonly store: SimulatedLedgerStore;
  readonly disk: MemoryDisk;
  readonly network: HubNetwork;
  readonly fatal: unknown[];
}

let clock = new SimulatedClock();
let members: Member[] = [];

async function startMember(hub: Hub, index: number): Promise<Member> {
  const { organisation } = genesis.validators[index]!;
  const store = new SimulatedLedgerStore();
  const disk = new MemoryDisk();
  const network = new HubNetwork(hub, index);
  const fatal: unknown[] = [];
  const seed = testSeed(organisation);
  const node = await startNode(
    {
      store,
      reader: new SimulatedLedgerReader(store) as unknown as LedgerReader,
      journal: memoryJournal(disk),
      signer: {
        publicKey: publicKeyOfSeed(seed),
        sign: (messages) => Promise.resolve(messages.map((message) => signMessage(seed, message))),
      },
      network,
      clock,
      observer: createRecordingObserver(),
      verifier: ed25519Verifier,
      onQuarantined: (reason) => fatal.push(reason),
      onFatal: (error) => fatal.push(error),
    },
    {
      genesis,
      organisation,
      quarantine: undefined,
      batchMs: 5,
      shareDelayMs: 2,
      statusIntervalMs: 100,
      statusCoalesceMs: 10,
      fetchRetryMs: 50,
      progressTimeoutMs: 2_000,
      progressTimeoutMsMax: 64_000,
      silenceTimeoutMs: 3_000,
      rotationBlocks: 0,
      waitersMax: 10,
      mempool: LIMITS,
    },
  );
  return { node, store, disk, network, fatal };
}

async function startAll(): Promise<Hub> {
  clock = new SimulatedClock();
  const hub = new Hub();
  members = [];
  for (let index = 0; index < 4; index++) members.push(await startMember(hub, index));
  hub.connectAll();
  await settlePromises();
  return hub;
}

afterEach(() => {
  for (const { node } of members) node.stop();
});

const heights = (): readonly number[] => members.map(({ node }) => node.status.read().height);

describe('Node', () => {
  it('brings a transaction of one organisation onto the ledger of all, and its receipt is valid', async () => {
    await startAll();
    const transaction = sampleTransaction(genesis, 'a');
    const { node } = members[2]!;
    await expect(node.submission.submit(transaction)).resolves.toMatchObject({ kind: 'pending' });
    const outcome = node.submission.awaitOutcome(transaction.id, 'receipt', 10_000);
    await clock.advance(2_000);
    await expect(outcome).resolves.toMatchObject({ status: 'COMMITTED', height: 1 });
    const receipt = await node.receipts.build(transaction.id);
    if (!(receipt instanceof Uint8Array)) throw new Error(`no receipt: ${String(receipt)}`);
    expect(verifyReceipt(receipt, encodeGenesis(testGenesisDocument()))).toMatchObject({ ok: true });
    expect(heights()).toEqual([1, 1, 1, 1]);
    expect(members.flatMap(({ network, fatal }) => [...network.cutOff, ...fatal])).toEqual([]);
    expect(node.status.read()).toMatchObject({
      certifiedHeight: 1,
      health: { state: 'ready' },
      cause: 'idle: no transaction is waiting',
    });
  });

  it('fetches what it missed once the others are reachable again', async () => {
    const hub = await startAll();
    hub.down.add(3);
    for (let round = 1; round <= 30; round++) {
      await members[0]!.node.submission.submit(sampleTransaction(genesis, `t${round}`));
      await clock.advance(60);
    }
    const [height] = heights();
    expect([height! > 24, heights()[3]]).toEqual([true, 0]);
    hub.down.delete(3);
    await clock.advance(20_000);
    expect(heights()).toEqual([height, height, height, height]);
    expect(members.flatMap(({ network, fatal }) => [...network.cutOff, ...fatal])).toEqual([]);
  });

  it('gets over a database that is away for a while, at a voter and at the primary', async () => {
    await startAll();
    for (const [round, index] of [1, 0].entries()) {
      const { store, node } = members[index]!;
      const transaction = sampleTransaction(genesis, `t${round}`);
      await members[2]!.node.submission.submit(transaction);
      store.setAvailable(false);
      await clock.advance(1_000);
      expect(node.status.readiness()).toMatchObject({ ready: false, cause: 'databaseUnavailable' });
      store.setAvailable(true);
      await clock.advance(5_000);
      expect(node.status.readiness()).toEqual({ ready: true });
      expect(heights()).toEqual(Array.from({ length: 4 }, () => round + 1));
    }
  });

  it('names whose votes are missing and who is silent, and takes it back when they speak again', async () => {
    const hub = await startAll();
    await clock.advance(1_000);
    hub.down.add(2);
    hub.down.add(3);
    await members[0]!.node.submission.submit(sampleTransaction(genesis, 'a'));
    await clock.advance(1_500);
    const cause = (index: number): string => members[index]!.node.status.read().cause;
    const missing =
      /^no progress: height 1 has 2 of 3 PREPAREs here, in flight since \S+: missing from initech/;
    expect([cause(0), cause(1)]).toEqual([expect.stringMatching(missing), expect.stringMatching(missing)]);
    await clock.advance(5_000);
    expect(cause(0)).toMatch(/initech \(silent since \S+\) and umbrella \(silent since .*acme and globex$/);
    expect(cause(3)).toMatch(/^no progress: the primary acme is reachable and silent since /);
    hub.down.clear();
    await clock.advance(40_000);
    expect(members.map((_, index) => cause(index))).toEqual(
      members.map(() => 'idle: no transaction is waiting'),
    );
  });

  it('takes nothing and votes for nothing while its journal waits for room, and goes on by itself', async () => {
    await startAll();
    for (const [round, index] of [1, 0].entries()) {
      const { disk, node } = members[index]!;
      disk.problem = 'the disk is full';
      await members[2]!.node.submission.submit(sampleTransaction(genesis, `t${round}`));
      await clock.advance(1_000);
      expect(node.status.readiness()).toEqual({
        ready: false,
        cause: 'journalStalled',
        detail: 'the disk is full',
      });
      expect(node.status.read().cause).toMatch(/^no progress here since .*: the disk is full$/);
      expect(heights()[index]).toBe(round);
      disk.makeRoom();
      await clock.advance(10_000);
      expect(node.status.readiness()).toEqual({ ready: true });
      expect(heights()).toEqual(Array.from({ length: 4 }, () => round + 1));
    }
    expect(members.flatMap(({ network, fatal }) => [...network.cutOff, ...fatal])).toEqual([]);
  });

  it('expires at every organisation what no block included in time', async () => {
    const hub = await startAll();
    const late = sampleTransaction(genesis, 'late', { validUntilHeight: 1 });
    hub.down.add(3);
    await members[3]!.node.submission.submit(late);
    await members[0]!.node.submission.submit(sampleTransaction(genesis, 'a'));
    await clock.advance(1_000);
    hub.down.delete(3);
    await clock.advance(20_000);
    await expect(members[3]!.node.submission.findStatus(late.id)).resolves.toEqual({
      id: late.id,
      status: 'EXPIRED',
    });
    expect(members.map(({ node }) => node.status.read().mempool.transactions)).toEqual([0, 0, 0, 0]);
  });

  it('tells once that it cannot go on, and answers who waits', async () => {
    await startAll();
    const { node, store, fatal } = members[1]!;
    const transaction = sampleTransaction(genesis, 'a');
    await node.submission.submit(transaction);
    const outcome = node.submission.awaitOutcome(transaction.id, 'commit', 60_000);
    store.commitBlock = () => Promise.reject(new Error('the table is gone'));
    await clock.advance(5_000);
    expect(fatal).toEqual([new Error('the table is gone')]);
    await expect(outcome).resolves.toMatchObject({ status: 'PENDING' });
  });
});
