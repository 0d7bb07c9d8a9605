/** `history get` and `history verify`: the records that name a subject, with the proof that these are all. */
import { Command, InvalidArgumentError } from 'commander';
import { isWithheld, verifySubjectPages, type HistoryPage } from '../../sdk/index.js';
import { readInput, writeOutput } from '../input-file.js';
import { addNodeAccess, createClient, type NodeAccessOptions } from '../node-access.js';
import { parseCount } from '../parse-options.js';
import { terminalOf } from '../terminal.js';
import { describeEntries, entryToJson, refusedFile } from './verified-proofs.js';

interface GetOptions extends NodeAccessOptions {
  readonly proof?: true;
  readonly output?: string;
  readonly atHeight?: number;
  readonly cursor?: string;
  readonly limit?: number;
}

function describePage({ subject, total, asOfHeight, items, nextCursor }: HistoryPage): string {
  const lines = items.map((item) => {
    const place = `${item.sequence}  ${item.height}.${item.transactionIndex}.${item.recordIndex}`;
    return `${place}  ${isWithheld(item) ? 'withheld' : JSON.stringify(item.record)}`;
  });
  const next = nextCursor === undefined ? [] : [`more with --cursor ${nextCursor}`];
  return [`${total} records name ${subject} as of height ${asOfHeight}`, ...lines, ...next].join('\n');
}

function getCommand(): Command {
  return addNodeAccess(new Command('get'))
    .description('fetch the records that name a subject')
    .argument('<subject>', 'EPC, lot, order or asset, exactly as it stands in the records')
    .option('--proof', 'fetch a file that proves the page offline, as of a countersigned height')
    .option('-o, --output <file>', 'with --proof: write the file there instead of to standard output')
    .option('--at-height <height>', 'as of this height instead of the newest', parseCount)
    .option('--limit <count>', 'most records on the page', parseCount)
    .option('--cursor <cursor>', 'the page after the one that named this cursor')
    .action(async (subject: string, options: GetOptions, command: Command) => {
      const { proof, output, atHeight, cursor, limit } = options;
      if (output !== undefined && proof !== true)
        throw new InvalidArgumentError('--output is for --proof; a list goes to standard output.');
      const page = {
        ...(atHeight === undefined ? {} : { atHeight }),
        ...(cursor === undefined ? {} : { cursor }),
        ...(limit === undefined ? {} : { limit }),
      };
      const terminal = terminalOf(command);
      const client = await createClient(options);
      if (proof !== true) {
        const list = await client.history(subject, page);
        terminal.data(list, () => describePage(list));
        return;
      }
      const { bytes, nextCursor } = await client.subjectHistoryProof(subject, page);
      if (output === undefined || output === '-') {
        terminal.raw(bytes);
        return;
      }
      writeOutput(output, bytes);
      const more = nextCursor === undefined ? '' : `; the next page with --cursor ${nextCursor}`;
      terminal.data(
        { subject, file: output, bytes: bytes.length, ...(nextCursor === undefined ? {} : { nextCursor }) },
        () => `${output}: ${bytes.length} bytes${more}`,
      );
    });
}

function verifyPagesCommand(): Command {
  return new Command('verify')
    .description('verify pages of one history offline, and say whether they are all of it')
    .argument('<files...>', 'pages fetched as of one height, in any order')
    .requiredOption('--genesis <file>', "the consortium's genesis file, from somebody you trust")
    .action(async (files: readonly string[], { genesis }: { readonly genesis: string }, command: Command) => {
      const pages = await Promise.all(files.map(readInput));
      const verified = verifySubjectPages(pages, await readInput(genesis));
      if (!verified.ok) throw refusedFile(files.join(', '), verified.rejection);
      const { entries, missing, ...history } = verified.value;
      const { subject, count, height, isWhole } = history;
      const whole = isWhole
        ? 'these are all'
        : `not here: ${missing.map(({ from, to }) => `${from} to ${to - 1}`).join(', ')}`;
      terminalOf(command).data({ ...history, missing, entries: entries.map(entryToJson) }, () =>
        [
          `${files.length === 1 ? 'the page is' : `the ${files.length} pages are`} genuine`,
          `${count} records name ${subject} as of height ${height}; ${whole}`,
          ...describeEntries(entries),
        ].join('\n'),
      );
    });
}

export function historyCommand(): Command {
  return new Command('history')
    .description('histories of subjects, with the proof that nothing is missing')
    .addCommand(getCommand())
    .addCommand(verifyPagesCommand())
    .addHelpText(
      'after',
      `
Examples:
  countersign history get urn:epc:id:sgtin:0614141.107346.2018 --config acme/countersign.yaml
  countersign history get urn:lot:9 --proof -o history.json --config acme/countersign.yaml
  countersign verify history.json --genesis genesis.json
  countersign history verify page-1.json page-2.json --genesis genesis.json`,
    );
}
