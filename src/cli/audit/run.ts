/**
 * `audit run`: verifies everything in a node's database, beside the running node or without one. Exit status 3 with findings, 4
 * when the database does not answer.
 */
import { Command } from 'commander';
import { auditLedger, stateInOneSnapshot, type AuditReport } from '../../audit/audit-ledger.js';
import type { AuditPosition } from '../../audit/audit-position.js';
import { describeFinding } from '../../audit/finding.js';
import { loadConfiguration } from '../../config/load-configuration.js';
import { processEnvironment } from '../../config/process-environment.js';
import { parseGenesis, type Genesis } from '../../protocol/ledger/genesis.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { assertMigrated } from '../../storage/migrate-database.js';
import { PostgresAuditRows, type DatabaseAccess } from '../../storage/postgres-audit-rows.js';
import { EXIT_CODE, UsageError } from '../exit-code.js';
import { readInput } from '../input-file.js';
import { parseCount } from '../parse-options.js';
import { terminalOf, type Terminal } from '../terminal.js';
import { AuditProgressBar } from './progress-bar.js';
import { PositionFile } from './position-file.js';

interface RunOptions {
  readonly config?: string;
  readonly database?: string;
  readonly genesis?: string;
  readonly from?: number;
  readonly resume?: string;
}

const SECOND_MS = 1_000;

export function auditRunCommand(): Command {
  return new Command('run')
    .description(
      'verify signatures, hashes, histories and the state of a database against the genesis file; only reads',
    )
    .option('--config <file>', 'configuration file of the node (default: COUNTERSIGN_CONFIG)')
    .option('--database <url>', 'a database of another place, with --genesis')
    .option('--genesis <file>', "the consortium's genesis file, from somebody you trust")
    .option(
      '--from <height>',
      'take the blocks below as they are stored, and audit those from here on',
      parseCount,
    )
    .option('--resume <file>', 'go on from the position in the file if there is one, and keep it there')
    .addHelpText(
      'after',
      `
Findings name the table, the row, the heights, what was expected and what was found. Exit status: 0 nothing was found,
3 something was, 4 the database does not answer.

Examples:
  countersign audit run --config acme/countersign.yaml
  countersign audit run --database postgres://reader@127.0.0.1/countersign --genesis genesis.json --resume audit.json`,
    )
    .action(async (options: RunOptions, command: Command) => {
      const terminal = terminalOf(command);
      const { access, genesis } = await findLedger(options);
      const report = await audit(options, access, genesis, terminal);
      terminal.data(report, () => describeReport(report));
      if (!report.complete) {
        const how =
          options.resume === undefined
            ? 'with --resume FILE it could go on'
            : `go on with --resume ${options.resume}`;
        terminal.message(`stopped before the end: ${how}`);
        process.exitCode = EXIT_CODE.failed;
      }
      if (report.findingCount > 0) process.exitCode = EXIT_CODE.verificationFailed;
    });
}

async function findLedger(
  options: RunOptions,
): Promise<{ readonly access: DatabaseAccess; readonly genesis: Genesis }> {
  if (options.database === undefined) {
    const { database, genesisFile } = loadConfiguration(processEnvironment(), options.config).configuration;
    const access = { ...database, url: database.readerUrl ?? database.url };
    return { access, genesis: await readGenesis(options.genesis ?? genesisFile) };
  }
  if (options.genesis === undefined) throw new UsageError('--database needs --genesis FILE beside it');
  if (options.config !== undefined) throw new UsageError('give --config or --database, not both');
  return { access: { url: options.database }, genesis: await readGenesis(options.genesis) };
}

async function readGenesis(file: string): Promise<Genesis> {
  const parsed = parseGenesis(await readInput(file));
  if (parsed.ok) return parsed.value;
  const { message, field } = parsed.rejection;
  throw new LedgerError(
    'GENESIS_UNREADABLE',
    `the genesis file ${file} is not usable: ${field ?? ''} ${message}`,
  );
}

async function audit(
  { from = 0, resume }: RunOptions,
  access: DatabaseAccess,
  genesis: Genesis,
  terminal: Terminal,
): Promise<AuditReport> {
  const file = resume === undefined ? undefined : new PositionFile(resume, genesis.chainId);
  const position = file?.read();
  if (position !== undefined && from !== 0 && from !== position.fromHeight)
    throw new UsageError(
      `the position in ${resume ?? ''} is of an audit from height ${position.fromHeight}; leave --from away`,
    );
  await assertMigrated(access.url);
  const rows = new PostgresAuditRows(access);
  const bar = new AuditProgressBar(terminal, position?.counts);
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  let last: AuditPosition | undefined;
  let savedMs = 0;
  try {
    const report = await auditLedger({
      rows,
      genesis,
      fromHeight: from,
      resume: position,
      state: stateInOneSnapshot((work) => rows.withStateSnapshot(work)),
      pace: () => !stopping.signal.aborted,
      onProgress: (progress) => bar.show(progress),
      onPosition: (reached) => {
        last = reached;
        if (Date.now() - savedMs < SECOND_MS) return;
        file?.write(reached);
        savedMs = Date.now();
      },
    });
    if (report.complete) file?.remove();
    return report;
  } finally {
    bar.stop();
    if (stopping.signal.aborted && last !== undefined) file?.write(last);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
    await rows.close();
  }
}

function describeReport({
  complete,
  fromHeight,
  head,
  certifiedHeight,
  counts,
  findingCount,
  findings,
}: AuditReport): string {
  const { blocks, transactions, records, stateEntries, signatures } = counts;
  const range = fromHeight > 1 ? `heights ${fromHeight} to ${head}` : `genesis to height ${head}`;
  const lines = [
    `${complete ? 'audited' : 'audited in part'}: ${range}`,
    `${blocks} blocks, ${transactions} transactions, ${records} records in histories, ${stateEntries} entries of the state, ${signatures} signatures`,
    certifiedHeight >= head
      ? 'every result is countersigned'
      : `results above height ${certifiedHeight} are not countersigned in this database: for them nothing else speaks`,
    ...(fromHeight > 1 ? [`what lies below height ${fromHeight} was taken as it is stored`] : []),
    ...findings.kept.map((finding) => `FOUND  ${describeFinding(finding)}`),
  ];
  if (findingCount > findings.kept.length)
    lines.push(`… and ${findingCount - findings.kept.length} more findings`);
  lines.push(findingCount === 0 ? 'nothing was found' : `${findingCount} findings`);
  return lines.join('\n');
}
