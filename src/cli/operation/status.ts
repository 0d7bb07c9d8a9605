/** `status`: where a node stands, and in words why there is progress or none. */
import { Command } from 'commander';
import type { StatusResource, ValidatorResource } from '../../sdk/index.js';
import { addNodeAccess, createClient, type NodeAccessOptions } from '../node-access.js';
import { formatTable, terminalOf } from '../terminal.js';

/** Heights in flight that are printed; all of them with `--json`. */
const HEIGHTS_SHOWN_MAX = 8;

function text(value: number | string | undefined): string {
  return value === undefined ? '-' : String(value);
}

function names(organisations: readonly string[]): string {
  return organisations.length === 0 ? 'nobody' : organisations.join(', ');
}

function reachabilityOf({ reachable, unreachableSince, silentSince }: ValidatorResource): string {
  if (!reachable) return `no, since ${text(unreachableSince)}`;
  return silentSince === undefined ? 'yes' : `silent since ${silentSince}`;
}

function lastVoteOf({ lastVote }: ValidatorResource): string {
  if (lastVote === undefined) return '-';
  const { kind, view, height, ageMs } = lastVote;
  return `${kind} ${height} in view ${view}, ${Math.round(ageMs / 1_000)} s ago`;
}

function placeLines({ viewChange, catchUp }: StatusResource): readonly string[] {
  const lines: string[] = [];
  if (viewChange.since !== undefined)
    lines.push(`view change    since ${viewChange.since}, held of ${names(viewChange.held)}`);
  if (viewChange.suspectedBy.length > 0) lines.push(`suspected by   ${names(viewChange.suspectedBy)}`);
  if (catchUp !== null) {
    const rate =
      catchUp.blocksPerSecond === undefined ? '' : `, ${catchUp.blocksPerSecond.toFixed(1)} blocks a second`;
    lines.push(`catching up    ${catchUp.at} of ${catchUp.target}${rate}, from ${text(catchUp.from)}`);
  }
  return lines;
}

function validatorTable({ validators }: StatusResource): string {
  return formatTable(
    ['VALIDATOR', 'REACHABLE', 'STANDING', 'VIEW', 'HEIGHT', 'LAST VOTE', 'CLOCK'],
    validators.map((validator) => [
      validator.self ? `${validator.organisation} (this node)` : validator.organisation,
      reachabilityOf(validator),
      text(validator.standing),
      text(validator.view),
      text(validator.height),
      lastVoteOf(validator),
      validator.clockOffsetMs === undefined ? '-' : `${Math.round(validator.clockOffsetMs)} ms`,
    ]),
  );
}

function inFlightTable({ inFlight, quorum }: StatusResource): string {
  return formatTable(
    ['IN FLIGHT', 'STAGE', 'PREPARES', 'COMMITS'],
    inFlight.slice(0, HEIGHTS_SHOWN_MAX).map(({ height, stage, prepares, commits }) => {
      const isOver = stage === 'committed';
      return [
        String(height),
        stage,
        isOver ? '-' : `${prepares.length} of ${quorum.needed}: ${names(prepares)}`,
        isOver ? '-' : `${commits.length} of ${quorum.needed}: ${names(commits)}`,
      ];
    }),
  );
}

export function formatStatus(status: StatusResource): string {
  const { quorum, mempool, health, index } = status;
  const reason = health.reason === undefined ? '' : `: ${health.reason}`;
  const lines = [
    `organisation   ${status.organisation}, ${status.role}, ${status.standing}`,
    `health         ${health.state}${reason}`,
    `height         ${status.height} (countersigned ${status.certifiedHeight})`,
    `view           ${status.view} (${status.phase}), primary ${status.primary}`,
    `quorum         ${quorum.reachable} of ${quorum.validators} reachable, ${quorum.needed} needed, ${quorum.present} voting`,
    ...placeLines(status),
    `waiting        ${mempool.transactions} transactions, ${mempool.bytes} bytes`,
    `search index   up to ${index.height}${index.problem === undefined ? '' : `, stands still: ${index.problem}`}`,
    `why            ${status.cause}`,
  ];
  const tables = [validatorTable(status)];
  if (status.inFlight.length > 0) tables.push(inFlightTable(status));
  return [lines.join('\n'), ...tables].join('\n\n');
}

export function statusCommand(): Command {
  return addNodeAccess(new Command('status'))
    .description('where a node stands, and why')
    .addHelpText(
      'after',
      '\nExamples:\n  countersign status --config acme/countersign.yaml\n  countersign status --json --url http://127.0.0.1:7101 --token-file token',
    )
    .action(async (options: NodeAccessOptions, command: Command) => {
      const client = await createClient(options);
      const status = await client.status();
      terminalOf(command).data(status, () => formatStatus(status));
    });
}
