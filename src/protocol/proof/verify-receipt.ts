/**
 * Opens a receipt offline (RCPT-3): the genesis file is all that is trusted. Steps, each with its own reason:
 * form, transaction, outcome, entries root, validator history, checkpoint, log. Every changed byte is refused.
 */
import { parseGenesis, type Genesis } from '../ledger/genesis.js';
import { decodeResultRecord, type ResultRecord } from '../ledger/result-record.js';
import { quorumSize } from '../primitives/quorum.js';
import { accept, type Result } from '../primitives/rejection.js';
import {
  verifyCountersignedResult,
  type Countersignatures,
  type ProofNaming,
} from './countersigned/verify-countersigned-result.js';
import { ProofTrace } from './proof-trace.js';
import { decodeReceipt, RECEIPT_FORMAT, type Receipt } from './receipt.js';
import { verifyEntry, verifyTransaction, type VerifiedTransaction } from './verify-entry.js';

const NAMING: ProofNaming = { noun: 'receipt', invalid: 'RECEIPT_INVALID' };

export interface VerifiedReceipt extends VerifiedTransaction, Countersignatures {}

function openFiles(
  receiptBytes: Uint8Array,
  genesisBytes: Uint8Array,
  trace: ProofTrace,
): Result<{ readonly genesis: Genesis; readonly receipt: Receipt }> {
  trace.enter('genesis');
  const genesis = parseGenesis(genesisBytes);
  if (!genesis.ok) return genesis;
  const { chainId, name, origin, validators } = genesis.value;
  trace.hold(
    `the genesis file names the ${validators.length} founders of ${name}; ${quorumSize(validators.length)} of them are a quorum`,
    { chainId, origin, validators: validators.map(({ organisation }) => organisation) },
  );
  trace.enter('form');
  const receipt = decodeReceipt(receiptBytes);
  if (!receipt.ok) return receipt;
  trace.hold(`the file is a ${RECEIPT_FORMAT} in its one spelling`, { bytes: receiptBytes.length });
  return accept({ genesis: genesis.value, receipt: receipt.value });
}

function openRecord(receipt: Receipt, trace: ProofTrace): Result<ResultRecord> {
  trace.enter('record');
  const record = decodeResultRecord(receipt.resultRecord);
  if (!record.ok) return record;
  const { height, epoch, timestampMs, blockHash, entryCount, stateRoot } = record.value;
  const details = { height, epoch, timestampMs, blockHash, entryCount, stateRoot };
  trace.hold(`the result record is that of block ${height}, with ${entryCount} transactions`, details);
  return record;
}

/**
 * Verifies the bytes of a receipt against the bytes of the genesis file; `trace` is told each step. Refusals: GENESIS_INVALID,
 * RECEIPT_MALFORMED, RECEIPT_NOT_CANONICAL, RECEIPT_INVALID, NOTE_MALFORMED, NOTE_UNVERIFIED, and those of a malformed transaction.
 */
export function verifyReceipt(
  receiptBytes: Uint8Array,
  genesisBytes: Uint8Array,
  trace: ProofTrace = new ProofTrace(),
): Result<VerifiedReceipt> {
  const files = openFiles(receiptBytes, genesisBytes, trace);
  if (!files.ok) return files;
  const { genesis, receipt } = files.value;
  const transaction = verifyTransaction(receipt, genesis, trace);
  if (!transaction.ok) return transaction;
  const record = openRecord(receipt, trace);
  if (!record.ok) return record;
  const outcome = verifyEntry(receipt, transaction.value, record.value, trace);
  if (!outcome.ok) return outcome;
  const signed = verifyCountersignedResult(receipt, record.value, genesis, NAMING, trace);
  if (!signed.ok) return signed;
  const { height, epoch, timestampMs, blockHash } = record.value;
  return accept({
    chainId: genesis.chainId,
    transactionId: transaction.value.id,
    transaction: transaction.value,
    outcome: outcome.value,
    epoch,
    height,
    index: receipt.entry.index,
    timestampMs,
    blockHash,
    ...signed.value,
  });
}
