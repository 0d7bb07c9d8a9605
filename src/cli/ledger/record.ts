/** `record`: look for records by what they say. */
import { Command, Option } from 'commander';
import { isWithheld, type FoundRecord, type RecordQuery, type WithheldRecord } from '../../sdk/index.js';
import { addNodeAccess, createClient, type NodeAccessOptions } from '../node-access.js';
import { parseCount } from '../parse-options.js';
import { formatTable, terminalOf } from '../terminal.js';

const FILTERS = [
  ...(['subject', 'kind', 'organisation', 'eventType', 'action', 'bizStep', 'disposition'] as const),
  ...(['readPoint', 'bizLocation', 'eventId', 'transformationId'] as const),
  ...(['eventTimeFrom', 'eventTimeTo', 'recordedFrom', 'recordedTo'] as const),
];

type Filters = Pick<RecordQuery, (typeof FILTERS)[number]>;

interface FindOptions extends NodeAccessOptions, Filters {
  readonly order: 'newest' | 'oldest';
  readonly orderBy: 'recorded' | 'eventTime';
  readonly limit: number;
  readonly cursor?: string;
}

/** What an event says first; a document of another kind says nothing here. */
function textIn(record: unknown, member: string): string {
  const value = typeof record === 'object' && record !== null ? Object.entries(record) : [];
  const found = value.find(([name]) => name === member)?.[1] as unknown;
  return typeof found === 'string' ? found : '';
}

function recordRow(item: FoundRecord | WithheldRecord): readonly string[] {
  const place = `${item.height}.${item.transactionIndex}.${item.recordIndex}`;
  if (isWithheld(item)) return [place, 'withheld by its organisation', '', '', '', ''];
  const { record, organisation, transactionId } = item;
  const [type, step] = [textIn(record, 'type'), textIn(record, 'bizStep')];
  return [place, textIn(record, 'eventTime') || item.timestamp, organisation, type, step, transactionId];
}

function findCommand(): Command {
  return addNodeAccess(new Command('find'))
    .description('list the records that fit every filter')
    .option('--subject <id>', 'names this subject')
    .option('--biz-step <step>', 'business step of the event')
    .option('--read-point <id>', 'read point of the event')
    .option('--biz-location <id>', 'business location of the event')
    .option('--disposition <disposition>', 'disposition of the event')
    .option('--event-type <type>', 'type of the event, such as AggregationEvent')
    .option('--action <action>', 'action of the event: ADD, OBSERVE or DELETE')
    .option('--event-id <id>', 'eventID of the event')
    .option('--transformation-id <id>', 'transformationID of the event')
    .option('--kind <kind>', 'kind of the document; epcis for events')
    .option('--organisation <name>', 'recorded by this organisation')
    .option('--event-time-from <time>', 'event time of this moment or later, such as 2026-03-02T00:00:00Z')
    .option('--event-time-to <time>', 'event time before this moment')
    .option('--recorded-from <time>', 'in a block of this moment or later')
    .option('--recorded-to <time>', 'in a block before this moment')
    .addOption(
      new Option('--order <order>', 'what comes first').choices(['newest', 'oldest']).default('newest'),
    )
    .addOption(
      new Option('--order-by <time>', 'by the ledger or by the event time')
        .choices(['recorded', 'eventTime'])
        .default('recorded'),
    )
    .option('--limit <count>', 'at most so many', parseCount, 20)
    .option('--cursor <cursor>', 'go on where the page before ended')
    .action(async (options: FindOptions, command: Command) => {
      const terminal = terminalOf(command);
      const { order, orderBy, limit, cursor } = options;
      const asked: Filters = Object.fromEntries(FILTERS.map((name) => [name, options[name]]));
      const client = await createClient(options);
      const page = await client.searchRecords({
        ...asked,
        order,
        orderBy,
        limit,
        ...(cursor === undefined ? {} : { cursor }),
      });
      terminal.data(page, () =>
        formatTable(
          ['PLACE', 'TIME', 'ORGANISATION', 'TYPE', 'STEP', 'TRANSACTION'],
          page.items.map(recordRow),
        ),
      );
      if (page.nextCursor !== undefined) terminal.message(`more: --cursor ${page.nextCursor}`);
    });
}

export function recordCommand(): Command {
  return new Command('record')
    .description('look for records by what they say')
    .addCommand(findCommand())
    .addHelpText(
      'after',
      `
Examples:
  countersign record find --biz-step shipping --config acme/countersign.yaml
  countersign record find --subject urn:epc:id:sscc:9521321.1000000001 --order oldest
  countersign record find --biz-location urn:epc:id:sgln:9521324.00001.0 --event-time-from 2026-03-05T00:00:00Z --json`,
    );
}
