/**
 * Which faults happen. Each has a name that depends on nothing but what it strikes, so that a failing run can be written down
 * as the list of its faults, repeated although the code draws otherwise by then, and shrunk by leaving faults out.
 */

/** A fault that is decided before the run. Nodes are processes by id; times are virtual milliseconds. */
export type PlannedFault =
  | {
      readonly kind: 'crash';
      readonly node: number;
      readonly atMs: number;
      readonly downMs: number;
      /** Blocks by which the database is set back meanwhile. */
      readonly rollbackBlocks: number;
    }
  | {
      readonly kind: 'partition';
      readonly atMs: number;
      readonly lengthMs: number;
      /** Side of each process. */
      readonly sides: readonly number[];
      /** `oneWay`: side 0 is not heard by the others; `unnoticed`: both directions, and no stream breaks. */
      readonly form: 'noticed' | 'unnoticed' | 'oneWay';
    };

export interface PlannedTransaction {
  readonly name: string;
  readonly atMs: number;
  /** Processes that get it first. */
  readonly nodes: readonly number[];
}

/** A run in full: what was planned, and every decision that chance took on the way. */
export interface Schedule {
  readonly faults: readonly PlannedFault[];
  readonly transactions: readonly PlannedTransaction[];
  readonly decisions: readonly string[];
}

export class FaultPlan {
  /** Decisions taken, when they are recorded. */
  readonly taken: string[] = [];
  private readonly kept: ReadonlySet<string> | undefined;

  /** Faults and transactions of before the run, where they are not drawn. */
  readonly planned: Pick<Schedule, 'faults' | 'transactions'> | undefined;

  /** Without a schedule chance decides, about what is not `planned`; with one, exactly what it lists happens. */
  constructor(
    schedule?: Schedule,
    private readonly isRecording = false,
    planned: Pick<Schedule, 'faults' | 'transactions'> | undefined = schedule,
  ) {
    this.planned = planned;
    this.kept = schedule && new Set(schedule.decisions);
  }

  /** `isDrawn`: chance wants the fault; `name` is asked for only where it matters. */
  happens(isDrawn: boolean, name: () => string): boolean {
    if (this.kept !== undefined) return this.kept.has(name());
    if (isDrawn && this.isRecording) this.taken.push(name());
    return isDrawn;
  }
}
