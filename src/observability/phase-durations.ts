/**
 * How long each block took from one phase of agreement to the next, measured between the replica's traces of it. A phase
 * whose beginning was not seen (a block that was caught up with, a commit learnt before the own prepare) is not guessed.
 */
import type { TraceKind } from '../protocol/pbft/effect.js';
import type { Height } from '../protocol/primitives/identifiers.js';

export const PHASES = ['prepare', 'commit', 'execute', 'certify'] as const;
export type Phase = (typeof PHASES)[number];

/** `PHASES[step]` lies between `STEPS[step]` and the step after it. */
const STEPS: readonly TraceKind[] = ['accepted', 'prepared', 'committed', 'executed', 'certified'];
const LAST_STEP = STEPS.length - 1;
/** Far above any pipeline; beyond it the oldest is forgotten, and its phases are not measured. */
const HEIGHTS_MAX = 1_024;

interface Mark {
  readonly step: number;
  readonly atMs: number;
}

export class PhaseDurations {
  private readonly marks = new Map<Height, Mark>();

  constructor(
    private readonly monotonicMs: () => number,
    private readonly onPhase: (phase: Phase, durationMs: number) => void,
  ) {}

  onTrace(kind: TraceKind, height: Height): void {
    const step = STEPS.indexOf(kind);
    if (step < 0) return;
    const atMs = this.monotonicMs();
    const before = this.marks.get(height);
    if (step > 0) {
      if (before === undefined || before.step >= step) return;
      const phase = before.step === step - 1 ? PHASES[before.step] : undefined;
      if (phase !== undefined) this.onPhase(phase, atMs - before.atMs);
    }
    // Deleted and set, so that the first key is the one that has waited longest.
    this.marks.delete(height);
    if (step < LAST_STEP) this.remember(height, { step, atMs });
  }

  private remember(height: Height, mark: Mark): void {
    this.marks.set(height, mark);
    if (this.marks.size <= HEIGHTS_MAX) return;
    const [oldest] = this.marks.keys();
    if (oldest !== undefined) this.marks.delete(oldest);
  }
}
