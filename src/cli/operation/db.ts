/** `db`: brings the database of a node to the schema of this version, and lets its search index be made anew. */
import { Command } from 'commander';
import { loadConfiguration } from '../../config/load-configuration.js';
import { processEnvironment } from '../../config/process-environment.js';
import { migrateDatabase } from '../../storage/migrate-database.js';
import { emptySearchIndex } from '../../storage/empty-search-index.js';
import { terminalOf } from '../terminal.js';

interface DatabaseOptions {
  readonly config?: string;
}

function migrateCommand(): Command {
  return new Command('migrate')
    .description('apply the migrations that are missing; nothing happens when there is none')
    .option('--config <file>', 'configuration file (default: COUNTERSIGN_CONFIG)')
    .action(async (options: DatabaseOptions, command: Command) => {
      const { database } = loadConfiguration(processEnvironment(), options.config).configuration;
      const { applied } = await migrateDatabase(database.ownerUrl ?? database.url);
      terminalOf(command).data({ applied }, () =>
        applied.length === 0 ? 'the database is up to date' : `applied ${applied.join(', ')}`,
      );
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
    .addHelpText(
      'after',
      '\nExamples:\n  countersign db migrate --config acme/countersign.yaml\n  countersign db reindex --config acme/countersign.yaml',
    );
}
