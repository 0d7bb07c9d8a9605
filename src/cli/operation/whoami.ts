/** `whoami`: who a key or a token is to a node, and what it may call there. */
import { Command } from 'commander';
import { addNodeAccess, createClient, type NodeAccessOptions } from '../node-access.js';
import { formatTable, terminalOf } from '../terminal.js';

export function whoamiCommand(): Command {
  return addNodeAccess(new Command('whoami'))
    .description('show who a key or a token is to a node, and what it may call there')
    .addHelpText(
      'after',
      `
Examples:
  countersign whoami --config acme/countersign.yaml --identity app
  countersign whoami --url https://ledger.acme.example --token-file token`,
    )
    .action(async (options: NodeAccessOptions, command: Command) => {
      const client = await createClient(options);
      const caller = await client.caller();
      terminalOf(command).data(caller, () =>
        formatTable(
          ['FIELD', 'VALUE'],
          [
            ['identity', caller.identity],
            ['proven by', caller.proof],
            ['public key', caller.publicKey],
            ['roles', caller.roles.join(', ')],
            ['custody', caller.custody],
            [
              'valid',
              caller.validUntilHeight === undefined ? 'without end' : `to block ${caller.validUntilHeight}`,
            ],
            ['may call', caller.operations.join('\n')],
          ],
        ),
      );
    });
}
