/**
 * Organisations on one machine, each a real process with a PostgreSQL cluster, a data folder, keys and ports of its own.
 * What is found in the directory is continued; everything that was started is ended by `stop`, by process id.
 */
import { mkdirSync } from 'node:fs';
import { LEDGER_KEY_NAME, RECEIPT_KEY_NAME } from '../../keys/file-keystore.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type { Genesis } from '../../protocol/ledger/genesis.js';
import type { Es256KeyHolder, TransactionSigner } from '../../sdk/index.js';
import { migrateDatabase } from '../../storage/migrate-database.js';
import { binariesFolderIn, DEMO_PORTS, organisationFolder } from '../demo-folder.js';
import { databaseUrlsAt, type DatabaseUrls } from '../postgres/create-database.js';
import { startPostgres, type RunningPostgres } from '../postgres/embedded-postgres.js';
import { ClusterNode, type NodePorts } from './cluster-node.js';
import { prepareConsortium, type Consortium } from './consortium.js';
import { PortAllocator } from './free-port.js';
import { writeNodeConfiguration, type NodeSettings } from './node-configuration.js';

export interface ClusterOptions {
  /** Absolute path. */
  readonly directory: string;
  /** Names in ascending order. */
  readonly organisations: readonly string[];
  readonly consortium: string;
  /** `usual` prefers the demo's ports, `free` takes what the system gives. */
  readonly ports: 'usual' | 'free';
  /** Off where the data may be lost with the machine, as in tests. */
  readonly fsync?: boolean;
  /** Compiled program of the nodes; the one beside this file's unless given. */
  readonly mainFile?: string;
  /** Shared by the database servers, for a copy of their binaries where they cannot be used in place. */
  readonly cacheDirectory?: string;
  readonly settings?: NodeSettings;
  /** What an organisation has in place of the common choice. */
  readonly own?: (organisation: string) => Partial<Pick<ClusterOptions, 'mainFile' | 'settings'>>;
  readonly detours?: Detours;
  readonly onStep?: (step: string) => void;
  /** Breaks off a start that is under way. */
  readonly signal?: AbortSignal;
}

/** Ports that a node's settings name in place of the true ones, where something stands between a node and what it connects to. */
export interface Detours {
  readonly peerPort: (from: string, to: string, port: number) => Promise<number>;
  readonly databasePort: (organisation: string, port: number) => Promise<number>;
}

/** Something that the cluster needs has ended though nobody asked it to. */
export interface UnexpectedEnd {
  readonly organisation: string;
  readonly what: string;
}

async function choosePorts(
  options: ClusterOptions,
): Promise<readonly (NodePorts & { readonly postgres: number })[]> {
  const allocator = new PortAllocator();
  const usual = (base: number, index: number): number => (options.ports === 'usual' ? base + index : 0);
  const chosen = [];
  for (const index of options.organisations.keys()) {
    chosen.push({
      rest: await allocator.take(usual(DEMO_PORTS.rest, index)),
      peer: await allocator.take(usual(DEMO_PORTS.peer, index)),
      metrics: await allocator.take(usual(DEMO_PORTS.metrics, index)),
      postgres: await allocator.take(usual(DEMO_PORTS.postgres, index)),
    });
  }
  return chosen;
}

