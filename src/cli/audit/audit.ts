/** `audit`: the whole ledger, to take away or to hold against another organisation's. */
import { Command } from 'commander';
import { compareCommand } from './compare.js';
import { exportCommand } from './export.js';

export function auditCommand(): Command {
  return new Command('audit')
    .description('export the ledger, or compare the ledgers of two organisations')
    .addCommand(exportCommand())
    .addCommand(compareCommand())
    .addHelpText(
      'after',
      `
Examples:
  countersign audit export --config acme/countersign.yaml --from 1 -o ledger.ndjson
  countersign verify bundle ledger.ndjson --genesis genesis.json
  countersign audit compare --config acme/countersign.yaml --with globex/countersign.yaml`,
    );
}
