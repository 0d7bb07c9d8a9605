/** `status`: where a node stands, and in words why there is progress or none. */
import { Command } from 'commander';
import type { StatusResource } from '../../sdk/index.js';
import { addNodeAddress, createClient, type NodeAddressOptions } from '../node-address.js';
import { formatTable, terminalOf } from '../terminal.js';

function text(value: number | undefined): string {
  return value === undefined ? '-' : String(value);
}

export function formatStatus(status: StatusResource): string {
  const { quorum, mempool, health } = status;
  const reason = health.reason === undefined ? '' : `: ${health.reason}`;
  const lines = [
    `organisation   ${status.organisation}`,
    `health         ${health.state}${reason}`,
    `height         ${status.height} (countersigned ${status.certifiedHeight})`,
    `view           ${status.view}, primary ${status.primary}`,
    `quorum         ${quorum.reachable} of ${quorum.validators} reachable, ${quorum.needed} needed`,
    `waiting        ${mempool.transactions} transactions, ${mempool.bytes} bytes`,
    `why            ${status.cause}`,
  ];
  const table = formatTable(
    ['VALIDATOR', 'REACHABLE', 'HEIGHT', 'LAST VOTE'],
    status.validators.map((validator) => [
      validator.self ? `${validator.organisation} (this node)` : validator.organisation,
      validator.reachable ? 'yes' : 'no',
      text(validator.height),
      text(validator.lastVoteHeight),
    ]),
  );
  return `${lines.join('\n')}\n\n${table}`;
}

export function statusCommand(): Command {
  return addNodeAddress(new Command('status'))
    .description('where a node stands, and why')
    .addHelpText(
      'after',
      '\nExamples:\n  countersign status --url http://127.0.0.1:7101\n  countersign status --json',
    )
    .action(async (options: NodeAddressOptions, command: Command) => {
      const status = await createClient(options).status();
      terminalOf(command).data(status, () => formatStatus(status));
    });
}
