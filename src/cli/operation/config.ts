/** `config check`: the effective settings, where each came from, with secrets hidden. */
import { Command } from 'commander';
import { describeConfiguration } from '../../config/describe-configuration.js';
import { loadConfiguration } from '../../config/load-configuration.js';
import { processEnvironment } from '../../config/process-environment.js';
import { formatTable, terminalOf } from '../terminal.js';

interface CheckOptions {
  readonly config?: string;
}

function checkCommand(): Command {
  return new Command('check')
    .description('check a configuration and print its effective values')
    .option('--config <file>', 'configuration file (default: COUNTERSIGN_CONFIG)')
    .action((options: CheckOptions, command: Command) => {
      const rows = describeConfiguration(loadConfiguration(processEnvironment(), options.config));
      terminalOf(command).data(rows, () =>
        formatTable(
          ['SETTING', 'VALUE', 'FROM'],
          rows.map(({ name, value, origin }) => [name, value, origin]),
        ),
      );
    });
}

export function configCommand(): Command {
  return new Command('config')
    .description("a node's configuration")
    .addCommand(checkCommand())
    .addHelpText('after', '\nExample:\n  countersign config check --config acme/countersign.yaml');
}
