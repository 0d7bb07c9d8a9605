/** What became of all cases, by type of message and kind of mutation: a fuzz that reaches nothing is seen here. */

/**
 * malformed: the decoder refuses it; unwanted: dropped before signatures are checked; refused: a check fails; taken: the replica
 * handles it; decoded: of a kind that is no matter of the replica.
 */
export const OUTCOMES = ['malformed', 'unwanted', 'refused', 'taken', 'decoded'] as const;
export type Outcome = (typeof OUTCOMES)[number];

const SEPARATOR = ' | ';
type Counts = Record<string, number>;

export interface OutcomeCounts {
  cases: number;
  /** Blocks that were committed meanwhile: a replica that stands still is not worth fuzzing. */
  heights: number;
  /** Lives that ended because more than f validators lied, or because the replica found that it had forgotten something. */
  ends: number;
  /** type | mutation | outcome. */
  readonly outcomes: Counts;
  /** Why the checks refused; numbers are left out. */
  readonly reasons: Counts;
}

export function noOutcomes(): OutcomeCounts {
  return { cases: 0, heights: 0, ends: 0, outcomes: {}, reasons: {} };
}

function add(counts: Counts, key: string, by = 1): void {
  counts[key] = (counts[key] ?? 0) + by;
}

export function countOutcome(
  counts: OutcomeCounts,
  type: string,
  mutation: string,
  outcome: Outcome,
  reason: string | undefined,
): void {
  counts.cases += 1;
  add(counts.outcomes, [type, mutation, outcome].join(SEPARATOR));
  if (reason !== undefined) add(counts.reasons, reason.replaceAll(/\d+/g, '#'));
}

export function addOutcomes(total: OutcomeCounts, more: OutcomeCounts): void {
  total.cases += more.cases;
  total.heights += more.heights;
  total.ends += more.ends;
  for (const [key, count] of Object.entries(more.outcomes)) add(total.outcomes, key, count);
  for (const [key, count] of Object.entries(more.reasons)) add(total.reasons, key, count);
}

interface Row {
  readonly type: string;
  readonly mutation: string;
  readonly outcome: Outcome;
  readonly count: number;
}

function rows({ outcomes }: OutcomeCounts): readonly Row[] {
  return Object.entries(outcomes).map(([key, count]) => {
    const [type, mutation, outcome] = key.split(SEPARATOR) as [string, string, Outcome];
    return { type, mutation, outcome, count };
  });
}

function sum(list: readonly Row[], isCounted: (row: Row) => boolean): number {
  return list.filter(isCounted).reduce((total, { count }) => total + count, 0);
}

/** Types of which nothing was let through, or nothing refused: there the fuzz has reached nothing. */
export function findUnreached(counts: OutcomeCounts, types: readonly string[]): readonly string[] {
  const all = rows(counts);
  return types.flatMap((type) => {
    const through = sum(all, (row) => row.type === type && ['taken', 'decoded'].includes(row.outcome));
    const refused = sum(all, (row) => row.type === type && ['malformed', 'refused'].includes(row.outcome));
    return [
      ...(through === 0 ? [`no ${type} was taken`] : []),
      ...(refused === 0 ? [`no ${type} was refused`] : []),
    ];
  });
}

function table(head: readonly string[], body: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...body.map((row) => row[column]!.length)),
  );
  return [head, ...body].map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  '),
  );
}

/** For each of the names in one column, how many cases had which outcome. */
function byOutcome(all: readonly Row[], column: 'type' | 'mutation'): readonly string[] {
  const names = [...new Set(all.map((row) => row[column]))].sort();
  const body = names.map((name) => [
    name,
    ...OUTCOMES.map((outcome) => String(sum(all, (row) => row[column] === name && row.outcome === outcome))),
  ]);
  return table([column, ...OUTCOMES], body);
}

/** Taken (or decoded) of all, for every type and mutation. */
function crossTable(all: readonly Row[]): readonly string[] {
  const mutations = [...new Set(all.map(({ mutation }) => mutation))].sort();
  const types = [...new Set(all.map(({ type }) => type))].sort();
  const body = types.map((type) => [
    type,
    ...mutations.map((mutation) => {
      const cell = all.filter((row) => row.type === type && row.mutation === mutation);
      const through = sum(cell, ({ outcome }) => outcome === 'taken' || outcome === 'decoded');
      return cell.length === 0 ? '-' : `${through}/${sum(cell, () => true)}`;
    }),
  ]);
  return table(['let through / all', ...mutations], body);
}

export function describeOutcomes(counts: OutcomeCounts): readonly string[] {
  const all = rows(counts);
  const reasons = Object.entries(counts.reasons).sort(([, left], [, right]) => right - left);
  return [
    ...byOutcome(all, 'type'),
    '',
    ...byOutcome(all, 'mutation'),
    '',
    ...crossTable(all),
    '',
    ...table(
      ['refused because', 'cases'],
      reasons.map(([reason, count]) => [reason, String(count)]),
    ),
  ];
}
