/** `start`: runs one node in the foreground, as a process of its own that gets the signals of this one. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { loadConfiguration } from '../../config/load-configuration.js';
import { processEnvironment } from '../../config/process-environment.js';
import { EXIT_CODE } from '../exit-code.js';

interface StartOptions {
  readonly config?: string;
}

const mainFile = fileURLToPath(new URL('../../main.js', import.meta.url));
const FORWARDED = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Exit status of a program that a signal ended, as shells tell it. */
const SIGNAL_STATUS = 128;

function runNode(nodeArguments: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--enable-source-maps', mainFile, ...nodeArguments], {
      stdio: 'inherit',
    });
    const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
    for (const signal of FORWARDED) process.on(signal, forward);
    child.once('error', reject);
    child.once('exit', (code) => {
      for (const signal of FORWARDED) process.off(signal, forward);
      resolve(code ?? SIGNAL_STATUS);
    });
  });
}

export function startCommand(): Command {
  return new Command('start')
    .description("run this organisation's node in the foreground until SIGTERM or Ctrl+C")
    .option('--config <file>', 'configuration file (default: COUNTERSIGN_CONFIG)')
    .addHelpText('after', '\nExample:\n  countersign start --config acme/countersign.yaml')
    .action(async (options: StartOptions) => {
      // A flawed configuration is told here, in words, before a process is made for it.
      const { file } = loadConfiguration(processEnvironment(), options.config);
      const code = await runNode(file === undefined ? [] : ['--config', file]);
      process.exitCode = code === 0 ? EXIT_CODE.ok : EXIT_CODE.failed;
    });
}
