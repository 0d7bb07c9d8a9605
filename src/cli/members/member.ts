/** `member`: the organisations of the ledger, whom each lets read its records, and what they decide together. */
import { Command, InvalidArgumentError } from 'commander';
import { isReader } from '../../protocol/ledger/identity.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { setReaders, type OrganisationHistoryEntry } from '../../sdk/index.js';
import { UsageError } from '../exit-code.js';
import { addSubmissionOptions, type SubmissionOptions } from '../ledger/submission.js';
import { addNodeAccess, createClient, type NodeAccessOptions } from '../node-access.js';
import { parseCount } from '../parse-options.js';
import { formatTable, terminalOf } from '../terminal.js';
import { addressCommand, proposeCommand, voteCommand, withdrawCommand } from './governance-commands.js';
import { inviteCommand } from './joining/invite-command.js';
import { motionCommand, motionsCommand, validatorsCommand } from './motion-reads.js';
import { submitCommand } from './submit-command.js';

interface ShareOptions extends SubmissionOptions {
  readonly everyone?: boolean;
  readonly nobody?: boolean;
}

interface HistoryOptions extends NodeAccessOptions {
  readonly limit: number;
  readonly cursor?: string;
}

function describeReaders(readers: readonly string[]): string {
  if (readers.length === 0) return 'nobody else';
  return readers.includes('*') ? 'everyone' : readers.join(' ');
}

function describeCommand({ type, readers, address, motionId }: OrganisationHistoryEntry['command']): string {
  const about = readers === undefined ? (address ?? motionId) : describeReaders(readers);
  return `${type}: ${about ?? ''}`;
}

/** Throws UsageError unless exactly one of the three ways to say it is taken. */
function readersOf(
  names: readonly string[],
  { everyone = false, nobody = false }: ShareOptions,
): readonly string[] {
  const ways = [everyone, nobody, names.length > 0].filter(Boolean).length;
  if (ways !== 1)
    throw new UsageError('say who may read: organisations and identities, or --everyone, or --nobody');
  return everyone ? ['*'] : names;
}

function parseReader(text: string, before: readonly string[] = []): readonly string[] {
  if (text === '*' || !isReader(text))
    throw new InvalidArgumentError('A reader is ORGANISATION or ORGANISATION/NAME.');
  return [...before, text];
}

function shareCommand(): Command {
  return addSubmissionOptions(new Command('share'), 'admin')
    .description(
      'say who reads the records of the own organisation beside itself; replaces what was said before',
    )
    .argument('[reader...]', 'organisation, or organisation/name', parseReader)
    .option('--everyone', 'all organisations, those to come included')
    .option('--nobody', 'only the own organisation')
    .action((names: readonly string[], options: ShareOptions, command: Command) => {
      const readers = readersOf(names, options);
      return submitCommand(command, options, () => setReaders(readers));
    });
}

function historyCommand(): Command {
  return addNodeAccess(new Command('history'))
    .description('show what was done about an organisation, and by whom')
    .argument('<organisation>', 'its name')
    .option('--limit <count>', 'at most so many', parseCount, 50)
    .option('--cursor <cursor>', 'go on where the page before ended')
    .action(async (organisation: string, options: HistoryOptions, command: Command) => {
      const { limit, cursor, ...access } = options;
      const terminal = terminalOf(command);
      const client = await createClient(access);
      const page = await client.organisationHistory(organisation, {
        limit,
        ...(cursor === undefined ? {} : { cursor }),
      });
      if (page === undefined)
        throw new LedgerError(
          'ORGANISATION_NOT_FOUND',
          `the ledger has no organisation ${organisation}; see countersign member list`,
        );
      terminal.data(page, () =>
        page.total === 0
          ? `${organisation} is as genesis founded it`
          : formatTable(
              ['BLOCK', 'TIME', 'BY', 'COMMAND'],
              page.items.map(({ height, timestamp, by, command }) => [
                String(height),
                timestamp,
                by,
                describeCommand(command),
              ]),
            ),
      );
      if (page.nextCursor !== undefined) terminal.message(`more: --cursor ${page.nextCursor}`);
    });
}

function listCommand(): Command {
  return addNodeAccess(new Command('list'))
    .description('list the organisations')
    .action(async (options: NodeAccessOptions, command: Command) => {
      const client = await createClient(options);
      const list = await client.organisations();
      terminalOf(command).data(list, () =>
        formatTable(
          ['ORGANISATION', 'VOTES', 'IDENTITIES', 'ADMINS', 'READERS', 'ADDRESS', 'LEDGER KEY'],
          list.items.map((each) => [
            each.name,
            each.removedHeight === undefined ? (each.validator ? 'yes' : 'no') : 'removed',
            String(each.identities),
            String(each.lastingAdmins),
            describeReaders(each.readers),
            each.address ?? '-',
            each.ledgerKey,
          ]),
        ),
      );
    });
}

export function memberCommand(): Command {
  return new Command('member')
    .description('the organisations of the consortium')
    .addCommand(listCommand())
    .addCommand(historyCommand())
    .addCommand(shareCommand())
    .addCommand(inviteCommand())
    .addCommand(addressCommand())
    .addCommand(proposeCommand())
    .addCommand(voteCommand())
    .addCommand(withdrawCommand())
    .addCommand(motionsCommand())
    .addCommand(motionCommand())
    .addCommand(validatorsCommand())
    .addHelpText(
      'after',
      `
Examples:
  countersign member list --config acme/countersign.yaml
  countersign member share globex initech/auditor --config acme/countersign.yaml
  countersign member propose admit --request hooli.json --config acme/countersign.yaml
  countersign member vote MOTION --approve --config acme/countersign.yaml`,
    );
}
