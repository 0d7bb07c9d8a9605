/**
 * Four whole nodes in one process, and others that join them, with virtual time: real journals over files in memory, the database's twin, and a hub in place
 * of the network. What can be made to fail is the database, the disk, and the way between the nodes.
 */
import { FileJournal } from '../../src/journal/file-journal.js';
import { startNode, type Node } from '../../src/node/node.js';
import type { Divergence, NodeSettings, Quarantine } from '../../src/node/node-surroundings.js';
import type { LedgerReader, PeerMessage } from '../../src/node/ports.js';
import { ed25519Verifier, publicKeyOfSeed, signMessage } from '../../src/protocol/crypto/ed25519.js';
import type { Genesis } from '../../src/protocol/ledger/genesis.js';
import type { OrganisationName, PeerIndex, PublicKey } from '../../src/protocol/primitives/identifiers.js';
import { RecordingNetwork } from './recording-network.js';
import { createRecordingObserver, type RecordingObserver } from './recording-observer.js';
import { SimulatedAuditRows } from './simulated-audit-rows.js';
import { settlePromises, SimulatedClock } from './simulated-clock.js';
import { SimulatedJournalFiles, systemError } from './simulated-journal-files.js';
import { SimulatedLedgerReader } from './simulated-ledger-reader.js';
import { SimulatedLedgerStore } from './simulated-ledger-store.js';
import { testGenesis, testSeed } from './signed-transactions.js';
import { testReceiptKeys } from './test-receipt-keys.js';

/** Of the journals; every record must fit. */
const SEGMENT_BYTES = 1 << 18;

/** Hands every message on at once, to those who are up and whom both sides let in, as mutual TLS does. */
class Hub {
  readonly networks: HubNetwork[] = [];
  /** What is sent to them and by them gets lost, and the streams stay. */
  readonly down = new Set<number>();
  /** Those whose process runs: the others have no streams. */
  readonly up = new Set<number>();
  /** True for what gets lost; nodes by their place in the cluster. */
  loses: (message: PeerMessage, from: number, to: number) => boolean = () => false;

  deliver(from: HubNetwork, to: number | 'all', message: PeerMessage): void {
    for (const [peer, other] of [...from.links]) {
      const back = other.peerOf(from);
      if (back === undefined || (to !== 'all' && to !== peer)) continue;
      if (this.down.has(from.index) || this.down.has(other.index)) continue;
      if (this.loses(message, from.index, other.index)) continue;
      void Promise.resolve().then(() => other.events?.onMessage(back, message));
    }
  }

  /** The streams that there should be come up, and the others break. */
  connect(): void {
    for (const one of this.networks) {
      for (const [peer, other] of [...one.links]) {
        if (this.isOpen(one, other)) continue;
        one.links.delete(peer);
        if (this.up.has(one.index)) one.events?.onDisconnected(peer);
      }
    }
    for (const one of this.networks) {
      for (const other of this.networks) {
        const peer = one.letsIn(other);
        if (peer === undefined || one.links.has(peer) || !this.isOpen(one, other)) continue;
        one.links.set(peer, other);
        one.events?.onConnected(peer);
      }
    }
  }

  private isOpen(one: HubNetwork, other: HubNetwork): boolean {
    if (one === other || one.events === undefined || other.events === undefined) return false;
    if (this.networks[one.index] !== one || this.networks[other.index] !== other) return false;
    if (!this.up.has(one.index) || !this.up.has(other.index)) return false;
    return one.letsIn(other) !== undefined && other.letsIn(one) !== undefined;
  }
}

class HubNetwork extends RecordingNetwork {
  /** Whom there is a stream with, by the peer's index at this node. */
  readonly links = new Map<PeerIndex, HubNetwork>();

  constructor(
    private readonly hub: Hub,
    /** Place in the cluster. */
    readonly index: number,
    private readonly organisation: OrganisationName,
    private readonly ledgerKey: PublicKey,
  ) {
    super();
    hub.networks[index] = this;
  }

