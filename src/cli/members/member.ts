/** `member list`: the organisations of the ledger. */
import { Command } from 'commander';
import { addNodeAddress, createClient, type NodeAddressOptions } from '../node-address.js';
import { formatTable, terminalOf } from '../terminal.js';

function listCommand(): Command {
  return addNodeAddress(new Command('list'))
    .description('list the organisations')
    .action(async (options: NodeAddressOptions, command: Command) => {
      const list = await createClient(options).organisations();
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
    .addHelpText('after', '\nExample:\n  countersign member list --url http://127.0.0.1:7101');
}
