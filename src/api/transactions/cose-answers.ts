/** What came of the wish for a COSE receipt, as bytes or as the problem that says who is missing. */
import type { CoseReceiptAnswer, MissingSignature } from '../../node/use-cases.js';
import type { TransactionId } from '../../protocol/primitives/identifiers.js';
import { ProblemException } from '../problems/problem-exception.js';

const REASONS: { readonly [Reason in MissingSignature['reason']]: string } = {
  noKey: 'has registered no key for receipts',
  unreachable: 'is not reachable',
  silent: 'did not answer in time',
  declined: 'does not sign: its node holds no key in force, or lags behind',
  busy: 'was not asked, since this node collects signatures for too many heights already',
  observer: 'was not asked, since this node is an observer; take the receipt at a member’s node',
};

function describeMissing(answer: Extract<CoseReceiptAnswer, { kind: 'unsigned' }>): string {
  const { needed, signed, missing } = answer;
  const got = signed.length === 0 ? 'none is there' : `${signed.join(', ')} signed`;
  const reasons = missing.map(({ organisation, reason }) => `${organisation} ${REASONS[reason]}`);
  return `${needed} signatures are needed, ${got}; ${reasons.join('; ')}`;
}

/** Throws ProblemException TRANSACTION_NOT_FOUND, TRANSACTION_NOT_COMMITTED, RECEIPT_NOT_READY, RECEIPT_SIGNATURES_MISSING. */
export function requireCoseReceipt(id: TransactionId, answer: CoseReceiptAnswer): Uint8Array {
  switch (answer.kind) {
    case 'receipt':
      return answer.bytes;
    case 'unknown':
      throw new ProblemException('TRANSACTION_NOT_FOUND', `no transaction ${id}`);
    case 'notCommitted':
      throw new ProblemException('TRANSACTION_NOT_COMMITTED', `transaction ${id} is not on the ledger`);
    case 'notCertifiedYet':
      throw new ProblemException(
        'RECEIPT_NOT_READY',
        `the block of transaction ${id} lacks countersignatures`,
      );
    case 'unsigned':
      throw new ProblemException('RECEIPT_SIGNATURES_MISSING', describeMissing(answer));
  }
}