  /** The index of the other at this node, when its certificate is one that this node trusts. */
  letsIn(other: HubNetwork): PeerIndex | undefined {
    const member = this.members?.members.find(({ organisation }) => organisation === other.organisation);
    const isTrusted = member?.refused === undefined && member?.ledgerKeys.includes(other.ledgerKey) === true;
    return isTrusted ? member.peer : undefined;
  }

  peerOf(other: HubNetwork): PeerIndex | undefined {
    for (const [peer, network] of this.links) if (network === other) return peer;
    return undefined;
  }

  override setMembers(...told: Parameters<RecordingNetwork['setMembers']>): void {
    super.setMembers(...told);
    void Promise.resolve().then(() => {
      this.hub.connect();
    });
  }

  override connected(): readonly PeerIndex[] {
    return [...this.links.keys()].sort((one, two) => one - two);
  }

  override send(to: number | 'all', message: PeerMessage): void {
    this.hub.deliver(this, to, message);
  }
}

export interface ClusterMember {
  node: Node;
  network: HubNetwork;
  observer: RecordingObserver;
  readonly organisation: OrganisationName;
  /** Name of the test seed that its ledger key is of. */
  key: string;
  readonly store: SimulatedLedgerStore;
  files: SimulatedJournalFiles;
  /** What the node could not go on with, over all its lives. */
  readonly fatal: unknown[];
}

export class NodeCluster {
  readonly clock = new SimulatedClock();
  readonly hub = new Hub();
  readonly members: ClusterMember[] = [];
  /** What nodes have written down for their next lives. */
  readonly quarantines = new Map<number, Quarantine>();

  readonly divergences: Divergence[] = [];

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
    for (const { organisation } of genesis.validators) await cluster.add(organisation);
    await cluster.connect(...cluster.members.keys());
    return cluster;
  }

  /** The node of an organisation starts for the first time, whether the ledger knows it or not; gives its place in the cluster. */
  async join(organisation: OrganisationName): Promise<number> {
    const index = await this.add(organisation);
    await this.connect(index);
    return index;
  }

  private async connect(...indices: readonly number[]): Promise<void> {
    for (const index of indices) this.hub.up.add(index);
    this.hub.connect();
    await settlePromises();
  }

  private async add(organisation: OrganisationName): Promise<number> {
    const store = new SimulatedLedgerStore();
    const files = new SimulatedJournalFiles();
    const fatal: unknown[] = [];
    const index = this.members.length;
    const key = organisation;
    this.members.push({
      organisation,
      key,
      store,
      files,
      fatal,
      ...(await this.run(index, { organisation, key, store, files, fatal })),
    });
    return index;
  }

  member(index: number): ClusterMember {
    const member = this.members[index];
    if (member === undefined) throw new RangeError(`no node ${index}`);
    return member;
  }

  /** The process ends without a word; its files and its database stay. */
  kill(index: number): void {
    const member = this.member(index);
    this.hub.up.delete(index);
    member.node.stop();
    member.files = member.files.killProcess();
    this.hub.connect();
  }

  /** The next life of a node that was killed. */
  async restart(index: number): Promise<void> {
    const member = this.member(index);
    Object.assign(member, await this.run(index, member));
    await this.connect(index);
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

  private async run(
    index: number,
    { organisation, key, store, files, fatal }: Omit<ClusterMember, 'node' | 'network' | 'observer'>,
  ): Promise<Pick<ClusterMember, 'node' | 'network' | 'observer'>> {
    const { genesis, clock } = this;
    const observer = createRecordingObserver();
    const seed = testSeed(key);
    const network = new HubNetwork(this.hub, index, organisation, publicKeyOfSeed(seed));
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
        receiptKeys: testReceiptKeys(organisation),
        network,
        clock,
        observer,
        verifier: ed25519Verifier,
        auditRows: new SimulatedAuditRows(store),
        onDivergence: (divergence) => {
          this.divergences.push(divergence);
          return `DIVERGENCE-${divergence.height}.json`;
        },
        onQuarantined: (quarantine) => {
          this.quarantines.set(index, quarantine);
          fatal.push(quarantine.reason);
        },
        onFatal: (error) => fatal.push(error),
      },
      {
        genesis,
        organisation,
        quarantine: this.quarantines.get(index),
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
    return { node, network, observer };
  }
}
