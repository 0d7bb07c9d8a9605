/**
 * `witness`: follows the checkpoints of nodes without any credentials, and cries out when two of them are not of one log. Exit
 * status 3 with evidence beside its state then; 4 with --once when no node answers.
 */
import { Command } from 'commander';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { CountersignClient, parseGenesis, Witness, type Genesis, type NodeReport } from '../../sdk/index.js';
import { EXIT_CODE, UsageError, VerificationError } from '../exit-code.js';
import { readInput } from '../input-file.js';
import { parseDuration } from '../parse-options.js';
import { terminalOf, type Terminal } from '../terminal.js';
import { loadWitnessState, saveForkEvidence, saveWitnessState } from './witness-files.js';

interface WitnessOptions {
  readonly node: readonly string[];
  readonly genesis: string;
  readonly state: string;
  readonly interval: number;
  readonly once?: boolean;
}

const INTERVAL_MS_MIN = 100;

function addNode(url: string, others: readonly string[]): readonly string[] {
  if (!URL.canParse(url)) throw new UsageError(`--node ${url} is not a URL such as http://127.0.0.1:8080`);
  return others.includes(url) ? others : [...others, url];
}

async function readGenesis(file: string): Promise<Genesis> {
  const genesis = parseGenesis(await readInput(file));
  if (genesis.ok) return genesis.value;
  const { code, message } = genesis.rejection;
  throw new VerificationError(code, `${file} is no genesis file: ${message}`);
}

function describe({ url, verdict, message }: NodeReport): string {
  return `${verdict.padEnd(12)} ${url}: ${message}`;
}

/** Says what has changed at each node, so that a quiet ledger is quiet here; everything with `--json`. */
class RoundPrinter {
  private readonly said = new Map<string, string>();

  constructor(private readonly terminal: Terminal) {}

  print(reports: readonly NodeReport[]): void {
    if (this.terminal.options.json) {
      this.terminal.data({ nodes: reports }, () => '');
      return;
    }
    for (const report of reports) {
      const text = describe(report);
      if (this.said.get(report.url) === text) continue;
      this.said.set(report.url, text);
      this.terminal.data(report, () => text);
    }
  }
}

/** Ends with whatever was wrong in the one round that was asked for. */
function judgeOnce(reports: readonly NodeReport[]): void {
  const refused = reports.find(({ verdict }) => verdict === 'refused');
  if (refused !== undefined) throw new VerificationError('CHECKPOINT_REFUSED', describe(refused));
  if (reports.some(({ verdict }) => verdict === 'advanced' || verdict === 'consistent')) return;
  if (reports.every(({ verdict }) => verdict === 'unreachable')) {
    throw new LedgerError('NODE_UNREACHABLE', `no node answers: ${reports.map(describe).join('; ')}`);
  }
  throw new LedgerError(
    'CHECKPOINT_UNDECIDED',
    `nothing could be compared: ${reports.map(describe).join('; ')}`,
  );
}

/** Resolves after the time, or when the program is asked to stop. */
async function pauseUnlessStopped(delayMs: number, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    stop.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

async function follow(options: WitnessOptions, terminal: Terminal): Promise<void> {
  const genesis = await readGenesis(options.genesis);
  const nodes = options.node.map((url) => ({ url, log: new CountersignClient(url, { retries: 1 }).log }));
  const witness = new Witness(genesis, loadWitnessState(options.state, genesis), nodes);
  const printer = new RoundPrinter(terminal);
  const stopping = new AbortController();
  const stop = (): void => {
    stopping.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  let saved = witness.state;
  while (!stopping.signal.aborted) {
    const reports = await witness.round();
    if (witness.state !== saved) saveWitnessState(options.state, witness.state, genesis);
    saved = witness.state;
    printer.print(reports);
    const fork = reports.find(({ verdict }) => verdict === 'fork');
    if (fork?.fork !== undefined) {
      const file = saveForkEvidence(options.state, fork.fork);
      throw new VerificationError(
        'LOG_FORKED',
        `${fork.message}. Both are kept in ${file}: tell every member.`,
      );
    }
    if (options.once === true) {
      judgeOnce(reports);
      return;
    }
    await pauseUnlessStopped(options.interval, stopping.signal);
  }
}

export function witnessCommand(): Command {
  return new Command('witness')
    .description('follow the checkpoints of nodes, and cry out when two of them are not of one log')
    .option('--node <url>', 'address of a node; may be given again', addNode, [])
    .requiredOption('--genesis <file>', "the consortium's genesis file, from somebody you trust")
    .requiredOption('--state <file>', 'what the witness remembers; made when it is not there')
    .option('--interval <duration>', 'time between two rounds', parseDuration, 10_000)
    .option('--once', 'ask every node once')
    .addHelpText(
      'after',
      `
It needs no credentials. Exit status ${EXIT_CODE.verificationFailed}: a fork, with evidence beside the state, or a checkpoint that is not signed by those who must;
with --once ${EXIT_CODE.notReachable}: no node answers, ${EXIT_CODE.failed}: nothing could be compared.

Example:
  countersign witness --node http://127.0.0.1:8081 --node http://127.0.0.1:8082 --genesis genesis.json --state witness.json`,
    )
    .action(async (options: WitnessOptions, command: Command) => {
      if (options.node.length === 0) throw new UsageError('name a node: --node URL, once for each');
      if (options.interval < INTERVAL_MS_MIN)
        throw new UsageError(`--interval must be ${INTERVAL_MS_MIN}ms or more`);
      await follow(options, terminalOf(command));
    });
}
