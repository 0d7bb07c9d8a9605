/** `db migrate` brings the database of a node to the schema of this version; `db auditor` is about who reads it with SQL. */
import { Command } from 'commander';
import { loadConfiguration } from '../../config/load-configuration.js';
import { processEnvironment } from '../../config/process-environment.js';
import { migrateDatabase } from '../../storage/migrate-database.js';
import { terminalOf } from '../terminal.js';
import { auditorCommand, tellPrecautions } from './db-auditor.js';

interface MigrateOptions {
  readonly config?: string;
}

function migrateCommand(): Command {
  return new Command('migrate')
    .description('apply the migrations that are missing; nothing happens when there is none')
    .option('--config <file>', 'configuration file (default: COUNTERSIGN_CONFIG)')
    .action(async (options: MigrateOptions, command: Command) => {
      const { database } = loadConfiguration(processEnvironment(), options.config).configuration;
      const { applied, precautions } = await migrateDatabase(database.ownerUrl ?? database.url);
      const terminal = terminalOf(command);
      terminal.data({ applied }, () =>
        applied.length === 0 ? 'the database is up to date' : `applied ${applied.join(', ')}`,
      );
      tellPrecautions(terminal, precautions);
    });
}

export function dbCommand(): Command {
  return new Command('db')
    .description("a node's database")
    .addCommand(migrateCommand())
    .addCommand(auditorCommand())
    .addHelpText(
      'after',
      `
Examples:
  countersign db migrate --config acme/countersign.yaml
  countersign db auditor add auditor_smith --config acme/countersign.yaml`,
    );
}
