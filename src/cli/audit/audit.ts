/** `audit`: is what a node's database holds the ledger that the organisations have signed? */
import { Command } from 'commander';
import { auditRunCommand } from './run.js';

export function auditCommand(): Command {
  return new Command('audit')
    .description('verify what a database holds')
    .addCommand(auditRunCommand())
    .addHelpText('after', '\nExample:\n  countersign audit run --config acme/countersign.yaml');
}
