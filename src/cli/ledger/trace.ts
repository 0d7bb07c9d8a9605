/** `trace`: where a subject came from, or where it went, as a tree with what proves each step. */
import { Command, Option } from 'commander';
import type { TraceResource } from '../../sdk/index.js';
import { addNodeAccess, createClient, type NodeAccessOptions } from '../node-access.js';
import { parseCount } from '../parse-options.js';
import { terminalOf } from '../terminal.js';

interface TraceOptions extends NodeAccessOptions {
  readonly direction: 'back' | 'forward';
  readonly depth: number;
  readonly limit: number;
}

/** Lines of a tree may be many more than nodes, since a node may be reached in many ways: its branches are printed once. */
export function formatTrace(trace: TraceResource): string {
  const depths = new Map(trace.nodes.map(({ subject, depth }) => [subject, depth]));
  const open = new Set(trace.nodes.flatMap((node) => (node.open === true ? [node.subject] : [])));
  const printed = new Set<string>();
  const lines: string[] = [];
  const print = (subject: string, indent: string, how: string): void => {
    const isAgain = printed.has(subject);
    printed.add(subject);
    const notes = [isAgain ? '(above)' : '', open.has(subject) ? '(goes on)' : ''].filter(
      (note) => note !== '',
    );
    lines.push([`${indent}${how}${subject}`, ...notes].join(' '));
    if (isAgain) return;
    for (const { height, transactionIndex, recordIndex, ...link } of trace.withheld)
      if (link.subject === subject)
        lines.push(`${indent}  withheld by its organisation [${height}.${transactionIndex}.${recordIndex}]`);
    for (const edge of trace.edges) {
      if (edge.from !== subject && edge.to !== subject) continue;
      const other = edge.from === subject ? edge.to : edge.from;
      // An edge is printed below that end of it that was reached first.
      const [near = 0, far = 0] = [depths.get(subject), depths.get(other)];
      if (far < near || (far === near && other !== subject && printed.has(other))) continue;
      const proofs = edge.events.flatMap((position) => {
        const event = trace.events[position];
        if (event === undefined) return [];
        const place = `${event.height}.${event.transactionIndex}.${event.recordIndex}`;
        return [`${event.eventTime ?? event.timestamp} ${event.organisation} ${place}`];
      });
      const arrow = edge.from === subject ? '→' : '←';
      print(other, `${indent}  `, `${arrow} ${edge.kind} [${proofs.join('; ')}] `);
    }
  };
  print(trace.subject, '', '');
  return lines.join('\n');
}

export function traceCommand(): Command {
  return addNodeAccess(new Command('trace'))
    .description('trace where a subject came from, or where it went')
    .argument('<subject>', 'EPC or class, as it stands in records')
    .addOption(
      new Option('--direction <direction>', 'back to where it came from, or forward to where it went')
        .choices(['back', 'forward'])
        .makeOptionMandatory(),
    )
    .option('--depth <steps>', 'most steps from the subject', parseCount, 10)
    .option('--limit <edges>', 'most edges', parseCount, 500)
    .action(async (subject: string, options: TraceOptions, command: Command) => {
      const { direction, depth, limit } = options;
      const terminal = terminalOf(command);
      const client = await createClient(options);
      const trace = await client.traceSubject(subject, { direction, depth, limit });
      terminal.data(trace, () => formatTrace(trace));
      if (trace.truncated !== undefined)
        terminal.message(
          `not the whole trace (${trace.truncated}): trace on from what goes on, or raise --depth and --limit`,
        );
    })
    .addHelpText(
      'after',
      `
Each step names the record that proves it, as HEIGHT.TRANSACTION.RECORD; --json has the ids for "countersign receipt get".

Examples:
  countersign trace urn:epc:id:sgtin:9521321.012345.1002 --direction back --config acme/countersign.yaml
  countersign trace urn:epc:class:lgtin:9521321.054321.RAW-3 --direction forward --json`,
    );
}
