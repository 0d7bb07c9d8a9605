/** From a node's answers to values, and from options to a query string. */
import { CountersignError } from './countersign-error.js';
import type { ExchangeAnswer } from './http-exchange.js';
import type { CommittedTransaction, TransactionResource } from './resources.js';

/** The answer as JSON of the shape that docs/openapi.json gives it. Throws RESPONSE_MALFORMED. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the resource's shape is the caller's word
export function parseResource<Resource>(answer: ExchangeAnswer): Resource {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(answer.bytes)) as Resource;
  } catch (cause) {
    const message = 'the answer is not JSON; is this the address of a node, and not of something before it?';
    throw new CountersignError('RESPONSE_MALFORMED', message, undefined, { cause });
  }
}

/** A transaction that waits no more. Throws TRANSACTION_EXPIRED, RESPONSE_MALFORMED. */
export function settledTransaction(transaction: TransactionResource): CommittedTransaction {
  const { id, status, height, index, outcome } = transaction;
  if (status === 'EXPIRED') {
    throw new CountersignError(
      'TRANSACTION_EXPIRED',
      `transaction ${id} was never included; build and sign it again`,
    );
  }
  if (status !== 'COMMITTED' || height === undefined || index === undefined || outcome === undefined) {
    throw new CountersignError('RESPONSE_MALFORMED', `the node says nothing certain of transaction ${id}`);
  }
  return { ...transaction, status, height, index, outcome };
}

/** `?name=value…` of the options that are set; empty when none is. */
export function queryString(options: Readonly<Record<string, string | number | undefined>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}
