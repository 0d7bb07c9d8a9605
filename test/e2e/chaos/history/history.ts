/**
 * What clients asked for and what they were told, on one clock: the evidence that check-history.ts judges the ledger by. One
 * attempt for each transaction, so that a refusal is a refusal and not the end of a row of attempts.
 */
import { CountersignClient, CountersignError, type SignedTransaction } from '../../../../src/sdk/index.js';
import type { Height, TransactionId } from '../../../../src/protocol/primitives/identifiers.js';

export type Answer =
  | { readonly kind: 'acknowledged'; readonly height: Height; readonly index: number }
  /** The node did not take it, so it may be nowhere. */
  | { readonly kind: 'refused'; readonly code: string }
  /** It may be on the ledger or not: the answer was lost, or did not come in time. */
  | { readonly kind: 'indeterminate'; readonly code: string };

export interface HistoryEntry {
  readonly id: TransactionId;
  /** Its transactions follow one another. */
  readonly session: string;
  readonly invokedAtMs: number;
  readonly answeredAtMs: number;
  readonly answer: Answer;
}

const ANSWER_LIMIT_MS = 2_000;
const WAIT_MS = 5_000;
/** Answered before the transaction is looked at (api/transactions/submit-gate.ts). */
const GATE_CODES = new Set([
  'NODE_STARTING',
  'NODE_DRAINING',
  'NODE_QUARANTINED',
  'NODE_HALTED',
  'QUORUM_UNREACHABLE',
  'JOURNAL_FULL',
]);

/** A client that asks once: what it is told is about that one attempt. */
export function createHistoryClient(restUrl: string): CountersignClient {
  return new CountersignClient(restUrl, { retries: 0, timeoutMs: ANSWER_LIMIT_MS });
}

function failureToAnswer({ code, problem }: CountersignError): Answer {
  const status = problem?.status ?? 0;
  const isRefusal = (status >= 400 && status < 500 && status !== 408) || GATE_CODES.has(code);
  return { kind: isRefusal || code === 'TRANSACTION_EXPIRED' ? 'refused' : 'indeterminate', code };
}

async function submit(client: CountersignClient, transaction: SignedTransaction): Promise<Answer> {
  try {
    const { height, index, outcome } = await client.submitAndWait(transaction, { timeoutMs: WAIT_MS });
    if (outcome.code !== 'OK') throw new Error(`${transaction.id} has the outcome ${outcome.code}`);
    return { kind: 'acknowledged', height, index };
  } catch (error) {
    if (error instanceof CountersignError) return failureToAnswer(error);
    throw error;
  }
}

export class History {
  readonly entries: HistoryEntry[] = [];

  /** Hands the transaction to the node and remembers how that ended. Throws when it was committed without effect. */
  async record(session: string, client: CountersignClient, transaction: SignedTransaction): Promise<Answer> {
    const invokedAtMs = performance.now();
    const answer = await submit(client, transaction);
    const answeredAtMs = performance.now();
    this.entries.push({ id: transaction.id, session, invokedAtMs, answeredAtMs, answer });
    return answer;
  }
}