/** Waits for all, so that nothing is still starting when the first failure is thrown. */
async function allSettled<Value>(promises: readonly Promise<Value>[]): Promise<readonly Value[]> {
  const results = await Promise.allSettled(promises);
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

export class Cluster {
  readonly nodes: ClusterNode[] = [];
  private readonly servers: RunningPostgres[] = [];
  private stopping = false;
  private announceEnd: (end: UnexpectedEnd) => void = () => undefined;
  /** Settles when a part ends by itself; never while everything runs or after `stop` was called. */
  readonly unexpectedEnd = new Promise<UnexpectedEnd>((resolve) => {
    this.announceEnd = resolve;
  });

  private constructor(
    private readonly options: ClusterOptions,
    private readonly consortium: Consortium,
  ) {}

  /** Throws LedgerError; nothing is left running then. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    mkdirSync(options.directory, { recursive: true });
    const consortium = await prepareConsortium(options.directory, options.consortium, options.organisations);
    const cluster = new Cluster(options, consortium);
    const breakOff = (): void => void cluster.stop();
    options.signal?.addEventListener('abort', breakOff);
    try {
      await cluster.startServers();
      await cluster.startNodes();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', breakOff);
    }
  }

  get genesis(): Genesis {
    return this.consortium.genesis;
  }

  get genesisBytes(): Uint8Array {
    return this.consortium.genesisBytes;
  }

  get genesisFile(): string {
    return this.consortium.genesisFile;
  }

  /** Rejects LedgerError KEY_NOT_FOUND. */
  identitySigner(organisation: string, identity: string): Promise<TransactionSigner> {
    return this.consortium.identitySigner(organisation, identity);
  }

  /** Holds the ledger key of the organisation. */
  ledgerSigner(organisation: string): Promise<TransactionSigner> {
    return this.consortium.keystore(organisation).loadSigner(LEDGER_KEY_NAME);
  }

  /** Holds the organisation's usual key for COSE receipts, which is made when it is missing. */
  async receiptKeyHolder(organisation: string): Promise<Es256KeyHolder> {
    const keystore = this.consortium.keystore(organisation);
    if (!(await keystore.list()).includes(RECEIPT_KEY_NAME)) await keystore.createEs256Key(RECEIPT_KEY_NAME);
    return keystore.loadEs256Signer(RECEIPT_KEY_NAME);
  }

  node(organisation: string): ClusterNode {
    const found = this.nodes.find((node) => node.organisation === organisation);
    if (found !== undefined) return found;
    const names = this.options.organisations.join(', ');
    throw new LedgerError(
      'ORGANISATION_UNKNOWN',
      `there is no organisation ${organisation}; the demo has ${names}`,
    );
  }

  private async startServers(): Promise<void> {
    const { options, consortium } = this;
    options.onStep?.('starting a PostgreSQL cluster for each organisation');
    const ports = await choosePorts(options);
    const addresses = new Map(ports.map(({ peer }, index) => [options.organisations[index] ?? '', peer]));
    const start = async (organisation: string, index: number): Promise<ClusterNode> => {
      const place = organisationFolder(options.directory, organisation);
      const chosen = ports[index];
      if (chosen === undefined) throw new RangeError('each organisation has ports');
      const { postgresFolder: directory } = place;
      const cacheDirectory = options.cacheDirectory ?? binariesFolderIn(options.directory);
      const server = await startPostgres({
        directory,
        port: chosen.postgres,
        fsync: options.fsync ?? true,
        cacheDirectory,
      });
      this.servers.push(server);
      if (this.stopping) throw new LedgerError('DEMO_STOPPED', 'the start was broken off');
      await migrateDatabase(server.ownerUrl);
      writeNodeConfiguration({
        place,
        genesisFile: consortium.genesisFile,
        ports: chosen,
        ...(await this.takeDetours(organisation, addresses, server)),
        settings: options.own?.(organisation).settings ?? options.settings,
      });
      return new ClusterNode(place, chosen, server, await consortium.identitySigner(organisation, 'auditor'));
    };
    this.nodes.push(...(await allSettled(options.organisations.map(start))));
    for (const node of this.nodes) this.watchServer(node);
  }

  /** Where the node finds the others and its database. */
  private async takeDetours(
    organisation: string,
    truePorts: ReadonlyMap<string, number>,
    server: RunningPostgres,
  ): Promise<{ readonly peerPorts: ReadonlyMap<string, number>; readonly database: DatabaseUrls }> {
    const { detours } = this.options;
    if (detours === undefined) return { peerPorts: truePorts, database: server };
    const peerPorts = new Map<string, number>();
    for (const [other, port] of truePorts)
      peerPorts.set(other, await detours.peerPort(organisation, other, port));
    const databasePort = await detours.databasePort(organisation, server.port);
    return { peerPorts, database: databaseUrlsAt(server, databasePort) };
  }

  private async startNodes(): Promise<void> {
    this.options.onStep?.('starting the nodes');
    await allSettled(this.nodes.map((node) => this.launch(node)));
    await allSettled(this.nodes.map((node) => node.awaitReady()));
  }

  private async launch(node: ClusterNode): Promise<void> {
    if (this.stopping) throw new LedgerError('DEMO_STOPPED', 'the start was broken off');
    const { own, mainFile } = this.options;
    const started = await node.start(own?.(node.organisation).mainFile ?? mainFile);
    void started.exited.then(({ code, signal }) => {
      if (this.stopping || node.stopped || node.process !== started) return;
      const how = signal === null ? `with status ${code ?? 0}` : `by ${signal}`;
      this.announceEnd({
        organisation: node.organisation,
        what: `the node ended ${how}; see ${node.place.logFile}`,
      });
    });
  }

  private watchServer(node: ClusterNode): void {
    const { postgres } = node;
    void postgres.exited.then(() => {
      if (this.stopping || node.postgres !== postgres || node.serverStopped) return;
      this.announceEnd({ organisation: node.organisation, what: 'its PostgreSQL ended' });
    });
  }

  /** Ends a node as a crash would; it stays down until `startNode`. */
  async killNode(organisation: string): Promise<void> {
    await this.node(organisation).kill();
  }

  /** Drains a node; it stays down until `startNode`. */
  async stopNode(organisation: string): Promise<number | null> {
    const node = this.node(organisation);
    node.stopped = true;
    return (await node.process?.stop())?.code ?? null;
  }

  /** Freezes a node: its connections stay open and nothing answers, until `resumeNode`. Not on Windows. */
  pauseNode(organisation: string): void {
    this.node(organisation).pause();
  }

  resumeNode(organisation: string): void {
    this.node(organisation).resume();
  }

  /** Throws LedgerError NODE_NOT_STARTED. */
  async startNode(organisation: string): Promise<void> {
    const node = this.node(organisation);
    if (node.process?.isRunning === true) return;
    await this.launch(node);
    await node.awaitReady();
  }

  /** Nodes first, then their databases; safe to call again. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const node of this.nodes) node.resume();
    await allSettled(this.nodes.map(async (node) => node.process?.stop()));
    const servers = new Set([...this.servers, ...this.nodes.map((node) => node.postgres)]);
    await allSettled([...servers].map((server) => server.stop()));
  }
}
