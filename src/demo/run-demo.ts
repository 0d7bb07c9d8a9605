/**
 * `countersign demo`: four organisations as real processes, a supply chain recorded and proven, and, unless it is to end,
 * a few events a second until a signal. Whatever happens, everything that was started is ended before this returns.
 */
import path from 'node:path';
import { mkdirSync } from 'node:fs';
import { SingleBar } from 'cli-progress';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import { sampleAccess } from './access-sample.js';
import { Cluster } from './cluster/cluster.js';
import { registerReceiptKeys } from './cluster/receipt-keys.js';
import { Session } from './cluster/session.js';
import { createDemoSummary, formatAgreement, formatSummary, formatWelcome } from './demo-report.js';
import { DEMO_CONSORTIUM, DEMO_ORGANISATIONS, sampleFile } from './demo-folder.js';
import { endLeftOverNodes } from './left-over-nodes.js';
import { awaitAgreement } from './replay/agreement.js';
import { checkCaptureFile, readCaptureFile, type CaptureFileCheck } from './replay/capture-file.js';
import { replayDocuments, type ReplayNode, type ReplaySummary } from './replay/replay-documents.js';
import { keepTrafficFlowing } from './sample-traffic.js';

export interface DemoOptions {
  readonly directory: string;
  /** EPCIS documents to replay, one a line; the samples unless given. */
  readonly file?: string;
  /** Ends after the replay. */
  readonly exit: boolean;
}

/** Where the demo writes: data once, messages as they come. */
export interface DemoOutput {
  data(value: unknown, human: () => string): void;
  message(text: string): void;
}

