/** A receipt's verdict together with the steps that lead to it (RCPT-3): those that hold, and the one that failed. */
import type { Result } from '../primitives/rejection.js';
import { ProofTrace, type ProofStep, type ProofStepName } from './proof-trace.js';
import { verifyReceipt, type VerifiedReceipt } from './verify-receipt.js';

export interface ReceiptExplanation {
  /** What verifyReceipt says. */
  readonly result: Result<VerifiedReceipt>;
  /** Those that hold, in order. */
  readonly steps: readonly ProofStep[];
  /** Where a refused receipt failed; what comes after it was not looked at. */
  readonly failedAt: ProofStepName | undefined;
}

export function explainReceipt(receiptBytes: Uint8Array, genesisBytes: Uint8Array): ReceiptExplanation {
  const trace = new ProofTrace();
  const result = verifyReceipt(receiptBytes, genesisBytes, trace);
  return { result, steps: trace.steps, failedAt: result.ok ? undefined : trace.step };
}
