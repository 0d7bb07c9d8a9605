/** `audit`: what a database holds, the whole ledger to take away, and two organisations' ledgers side by side. */
import { Command } from 'commander';
import { compareCommand } from './compare.js';
import { exportCommand } from './export.js';
import { auditRunCommand } from './run.js';

export function auditCommand(): Command {
  return new Command('audit')
    .description(
      'verify what a database holds, export the ledger, or compare the ledgers of two organisations',
    )
    .addCommand(auditRunCommand())
    .addCommand(exportCommand())
    .addCommand(compareCommand())
    .addHelpText(
      'after',
      `
Examples:
  countersign audit run --config acme/countersign.yaml
  countersign audit export --config acme/countersign.yaml --from 1 -o ledger.ndjson
  countersign verify bundle ledger.ndjson --genesis genesis.json
  countersign audit compare --config acme/countersign.yaml --with globex/countersign.yaml`,
    );
}
