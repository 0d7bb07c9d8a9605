/** One organisation of a cluster: its database server, its node, and the clients that talk to it. */
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { CountersignClient, credentialHeaders, type TransactionSigner } from '../../sdk/index.js';
import type { OrganisationFolder } from '../demo-folder.js';
import { startPostgres, type RunningPostgres } from '../postgres/embedded-postgres.js';
import { logTail, NodeProcess } from './node-process.js';

export interface NodePorts {
  readonly rest: number;
  readonly peer: number;
  readonly metrics: number;
}

const READY_LIMIT_MS = 60_000;
const READY_POLL_MS = 50;
const ASK_LIMIT_MS = 2_000;

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, READY_POLL_MS);
  });
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ASK_LIMIT_MS) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    // Not listening yet.
    return false;
  }
}

export class ClusterNode {
  readonly restUrl: string;
  readonly metricsUrl: string;
  readonly client: CountersignClient;
  process: NodeProcess | undefined;
  /** True while the node is down because somebody asked for it. */
  stopped = false;
  /** True from the moment at which it was ready until its process ends. */
  serving = false;
  private paused = false;
  /** True while its database server is down because somebody asked for it. */
  serverStopped = false;

  constructor(
    readonly place: OrganisationFolder,
    readonly ports: NodePorts,
    public postgres: RunningPostgres,
    /** Who asks: may read everything. */
    readonly auditor: TransactionSigner,
  ) {
    this.restUrl = `http://127.0.0.1:${ports.rest}`;
    this.metricsUrl = `http://127.0.0.1:${ports.metrics}/metrics`;
    this.client = new CountersignClient(this.restUrl, { credentials: { signer: auditor } });
  }

  get organisation(): string {
    return this.place.organisation;
  }

  /** What the node answers the auditor at a path of its REST interface. */
  async ask(path: string, signal?: AbortSignal): Promise<Response> {
    const url = this.restUrl + path;
    const headers = await credentialHeaders({ signer: this.auditor }, { method: 'GET', url });
    return fetch(url, { headers, ...(signal === undefined ? {} : { signal }) });
  }

  /** Starts the process; `awaitReady` tells when it serves. Throws LedgerError NODE_NOT_STARTED. */
  async start(mainFile: string | undefined): Promise<NodeProcess> {
    const { organisation, configFile, logFile } = this.place;
    const started = await NodeProcess.start({
      organisation,
      configFile,
      logFile,
      ...(mainFile === undefined ? {} : { mainFile }),
    });
    this.process = started;
    this.stopped = false;
    this.paused = false;
    void started.exited.then(() => (this.serving = false));
    return started;
  }

  /** Throws LedgerError NODE_NOT_STARTED with the last lines of the log. */
  async awaitReady(): Promise<void> {
    const deadline = Date.now() + READY_LIMIT_MS;
    while (!(await answersOk(`${this.restUrl}/health/ready`))) {
      const why = this.process?.isRunning === true ? undefined : 'ended while it started';
      const failure =
        why ?? (Date.now() > deadline ? `is not ready after ${READY_LIMIT_MS / 1_000} s` : undefined);
      if (failure !== undefined) {
        const { logFile } = this.place;
        const message = `the node of ${this.organisation} ${failure}; the end of ${logFile}:\n${logTail(logFile)}`;
        throw new LedgerError('NODE_NOT_STARTED', message);
      }
      await pause();
    }
    this.serving = true;
  }

  /** Ends the process as a crash would. */
  async kill(): Promise<void> {
    this.stopped = true;
    await this.process?.kill();
  }

  /** Freezes the process; it holds its connections and answers nothing. */
  pause(): void {
    this.paused = true;
    this.process?.signal('SIGSTOP');
  }

  resume(): void {
    if (this.paused) this.process?.signal('SIGCONT');
    this.paused = false;
  }

  async stopPostgres(): Promise<void> {
    this.serverStopped = true;
    await this.postgres.stop();
  }

  /** Ends the database server as a crash would; it stays down until `startPostgres`. */
  async killPostgres(): Promise<void> {
    const { pid, exited } = this.postgres;
    this.serverStopped = true;
    if (pid === undefined) return;
    process.kill(pid, 'SIGKILL');
    await exited;
  }

  /** On the port it had, which is what the node's settings name. */
  async startPostgres(fsync: boolean): Promise<void> {
    const { postgresFolder } = this.place;
    this.postgres = await startPostgres({ directory: postgresFolder, port: this.postgres.port, fsync });
    this.serverStopped = false;
  }
}
