/**
 * Admission of raw bytes: what every honest organisation judges alike (form, size, chain, expiry, signature), and as a
 * courtesy the content, which execution would turn into a failed outcome. Cheap checks come before the signature.
 */
import { planTransaction } from '../../protocol/execution/plan-transaction.js';
import type { SignatureVerifier } from '../../protocol/crypto/signature-verifier.js';
import type { GenesisParameters } from '../../protocol/ledger/genesis-parameters.js';
import {
  checkInclusion,
  decodeSignedTransaction,
  transactionBytes,
  verifyTransactionSignature,
} from '../../protocol/ledger/transaction.js';
import type { ChainId, Height, MonotonicMs } from '../../protocol/primitives/identifiers.js';
import { accept, reject, type Result } from '../../protocol/primitives/rejection.js';
import type { RawTransaction } from '../ports.js';
import type { AdmittedTransaction } from './admitted-transaction.js';

export interface AdmissionContext {
  readonly chainId: ChainId;
  /** Lowest height that could include it. */
  readonly nextHeight: Height;
  readonly parameters: GenesisParameters;
  readonly verifier: SignatureVerifier;
  readonly nowMs: MonotonicMs;
}

/** Refusals: those of decodeSignedTransaction, checkInclusion and planTransaction, and SIGNATURE_INVALID. */
export function admitTransaction(
  raw: RawTransaction,
  context: AdmissionContext,
): Result<AdmittedTransaction> {
  const { chainId, nextHeight, parameters, verifier, nowMs } = context;
  const decoded = decodeSignedTransaction(raw.body, raw.signature, parameters);
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
  const planned = planTransaction(transaction, parameters);
  if (planned.rejection !== undefined) return { ok: false, rejection: planned.rejection };
  return accept({
    transaction,
    planned,
    bytes: transactionBytes(transaction),
    arrivedMs: nowMs,
  } as AdmittedTransaction);
}
