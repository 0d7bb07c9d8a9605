/** `identity list`, `show` and `history`: what the ledger says of identities. */
import { Command } from 'commander';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type { IdentityHistoryEntry, IdentityResource } from '../../sdk/index.js';
import { addNodeAccess, createClient, type NodeAccessOptions } from '../node-access.js';
import { parseCount } from '../parse-options.js';
import { formatTable, terminalOf } from '../terminal.js';
import { parseIdentity, type FullName } from './identity-options.js';

interface ListOptions extends NodeAccessOptions {
  readonly organisation?: string;
  readonly limit: number;
  readonly cursor?: string;
}

interface HistoryOptions extends NodeAccessOptions {
  readonly limit: number;
  readonly cursor?: string;
}

function unknownIdentity({ organisation, name }: FullName): LedgerError {
  return new LedgerError(
    'IDENTITY_NOT_FOUND',
    `the ledger has no identity ${organisation}/${name}; see countersign identity list`,
  );
}

function describeValidity({ revoked, validFromHeight, validUntilHeight }: IdentityResource): string {
  if (revoked) return 'revoked';
  const until = validUntilHeight === undefined ? 'on' : `to ${validUntilHeight}`;
  return `${validFromHeight} ${until}`;
}

function describeCommand({ command: { type, key, rights } }: IdentityHistoryEntry): string {
  const parts = [
    ...(key === undefined ? [] : [`key ${key.publicKey}`]),
    ...(rights === undefined ? [] : [`roles ${rights.roles.join('+')}`, `custody ${rights.custody}`]),
  ];
  return parts.length === 0 ? type : `${type}: ${parts.join(', ')}`;
}

function listCommand(): Command {
  return addNodeAccess(new Command('list'))
    .description('list identities')
    .option('--organisation <name>', 'of this organisation alone')
    .option('--limit <count>', 'at most so many', parseCount, 50)
    .option('--cursor <cursor>', 'go on where the page before ended')
    .action(async ({ organisation, limit, cursor, ...address }: ListOptions, command: Command) => {
      const terminal = terminalOf(command);
      const client = await createClient(address);
      const page = await client.identities({
        limit,
        ...(organisation === undefined ? {} : { organisation }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      terminal.data(page, () =>
        formatTable(
          ['IDENTITY', 'ROLES', 'CUSTODY', 'VALID', 'PUBLIC KEY'],
          page.items.map((item) => [
            item.identity,
            item.roles.join('+'),
            item.custody,
            describeValidity(item),
            item.publicKey,
          ]),
        ),
      );
      if (page.nextCursor !== undefined) terminal.message(`more: --cursor ${page.nextCursor}`);
    });
}

function showCommand(): Command {
  return addNodeAccess(new Command('show'))
    .description('show an identity')
    .argument('<identity>', 'organisation/name', parseIdentity)
    .action(async (identity: FullName, options: NodeAccessOptions, command: Command) => {
      const client = await createClient(options);
      const found = await client.identity(identity.organisation, identity.name);
      if (found === undefined) throw unknownIdentity(identity);
      terminalOf(command).data(found, () =>
        formatTable(
          ['FIELD', 'VALUE'],
          [
            ['identity', found.identity],
            ['public key', `${found.publicKey} (${found.algorithm})`],
            ['roles', found.roles.join(', ')],
            ['custody', found.custody],
            ['valid', describeValidity(found)],
            ['registered', found.registeredHeight === 0 ? 'genesis' : `block ${found.registeredHeight}`],
            ['changed', found.changedHeight === 0 ? 'never' : `block ${found.changedHeight}`],
          ],
        ),
      );
    });
}

function historyCommand(): Command {
  return addNodeAccess(new Command('history'))
    .description('show what was done about an identity, and by whom')
    .argument('<identity>', 'organisation/name', parseIdentity)
    .option('--limit <count>', 'at most so many', parseCount, 50)
    .option('--cursor <cursor>', 'go on where the page before ended')
    .action(async (identity: FullName, options: HistoryOptions, command: Command) => {
      const { limit, cursor, ...address } = options;
      const terminal = terminalOf(command);
      const client = await createClient(address);
      const page = await client.identityHistory(identity.organisation, identity.name, {
        limit,
        ...(cursor === undefined ? {} : { cursor }),
      });
      if (page === undefined) throw unknownIdentity(identity);
      terminal.data(page, () =>
        page.total === 0
          ? `${page.identity} is as genesis founded it`
          : formatTable(
              ['BLOCK', 'TIME', 'BY', 'COMMAND'],
              page.items.map((entry) => [
                String(entry.height),
                entry.timestamp,
                entry.by,
                describeCommand(entry),
              ]),
            ),
      );
      if (page.nextCursor !== undefined) terminal.message(`more: --cursor ${page.nextCursor}`);
    });
}

export function identityReadCommands(): readonly Command[] {
  return [listCommand(), showCommand(), historyCommand()];
}
