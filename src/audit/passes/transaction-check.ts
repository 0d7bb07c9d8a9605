/** One row of transactions against itself: id, form, signature, outcome. */
import { decodeOutcome } from '../../protocol/ledger/outcome.js';
import {
  decodeSignedTransaction,
  transactionId,
  verifyTransactionSignature,
} from '../../protocol/ledger/transaction.js';
import { bytesToHex } from '../../protocol/primitives/bytes.js';
import type { Finding } from '../finding.js';
import type { AuditContext } from '../audit-context.js';
import type { StoredTransactionRow } from '../stored-rows.js';

/** The block's header bounds it; here it is only read. */
const NO_LIMIT = { transactionBytesMax: Number.MAX_SAFE_INTEGER };

type Fault = Pick<Finding, 'problem' | 'expected' | 'found'>;

/** What is wrong with the row; `undefined` when it is the one that its id, its signer and its outcome speak of. */
export function findTransactionFault(
  { body, signature, id, outcome }: StoredTransactionRow,
  { genesis, verifier }: Pick<AuditContext, 'genesis' | 'verifier'>,
): Fault | undefined {
  const computed = transactionId(body);
  const stored = bytesToHex(id);
  if (computed !== stored) {
    const problem = 'the body is not the one that the id names';
    return { problem, expected: `a body with the id ${stored}`, found: `one with the id ${computed}` };
  }
  const decoded = decodeSignedTransaction(body, signature, NO_LIMIT, computed);
  if (!decoded.ok) {
    const { code, message } = decoded.rejection;
    return { problem: 'it is no transaction', expected: 'canonical bytes', found: `${code}: ${message}` };
  }
  const transaction = decoded.value;
  if (transaction.chainId !== genesis.chainId) {
    return { problem: 'it is of another chain', expected: genesis.chainId, found: transaction.chainId };
  }
  if (!verifyTransactionSignature(transaction, verifier)) {
    const { publicKey } = transaction;
    return {
      problem: 'the signature is wrong',
      expected: `one of key ${publicKey}`,
      found: bytesToHex(signature),
    };
  }
  const result = decodeOutcome(outcome);
  if (!result.ok)
    return { problem: 'the outcome is none', expected: 'outcome bytes', found: result.rejection.message };
  if (result.value.signer !== transaction.publicKey) {
    const problem = 'the outcome names another signer';
    return { problem, expected: transaction.publicKey, found: result.value.signer };
  }
  return undefined;
}
