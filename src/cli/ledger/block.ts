/** `block`: what the ledger holds, block by block. */
import { Command } from 'commander';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { addNodeAccess, createClient, type NodeAccessOptions } from '../node-access.js';
import { parseCount } from '../parse-options.js';
import { formatTable, terminalOf } from '../terminal.js';

interface ListOptions extends NodeAccessOptions {
  readonly limit: number;
  readonly cursor?: string;
}

function getCommand(): Command {
  return addNodeAccess(new Command('get'))
    .description('show one block')
    .argument('<height>', 'its number, from 1', parseCount)
    .action(async (height: number, options: NodeAccessOptions, command: Command) => {
      const client = await createClient(options);
      const block = await client.block(height);
      if (block === undefined) {
        throw new LedgerError(
          'BLOCK_UNKNOWN',
          `the node has no block ${height} yet; see "countersign status"`,
        );
      }
      terminalOf(command).data(block, () =>
        [
          `block         ${block.height}`,
          `hash          ${block.hash}`,
          `time          ${block.timestamp}`,
          `transactions  ${block.transactionCount}`,
          `state root    ${block.result.stateRoot}`,
          `entries root  ${block.result.entriesRoot}`,
          `countersigned ${block.certified ? 'yes' : 'not yet'}`,
        ].join('\n'),
      );
    });
}

function listCommand(): Command {
  return addNodeAccess(new Command('list'))
    .description('list blocks')
    .option('--limit <count>', 'at most so many', parseCount, 20)
    .option('--cursor <cursor>', 'go on where the page before ended')
    .action(async ({ limit, cursor, ...address }: ListOptions, command: Command) => {
      const terminal = terminalOf(command);
      const client = await createClient(address);
      const page = await client.blocks({ limit, ...(cursor === undefined ? {} : { cursor }) });
      terminal.data(page, () =>
        formatTable(
          ['BLOCK', 'TIME', 'TRANSACTIONS', 'STATE ROOT'],
          page.items.map((block) => [
            String(block.height),
            block.timestamp,
            String(block.transactionCount),
            block.result.stateRoot,
          ]),
        ),
      );
      if (page.nextCursor !== undefined) terminal.message(`more: --cursor ${page.nextCursor}`);
    });
}

export function blockCommand(): Command {
  return new Command('block')
    .description('look at blocks')
    .addCommand(getCommand())
    .addCommand(listCommand())
    .addHelpText(
      'after',
      '\nExamples:\n  countersign block get 12\n  countersign block list --limit 5 --json',
    );
}
