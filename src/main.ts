/**
 * One organisation's node: `node dist/main.js --config FILE`. The command line and how it ends; what happens in between is
 * in run-node.ts. Exit status: 0 drained, 1 failed (a supervisor may start it again), 2 usage, 78 must not be started
 * again by itself.
 */
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { loadConfiguration } from './config/load-configuration.js';
import { processEnvironment } from './config/process-environment.js';
import { LedgerError } from './protocol/primitives/ledger-error.js';
import { EXIT_FAILED, EXIT_HALTED, runNode } from './run-node.js';

const EXIT_USAGE = 2;

function readArguments(): string | undefined {
  try {
    return parseArgs({ options: { config: { type: 'string' } }, strict: true }).values.config;
  } catch (error) {
    process.stderr.write(
      `${error instanceof Error ? error.message : String(error)}\nusage: node main.js [--config FILE]\n`,
    );
    process.exit(EXIT_USAGE);
  }
}

try {
  await runNode(loadConfiguration(processEnvironment(), readArguments()).configuration);
} catch (error) {
  const isKnown = error instanceof LedgerError;
  const text = isKnown
    ? `${error.code}: ${error.message}`
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`countersign: ${text}\n`);
  process.exit(isKnown && error.code === 'NODE_HALTED' ? EXIT_HALTED : EXIT_FAILED);
}
