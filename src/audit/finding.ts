/** What an audit finds: a row that is not what the ledger has written, in words and as values. */
import type { Height } from '../protocol/primitives/identifiers.js';

export const AUDITED_TABLES = [
  'genesis',
  'blocks',
  'transactions',
  'subject_entries',
  'subject_nodes',
  'log_nodes',
  'checkpoints',
  'state',
  'evidence',
] as const;

export type AuditedTable = (typeof AUDITED_TABLES)[number];

export interface Finding {
  readonly table: AuditedTable;
  /** Columns that name the row or, where one alone cannot be named, the rows. */
  readonly row: Readonly<Record<string, string | number>>;
  /** Heights that it concerns. */
  readonly heights: readonly Height[];
  readonly problem: string;
  readonly expected: string;
  readonly found: string;
}

/** More are counted, and not kept. */
const KEPT_MAX = 1_000;

export class Findings {
  readonly kept: Finding[] = [];
  readonly countByTable = new Map<AuditedTable, number>();
  count = 0;

  constructor(private readonly onFinding: (finding: Finding) => void = () => undefined) {}

  add(finding: Finding): void {
    this.count++;
    this.countByTable.set(finding.table, (this.countByTable.get(finding.table) ?? 0) + 1);
    if (this.kept.length < KEPT_MAX) this.kept.push(finding);
    this.onFinding(finding);
  }

  /** Takes over what an audit that was broken off had found. */
  restore({ kept, countByTable }: KeptFindings): void {
    this.kept.push(...kept);
    for (const [table, count] of Object.entries(countByTable)) {
      this.countByTable.set(table as AuditedTable, count);
      this.count += count;
    }
  }

  toJSON(): KeptFindings {
    return { kept: this.kept, countByTable: Object.fromEntries(this.countByTable) };
  }
}

/** The JSON form. */
export interface KeptFindings {
  readonly kept: readonly Finding[];
  readonly countByTable: Readonly<Partial<Record<AuditedTable, number>>>;
}

/** One line for people. */
export function describeFinding({ table, row, problem, expected, found }: Finding): string {
  const where = Object.entries(row).map(([column, value]) => `${column} ${value}`);
  return `ledger.${table}, ${where.join(', ')}: ${problem}; expected ${expected}, found ${found}`;
}
