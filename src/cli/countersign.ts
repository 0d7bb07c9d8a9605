#!/usr/bin/env node
/**
 * The program `countersign`: one command for each verb of docs/OPERATIONS.md. Data goes to stdout, messages to stderr;
 * exit status 0 ok, 1 failed, 2 usage, 3 verification failed, 4 not reachable.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { errorToExitCode } from './exit-code.js';
import { Terminal } from './terminal.js';

function programVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
}

/** In the order of the help. Only the one that is called is loaded, unless it takes all of them to say what there is. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import('./setup/init.js')).initCommand(),
  genesis: async () => (await import('./setup/genesis.js')).genesisCommand(),
  key: async () => (await import('./setup/key.js')).keyCommand(),
  cert: async () => (await import('./setup/cert.js')).certCommand(),
  observer: async () => (await import('./setup/observer.js')).observerCommand(),
  demo: async () => (await import('./setup/demo.js')).demoCommand(),
  start: async () => (await import('./operation/start.js')).startCommand(),
  status: async () => (await import('./operation/status.js')).statusCommand(),
  config: async () => (await import('./operation/config.js')).configCommand(),
  db: async () => (await import('./operation/db.js')).dbCommand(),
  signer: async () => (await import('./operation/signer.js')).signerCommand(),
  whoami: async () => (await import('./operation/whoami.js')).whoamiCommand(),
  token: async () => (await import('./operation/token.js')).tokenCommand(),
  request: async () => (await import('./operation/request.js')).requestCommand(),
  capture: async () => (await import('./ledger/capture.js')).captureCommand(),
  tx: async () => (await import('./ledger/tx.js')).txCommand(),
  receipt: async () => (await import('./proofs/receipt.js')).receiptCommand(),
  verify: async () => (await import('./proofs/verify.js')).verifyCommand(),
  block: async () => (await import('./ledger/block.js')).blockCommand(),
  history: async () => (await import('./proofs/history.js')).historyCommand(),
  state: async () => (await import('./proofs/state.js')).stateCommand(),
  evidence: async () => (await import('./ledger/evidence.js')).evidenceCommand(),
  audit: async () => (await import('./audit/audit.js')).auditCommand(),
  record: async () => (await import('./ledger/record.js')).recordCommand(),
  trace: async () => (await import('./ledger/trace.js')).traceCommand(),
  witness: async () => (await import('./proofs/witness.js')).witnessCommand(),
  identity: async () => (await import('./members/identity.js')).identityCommand(),
  credential: async () => (await import('./members/credential.js')).credentialCommand(),
  member: async () => (await import('./members/member.js')).memberCommand(),
};

async function loadCommands(words: readonly string[]): Promise<readonly Command[]> {
  const called = words.find((word) => !word.startsWith('-')) ?? '';
  const load = Object.hasOwn(COMMANDS, called) ? COMMANDS[called] : undefined;
  return load === undefined ? Promise.all(Object.values(COMMANDS).map((each) => each())) : [await load()];
}

async function createProgram(words: readonly string[]): Promise<Command> {
  const program = new Command('countersign')
    .description(
      'A permissioned consortium ledger whose every record is countersigned by a quorum of the members.',
    )
    .version(programVersion())
    .option('--json', 'print data as one JSON value')
    .option('--verbose', 'print the stack of an error');
  for (const command of await loadCommands(words)) program.addCommand(command);
  program.addHelpText(
    'after',
    `
Examples:
  countersign demo                                     four organisations on this machine
  countersign init acme --directory acme               files for one organisation of a real consortium
  countersign verify receipt.json --genesis genesis.json

Exit status: 0 ok, 1 failed, 2 usage, 3 verification failed, 4 not reachable.`,
  );
  prepare(program);
  return program;
}

/** What holds for every command: errors become exit statuses here, and the common options are in every help. */
function prepare(command: Command): void {
  command.exitOverride();
  command.configureHelp({ showGlobalOptions: true });
  command.showSuggestionAfterError();
  command.showHelpAfterError('(--help shows what the command takes)');
  for (const child of command.commands) prepare(child);
}

/** Whoever reads the output may stop early (`| head`): what is left has nobody to go to. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

async function main(): Promise<void> {
  process.stdout.on('error', endWithReader);
  const program = await createProgram(process.argv.slice(2));
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = errorToExitCode(error);
    // Commander has printed what it had to say.
    if (error instanceof CommanderError) return;
    const { json = false, verbose = false } = program.opts<{ json?: boolean; verbose?: boolean }>();
    new Terminal({ json, verbose }).error(error);
  }
}

await main();
