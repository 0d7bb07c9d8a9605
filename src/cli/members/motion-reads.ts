/** `member motions`, `motion` and `validators`: what the organisations decide together, and who votes. */
import { Command, Option } from 'commander';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type { TransactionId } from '../../protocol/primitives/identifiers.js';
import type {
  EpochTermsResource,
  MotionActionResource,
  MotionResource,
  MotionStatusName,
} from '../../sdk/index.js';
import { addNodeAccess, createClient, type NodeAccessOptions } from '../node-access.js';
import { parseCount } from '../parse-options.js';
import { formatTable, terminalOf } from '../terminal.js';
import { parseMotionId } from './governance-commands.js';

interface MotionsOptions extends NodeAccessOptions {
  readonly status?: MotionStatusName;
  readonly limit: number;
  readonly cursor?: string;
}

const STATUSES: readonly MotionStatusName[] = ['open', 'accepted', 'rejected', 'withdrawn', 'expired'];

function describeAction({ type, organisation, parameters = [] }: MotionActionResource): string {
  const values = parameters.map(({ name, value }) => `${name}=${value}`);
  return [type, ...(organisation === undefined ? [] : [organisation]), ...values].join(' ');
}

function describeTally({ approvals, needed, rejections }: MotionResource): string {
  return `${approvals} of ${needed} needed, ${rejections} against`;
}

export function motionsCommand(): Command {
  return addNodeAccess(new Command('motions'))
    .description('list motions')
    .addOption(new Option('--status <status>', 'only those that have it now').choices(STATUSES))
    .option('--limit <count>', 'at most so many', parseCount, 50)
    .option('--cursor <cursor>', 'go on where the page before ended')
    .action(async ({ status, limit, cursor, ...access }: MotionsOptions, command: Command) => {
      const terminal = terminalOf(command);
      const client = await createClient(access);
      const page = await client.motions({
        limit,
        ...(status === undefined ? {} : { status }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      terminal.data(page, () =>
        formatTable(
          ['MOTION', 'STATUS', 'BY', 'ACTION', 'BALLOTS', 'EXPIRES'],
          page.items.map((motion) => [
            motion.id,
            motion.status,
            motion.proposer,
            describeAction(motion.action),
            describeTally(motion),
            String(motion.expiresHeight),
          ]),
        ),
      );
      if (page.nextCursor !== undefined) terminal.message(`more: --cursor ${page.nextCursor}`);
    });
}

function motionRows(motion: MotionResource): readonly (readonly [string, string])[] {
  const { ledgerKey, address, admin } = motion.action;
  return [
    ['motion', motion.id],
    ['status', motion.status],
    ['proposed', `block ${motion.proposedHeight}, by ${motion.proposer}`],
    ['action', describeAction(motion.action)],
    ...(ledgerKey === undefined ? [] : [['ledger key', ledgerKey] as const]),
    ...(address === undefined ? [] : [['address', address] as const]),
    ...(admin === undefined ? [] : [['first admin', `${admin.name} ${admin.publicKey}`] as const]),
    ['ballots', describeTally(motion)],
    ...motion.ballots.map(
      ({ organisation, approve, height }) =>
        [`  ${organisation}`, `${approve ? 'approves' : 'refuses'}, block ${height}`] as const,
    ),
    motion.closedHeight === undefined
      ? (['expires', `after block ${motion.expiresHeight}`] as const)
      : (['closed', `block ${motion.closedHeight}`] as const),
  ];
}

export function motionCommand(): Command {
  return addNodeAccess(new Command('motion'))
    .description('show a motion: what it would do, and who has said what')
    .argument('<motion>', 'its id', parseMotionId)
    .action(async (id: TransactionId, options: NodeAccessOptions, command: Command) => {
      const client = await createClient(options);
      const found = await client.motion(id);
      if (found === undefined)
        throw new LedgerError(
          'MOTION_NOT_FOUND',
          `the ledger has no motion ${id}; see countersign member motions`,
        );
      terminalOf(command).data(found, () => formatTable(['FIELD', 'VALUE'], motionRows(found.motion)));
    });
}

function termsRows(
  { validators, epoch, firstHeight }: EpochTermsResource,
  when: string,
): readonly (readonly string[])[] {
  return validators.map(({ organisation, ledgerKey }) => [
    organisation,
    `${when}, epoch ${epoch} from block ${firstHeight}`,
    ledgerKey,
  ]);
}

export function validatorsCommand(): Command {
  return addNodeAccess(new Command('validators'))
    .description('show who votes: now, soon, and not')
    .action(async (options: NodeAccessOptions, command: Command) => {
      const client = await createClient(options);
      const list = await client.validators();
      terminalOf(command).data(list, () =>
        formatTable(
          ['ORGANISATION', 'VOTES', 'LEDGER KEY'],
          [
            ...termsRows(list.inForce, 'now'),
            ...(list.pending === undefined ? [] : termsRows(list.pending, 'soon')),
            ...list.learners.map(({ organisation, ledgerKey }) => [organisation, 'no', ledgerKey]),
          ],
        ),
      );
    });
}
