/**
 * What a verifier has shown on its way to a verdict, step by step (RCPT-3), for people and programs that want to see more than
 * the verdict. It observes: no check depends on it.
 */

/** In the order of the steps; `epochEnd` and `epochEndInLog` come once for each change of validators. */
export const PROOF_STEPS = [
  'genesis',
  'form',
  'transaction',
  'record',
  'entry',
  'epochEnd',
  'checkpoint',
  'epochEndInLog',
  'recordInLog',
] as const;

export type ProofStepName = (typeof PROOF_STEPS)[number];

/** A step that holds. */
export interface ProofStep {
  readonly name: ProofStepName;
  /** One sentence: what is certain from here on. */
  readonly claim: string;
  /** What it was shown with; hashes and keys are hex. */
  readonly details: Readonly<Record<string, string | number | readonly string[]>>;
}

export class ProofTrace {
  private readonly held: ProofStep[] = [];
  private current: ProofStepName = PROOF_STEPS[0];

  /** Those that hold. */
  get steps(): readonly ProofStep[] {
    return this.held;
  }

  /** The step that is being checked, or was when checking stopped. */
  get step(): ProofStepName {
    return this.current;
  }

  enter(name: ProofStepName): void {
    this.current = name;
  }

  /** The step that was entered holds. */
  hold(claim: string, details: ProofStep['details']): void {
    this.held.push({ name: this.current, claim, details });
  }
}
