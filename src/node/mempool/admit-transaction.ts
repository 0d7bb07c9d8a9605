/**
 * Admission of raw bytes: what every honest organisation judges alike (form, size, chain, expiry, signature), and as a
 * courtesy the content, which execution would turn into a failed outcome. Cheap checks come before the signature.
 */
import type { SignatureVerifier } from '../../protocol/crypto/signature-verifier.js';
import type { GenesisParameters } from '../../protocol/ledger/genesis-parameters.js';
import {
  checkInclusion,
  decodeSignedTransaction,
  verifyTransactionSignature,
} from '../../protocol/ledger/transaction.js';
import type { ChainId, Height, MonotonicMs, TransactionId } from '../../protocol/primitives/identifiers.js';
import { accept, reject, type Result } from '../../protocol/primitives/rejection.js';
import type { RawTransaction } from '../ports.js';
import { AdmittedTransaction } from './admitted-transaction.js';

export interface AdmissionContext {
  readonly chainId: ChainId;
  /** Lowest height that could include it. */
  readonly nextHeight: Height;
  readonly parameters: GenesisParameters;
  readonly verifier: SignatureVerifier;
  readonly nowMs: MonotonicMs;
  /** Whether a content that execution would turn into a failed outcome is refused: the courtesy to clients. */
  readonly checksContent: boolean;
}

/** Refusals: those of decodeSignedTransaction, checkInclusion and planTransaction, and SIGNATURE_INVALID. */
export function admitTransaction(
  raw: RawTransaction,
  context: AdmissionContext,
  /** transactionId(raw.body), where it is known already. */
  id?: TransactionId,
): Result<AdmittedTransaction> {
  const { chainId, nextHeight, parameters, verifier, nowMs, checksContent } = context;
  const decoded = decodeSignedTransaction(raw.body, raw.signature, parameters, id);
  if (!decoded.ok) return decoded;
  const transaction = decoded.value;
  const inclusion = checkInclusion(transaction, { chainId, height: nextHeight, parameters });
  if (inclusion !== undefined) return { ok: false, rejection: inclusion };
  if (!verifyTransactionSignature(transaction, verifier)) {
    return reject(
      'SIGNATURE_INVALID',
      `the signature is not that of key ${transaction.publicKey} over this body; sign the body's bytes as they are sent`,
      'signature',
    );
  }
  const admitted = new AdmittedTransaction(transaction, parameters, nowMs);
  const flaw = checksContent ? admitted.planned.rejection : undefined;
  return flaw === undefined ? accept(admitted) : { ok: false, rejection: flaw };
}
