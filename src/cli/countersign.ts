#!/usr/bin/env node
/**
 * The program `countersign`: one command for each verb of docs/OPERATIONS.md. Data goes to stdout, messages to stderr;
 * exit status 0 ok, 1 failed, 2 usage, 3 verification failed, 4 not reachable.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { errorToExitCode } from './exit-code.js';
import { blockCommand } from './ledger/block.js';
import { captureCommand } from './ledger/capture.js';
import { evidenceCommand } from './ledger/evidence.js';
import { receiptCommand } from './ledger/receipt.js';
import { txCommand } from './ledger/tx.js';
import { verifyCommand } from './ledger/verify.js';
import { credentialCommand } from './members/credential.js';
import { identityCommand } from './members/identity.js';
import { memberCommand } from './members/member.js';
import { configCommand } from './operation/config.js';
import { dbCommand } from './operation/db.js';
import { startCommand } from './operation/start.js';
import { requestCommand } from './operation/request.js';
import { tokenCommand } from './operation/token.js';
import { whoamiCommand } from './operation/whoami.js';
import { signerCommand } from './operation/signer.js';
import { statusCommand } from './operation/status.js';
import { certCommand } from './setup/cert.js';
import { demoCommand } from './setup/demo.js';
import { genesisCommand } from './setup/genesis.js';
import { initCommand } from './setup/init.js';
import { keyCommand } from './setup/key.js';
import { observerCommand } from './setup/observer.js';
import { Terminal } from './terminal.js';

function programVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
}

function createProgram(): Command {
  const program = new Command('countersign')
    .description(
      'A permissioned consortium ledger whose every record is countersigned by a quorum of the members.',
    )
    .version(programVersion())
    .option('--json', 'print data as one JSON value')
    .option('--verbose', 'print the stack of an error');
  const commands = [
    ...[initCommand(), genesisCommand(), keyCommand(), certCommand(), observerCommand(), demoCommand()],
    ...[startCommand(), statusCommand(), configCommand(), dbCommand(), signerCommand()],
    ...[whoamiCommand(), tokenCommand(), requestCommand()],
    ...[captureCommand(), txCommand(), receiptCommand(), verifyCommand(), blockCommand()],
    ...[evidenceCommand(), identityCommand(), credentialCommand(), memberCommand()],
  ];
  for (const command of commands) program.addCommand(command);
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

async function main(): Promise<void> {
  const program = createProgram();
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
