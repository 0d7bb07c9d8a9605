/** `evidence list`: who was proven to have signed what no correct node does. */
import { Command } from 'commander';
import { addNodeAccess, createClient, type NodeAccessOptions } from '../node-access.js';
import { parseCount } from '../parse-options.js';
import { formatTable, terminalOf } from '../terminal.js';

interface ListOptions extends NodeAccessOptions {
  readonly limit: number;
  readonly cursor?: string;
}

function listCommand(): Command {
  return addNodeAccess(new Command('list'))
    .description('list the proofs of misbehaviour that a node holds; --json has the signed bytes')
    .option('--limit <count>', 'at most so many', parseCount, 20)
    .option('--cursor <cursor>', 'go on where the page before ended')
    .action(async ({ limit, cursor, ...address }: ListOptions, command: Command) => {
      const terminal = terminalOf(command);
      const client = await createClient(address);
      const page = await client.evidence({
        limit,
        ...(cursor === undefined ? {} : { cursor }),
      });
      terminal.data(page, () =>
        page.items.length === 0
          ? 'no evidence: this node has seen nobody misbehave'
          : formatTable(
              ['SAVED', 'ORGANISATION', 'KIND', 'MEANING'],
              page.items.map(({ savedAt, organisation, kind, meaning }) => [
                savedAt,
                organisation,
                kind,
                meaning,
              ]),
            ),
      );
      if (page.nextCursor !== undefined) terminal.message(`more: --cursor ${page.nextCursor}`);
    });
}

export function evidenceCommand(): Command {
  return new Command('evidence')
    .description('look at proofs of misbehaviour')
    .addCommand(listCommand())
    .addHelpText(
      'after',
      '\nExamples:\n  countersign evidence list --config acme/countersign.yaml\n  countersign evidence list --json --url http://127.0.0.1:7101 --keys my-keys --identity auditor',
    );
}
