/**
 * Four whole nodes in one process, with virtual time: real journals over files in memory, the database's twin, and a hub in place
 * of the network. What can be made to fail is the database, the disk, and the way between the nodes.
 */
import { FileJournal } from '../../src/journal/file-journal.js';
import { startNode, type Node } from '../../src/node/node.js';
import type { NodeSettings } from '../../src/node/node-surroundings.js';
import type { LedgerReader, PeerMessage } from '../../src/node/ports.js';
import { ed25519Verifier, publicKeyOfSeed, signMessage } from '../../src/protocol/crypto/ed25519.js';
import type { Genesis } from '../../src/protocol/ledger/genesis.js';
import { RecordingNetwork } from './recording-network.js';
import { createRecordingObserver } from './recording-observer.js';
import { settlePromises, SimulatedClock } from './simulated-clock.js';
import { SimulatedJournalFiles, systemError } from './simulated-journal-files.js';
import { SimulatedLedgerReader } from './simulated-ledger-reader.js';
import { SimulatedLedgerStore } from './simulated-ledger-store.js';
import { testGenesis, testSeed } from './signed-transactions.js';

/** Of the journals; every record must fit. */
const SEGMENT_BYTES = 1 << 18;

/** Hands every message on at once, to those who are up. */
class Hub {
  readonly networks = new Map<number, HubNetwork>();
  readonly down = new Set<number>();
  /** True for what gets lost. */
  loses: (message: PeerMessage, from: number, to: number) => boolean = () => false;

  deliver(from: number, to: number | 'all', message: PeerMessage): void {
    for (const { index, events } of this.networks.values()) {
      if (index === from || (to !== 'all' && to !== index)) continue;
      if (this.down.has(from) || this.down.has(index) || this.loses(message, from, index)) continue;
      void Promise.resolve().then(() => events?.onMessage(from, message));
    }
  }

  /** The stream between two that are up breaks, or comes up. */
  tell(index: number, connected: boolean): void {
    for (const other of this.networks.values()) {
      const self = this.networks.get(index);
      if (other.index === index || self === undefined) continue;
      if (connected) self.events?.onConnected(other.index);
      if (connected) other.events?.onConnected(index);
      else other.events?.onDisconnected(index);
    }
  }
}

class HubNetwork extends RecordingNetwork {
  constructor(
    private readonly hub: Hub,
    readonly index: number,
  ) {
    super();
    hub.networks.set(index, this);
    this.peers = [0, 1, 2, 3].filter((other) => other !== index);
  }

  override send(to: number | 'all', message: PeerMessage): void {
    this.hub.deliver(this.index, to, message);
  }
}

export interface ClusterMember {
  node: Node;
  network: HubNetwork;
  readonly store: SimulatedLedgerStore;
  files: SimulatedJournalFiles;
  /** What the node could not go on with, over all its lives. */
  readonly fatal: unknown[];
}

export class NodeCluster {
  readonly clock = new SimulatedClock();
  readonly hub = new Hub();
  readonly members: ClusterMember[] = [];

  private constructor(
    readonly genesis: Genesis,
    private readonly changes: Partial<NodeSettings>,
    private readonly segmentBytes: number,
  ) {}

  static async start(
    genesis: Genesis = testGenesis(),
    changes: Partial<NodeSettings> = {},
    segmentBytes = SEGMENT_BYTES,
  ): Promise<NodeCluster> {
    const cluster = new NodeCluster(genesis, changes, segmentBytes);
    for (let index = 0; index < 4; index++) {
      const store = new SimulatedLedgerStore();
      const files = new SimulatedJournalFiles();
      const fatal: unknown[] = [];
      cluster.members.push({ ...(await cluster.run(index, store, files, fatal)), store, files, fatal });
    }
    for (let index = 0; index < 4; index++)
      for (const other of [0, 1, 2, 3])
        if (other !== index) cluster.network(index).events?.onConnected(other);
    await settlePromises();
    return cluster;
  }

  member(index: number): ClusterMember {
    const member = this.members[index];
    if (member === undefined) throw new RangeError(`no node ${index}`);
    return member;
  }

  /** The process ends without a word; its files and its database stay. */
  kill(index: number): void {
    const member = this.member(index);
    this.hub.down.add(index);
    member.node.stop();
    member.files = member.files.killProcess();
    this.hub.tell(index, false);
  }

  /** The next life of a node that was killed. */
  async restart(index: number): Promise<void> {
    const member = this.member(index);
    const { store, files, fatal } = member;
    Object.assign(member, await this.run(index, store, files, fatal));
    this.hub.down.delete(index);
    this.hub.tell(index, true);
    await settlePromises();
  }

  /** While there is no room, the journal of a node gets no new segment when the one that it has is full. */
  setRoom(index: number, isRoom: boolean): void {
    this.member(index).files.beforeOperation = (operation) => {
      if (!isRoom && operation === 'open') throw systemError('ENOSPC');
    };
  }

  heights(): readonly number[] {
    return this.members.map(({ node }) => node.status.read().height);
  }

  /** Everything that no correct cluster shows: peers that were cut off, and nodes that gave up. */
  complaints(): readonly unknown[] {
    return this.members.flatMap(({ network, fatal }) => [...network.cutOff, ...fatal]);
  }

  stop(): void {
    for (const { node } of this.members) node.stop();
  }

  private network(index: number): HubNetwork {
    return this.member(index).network;
  }

  private async run(
    index: number,
    store: SimulatedLedgerStore,
    files: SimulatedJournalFiles,
    fatal: unknown[],
  ): Promise<Pick<ClusterMember, 'node' | 'network'>> {
    const { genesis, clock } = this;
    const { organisation } = genesis.validators[index]!;
    const network = new HubNetwork(this.hub, index);
    const observer = createRecordingObserver();
    const seed = testSeed(organisation);
    const node = await startNode(
      {
        store,
        reader: new SimulatedLedgerReader(store) as unknown as LedgerReader,
        journal: new FileJournal(
          { files, clock, observer },
          { segmentBytes: this.segmentBytes, unsyncedBytesMax: 8 << 20 },
        ),
        signer: {
          publicKey: publicKeyOfSeed(seed),
          sign: (messages) => Promise.resolve(messages.map((message) => signMessage(seed, message))),
        },
        identityKeys: { find: () => Promise.resolve(undefined) },
        network,
        clock,
        observer,
        verifier: ed25519Verifier,
        onQuarantined: ({ reason }) => fatal.push(reason),
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
        mempool: {
          transactionsMax: 1_000,
          bytesMax: 1_000_000,
          organisationTransactionsMax: 1_000,
          organisationBytesMax: 1_000_000,
        },
        ...this.changes,
      },
    );
    return { node, network };
  }
}
