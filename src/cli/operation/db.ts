/** `db`: brings the database of a node to the schema of this version, lets its search index be made anew, and says who reads it with SQL. */
import { Command } from 'commander';
import { loadConfiguration } from '../../config/load-configuration.js';
import { processEnvironment } from '../../config/process-environment.js';
import { migrateDatabase } from '../../storage/migrate-database.js';
import { emptySearchIndex } from '../../storage/empty-search-index.js';
import { terminalOf } from '../terminal.js';
import { auditorCommand, tellPrecautions } from './db-auditor.js';

interface DatabaseOptions {
  readonly config?: string;
}

function migrateCommand(): Command {
  return new Command('migrate')
    .description('apply the migrations that are missing; nothing happens when there is none')
    .option('--config <file>', 'configuration file (default: COUNTERSIGN_CONFIG)')
    .action(async (options: DatabaseOptions, command: Command) => {
      const { database } = loadConfiguration(processEnvironment(), options.config).configuration;
      const { applied, precautions } = await migrateDatabase(database.ownerUrl ?? database.url);
      const terminal = terminalOf(command);
      terminal.data({ applied }, () =>
        applied.length === 0 ? 'the database is up to date' : `applied ${applied.join(', ')}`,
      );
      tellPrecautions(terminal, precautions);
    });
}

function reindexCommand(): Command {
  return new Command('reindex')
    .description('empty the search index; the node makes it again from the first block on, while it works')
    .option('--config <file>', 'configuration file (default: COUNTERSIGN_CONFIG)')
    .action(async (options: DatabaseOptions, command: Command) => {
      const { database } = loadConfiguration(processEnvironment(), options.config).configuration;
      await emptySearchIndex(database.url);
      terminalOf(command).data(
        { emptied: true },
        () => 'the search index is empty; "countersign status" says how far it has come again',
      );
    });
}

export function dbCommand(): Command {
  return new Command('db')
    .description("a node's database")
    .addCommand(migrateCommand())
    .addCommand(reindexCommand())
    .addCommand(auditorCommand())
    .addHelpText(
      'after',
      `
Examples:
  countersign db migrate --config acme/countersign.yaml
  countersign db reindex --config acme/countersign.yaml
  countersign db auditor add auditor_smith --config acme/countersign.yaml`,
    );
}
