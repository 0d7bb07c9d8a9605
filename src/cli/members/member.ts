/** `member list`: the organisations of the ledger. */
import { Command } from 'commander';
import { addNodeAccess, createClient, type NodeAccessOptions } from '../node-access.js';
import { formatTable, terminalOf } from '../terminal.js';

function listCommand(): Command {
  return addNodeAccess(new Command('list'))
    .description('list the organisations')
    .action(async (options: NodeAccessOptions, command: Command) => {
      const client = await createClient(options);
      const list = await client.organisations();
      terminalOf(command).data(list, () =>
        formatTable(
          ['ORGANISATION', 'VOTES', 'IDENTITIES', 'ADMINS', 'LEDGER KEY'],
          list.items.map(({ name, validator, identities, lastingAdmins, ledgerKey }) => [
            name,
            validator ? 'yes' : 'no',
            String(identities),
            String(lastingAdmins),
            ledgerKey,
          ]),
        ),
      );
    });
}

export function memberCommand(): Command {
  return new Command('member')
    .description('the organisations of the consortium')
    .addCommand(listCommand())
    .addHelpText('after', '\nExample:\n  countersign member list --config acme/countersign.yaml');
}