/** Identity that submits the documents of its organisation. */
const SUBMITTER = 'app';
const VALID_FOR_BLOCKS_MAX = 10_000;
const DRAIN_LIMIT_MS = 60_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves when everything has ended. False: something was refused, or the nodes disagree. Throws LedgerError. */
export async function runDemo(options: DemoOptions, output: DemoOutput): Promise<boolean> {
  const file = options.file ?? sampleFile;
  const check = await checkCaptureFile(file, DEMO_ORGANISATIONS.length);
  if (check.flawCount > 0) {
    reportFlaws(file, check, output);
    return false;
  }
  if (check.documents === 0) {
    output.message(`${file} holds no document; a line is one EPCIS document`);
    return false;
  }
  const directory = path.resolve(options.directory);
  mkdirSync(directory, { recursive: true });
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  for (const signal of SIGNALS) process.on(signal, onSignal);
  const { session, left } = await Session.open(directory);
  try {
    if (left !== undefined) await endLeftOverNodes(left);
    return await new Demo({ ...options, directory, file }, check, output, session, stop.signal).run();
  } finally {
    session.close();
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

function reportFlaws(file: string, { flaws, flawCount }: CaptureFileCheck, output: DemoOutput): void {
  for (const { lineNumber, message } of flaws) output.message(`line ${lineNumber}: ${message}`);
  if (flawCount > flaws.length) output.message(`… and ${flawCount - flaws.length} more`);
  output.message(`${flawCount} lines of ${file} cannot be replayed; nothing was sent`);
}

class Demo {
  constructor(
    private readonly options: DemoOptions & { readonly file: string },
    private readonly check: CaptureFileCheck,
    private readonly output: DemoOutput,
    private readonly session: Session,
    private readonly signal: AbortSignal,
  ) {}

  async run(): Promise<boolean> {
    const cluster = await this.start();
    return cluster === undefined ? this.interrupted() : this.runWith(cluster);
  }

  /** `undefined` when a signal broke the start off. */
  private async start(): Promise<Cluster | undefined> {
    try {
      return await Cluster.start({
        directory: this.options.directory,
        organisations: DEMO_ORGANISATIONS,
        consortium: DEMO_CONSORTIUM,
        ports: 'usual',
        // Quick enough to find within seconds what "demo tamper" has changed.
        settings: { audit: { scrubRowsPerSecond: 20_000, scrubPauseMs: 1_000 } },
        signal: this.signal,
        onStep: (step) => this.output.message(`${step} …`),
      });
    } catch (error) {
      if (this.signal.aborted) return undefined;
      throw error;
    }
  }

  /** A demo that is to run until a signal has done its work then; one that was to end by itself has not. */
  private interrupted(): boolean {
    this.output.message('stopping …');
    return !this.options.exit;
  }

  private async runWith(cluster: Cluster): Promise<boolean> {
    const end = new AbortController();
    const interrupted = new Promise<undefined>((resolve) => {
      this.signal.addEventListener('abort', () => resolve(undefined), { once: true });
      if (this.signal.aborted) resolve(undefined);
    });
    const broken = cluster.unexpectedEnd.then(({ organisation, what }) => {
      throw new LedgerError('NODE_ENDED', `${organisation}: ${what}`);
    });
    // Told by the race below; without one it must not end the process by itself.
    broken.catch(() => undefined);
    try {
      this.publish(cluster);
      const sound = await Promise.race([this.work(cluster, end.signal), interrupted, broken]);
      return sound ?? this.interrupted();
    } finally {
      end.abort();
      await cluster.stop();
    }
  }

  private async work(cluster: Cluster, signal: AbortSignal): Promise<boolean> {
    const nodes = await Promise.all(
      cluster.nodes.map(async ({ organisation, client }) => {
        return { organisation, client, signer: await cluster.identitySigner(organisation, SUBMITTER) };
      }),
    );
    const { chainId, parameters } = cluster.genesis;
    const validForBlocks = Math.min(parameters.transactionTtlBlocks, VALID_FOR_BLOCKS_MAX);
    await registerReceiptKeys(cluster);
    const replay = await this.replay(cluster, nodes, validForBlocks, signal);
    const agreement = await awaitAgreement(nodes, DRAIN_LIMIT_MS);
    const access = await sampleAccess(cluster);
    const summary = createDemoSummary(replay, agreement, access);
    this.output.data(
      summary,
      () => `${formatSummary(summary, replay.replayed)}\n${formatAgreement(agreement)}`,
    );
    const sound =
      replay.failureCount === 0 &&
      agreement.agree &&
      replay.receiptsVerified === this.check.documents &&
      access.every(({ answer, expected }) => answer === expected);
    if (!sound || this.options.exit) return sound;
    this.output.message(formatWelcome(cluster, this.options.directory, agreement.height));
    await keepTrafficFlowing({
      nodes: () => nodes.filter(({ organisation }) => cluster.node(organisation).serving),
      chainId,
      validForBlocks,
      onTrouble: (trouble) =>
        this.output.message(trouble === undefined ? 'traffic flows again' : `traffic: ${trouble}`),
      signal,
    });
    return true;
  }

  private async replay(
    cluster: Cluster,
    nodes: readonly ReplayNode[],
    validForBlocks: number,
    signal: AbortSignal,
  ): Promise<ReplaySummary> {
    const bar = new SingleBar({
      format: 'replaying {bar} {percentage}% {value}/{total} documents',
      stream: process.stderr,
      hideCursor: true,
      noTTYOutput: false,
    });
    bar.start(this.check.documents, 0);
    const summary = await replayDocuments(readCaptureFile(this.options.file, nodes.length), {
      nodes,
      genesis: cluster.genesisBytes,
      chainId: cluster.genesis.chainId,
      validForBlocks,
      signal,
      onProgress: (done) => bar.update(done),
    }).finally(() => bar.stop());
    for (const { lineNumber, code, message } of summary.failures) {
      this.output.message(`line ${lineNumber}: ${message} [${code}]`);
    }
    if (summary.failureCount > 0) this.output.message(`${summary.failureCount} documents were not recorded`);
    return summary;
  }

  /** Lets other shells see and ask: `demo kill` ends a node as a crash would, `demo start` brings it back. */
  private publish(cluster: Cluster): void {
    const update = (): void =>
      this.session.update(
        cluster.nodes.map(({ organisation, restUrl, place, process: node }) => ({
          organisation,
          restUrl,
          configFile: place.configFile,
          ...(node?.isRunning === true ? { pid: node.pid } : {}),
        })),
      );
    update();
    this.session.serve({
      killNode: async (organisation) => {
        await cluster.killNode(organisation);
        update();
        this.output.message(`${organisation} was killed; the others go on`);
      },
      startNode: async (organisation) => {
        await cluster.startNode(organisation);
        update();
        this.output.message(`${organisation} runs again`);
      },
    });
  }
}
