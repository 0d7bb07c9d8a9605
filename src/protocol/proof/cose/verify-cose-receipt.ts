/**
 * Opens the COSE form of a receipt offline (COSE-3). The genesis file says which chain and, unless it is told otherwise, whose
 * signatures count; the ES256 keys are given, since they stand in the ledger and not in genesis.
 */
import { verifyEs256 } from '../../crypto/es256.js';
import { leafHash } from '../../crypto/merkle/merkle-hash.js';
import { rootFromInclusion } from '../../crypto/merkle/verify-inclusion.js';
import { isInForce } from '../../ledger/transaction.js';
import { parseGenesis, type Genesis } from '../../ledger/genesis.js';
import { decodeResultRecord, type ResultRecord } from '../../ledger/result-record.js';
import { validatorSetDigest } from '../../ledger/validator-set.js';
import { bytesEqual, bytesToHex, compareStrings } from '../../primitives/bytes.js';
import type { Digest, Height, OrganisationName } from '../../primitives/identifiers.js';
import { quorumSize } from '../../primitives/quorum.js';
import { accept, type Result } from '../../primitives/rejection.js';
import { decodeCoseReceipt, headerSigningBytes, type CoseReceipt } from './cose-receipt.js';
import { receiptKeyId, type ReceiptKey } from './receipt-keys.js';
import {
  invalidReceipt as invalid,
  verifyEntry,
  verifyTransaction,
  type VerifiedTransaction,
} from '../verify-entry.js';

export interface CoseReceiptTrust {
  readonly keys: readonly ReceiptKey[];
  /** Organisations that had a vote at the receipt's tree; those of genesis unless the set has changed since. */
  readonly validators?: readonly OrganisationName[] | undefined;
}

export interface VerifiedCoseReceipt extends VerifiedTransaction {
  /** What was signed: the result log up to this height. */
  readonly checkpoint: { readonly height: Height; readonly root: Digest };
  /** Organisations, ascending. */
  readonly signers: readonly OrganisationName[];
}

/** Why a set other than that of genesis would have to be named; `undefined` when the one that counts is known. */
function setFault(
  record: ResultRecord,
  genesis: Genesis,
  { validators }: CoseReceiptTrust,
): string | undefined {
  if (record.chainId !== genesis.chainId) return 'the result record is of another chain';
  if (validators !== undefined || record.validatorsDigest === validatorSetDigest(genesis.validators))
    return undefined;
  return `the validators of epoch ${record.epoch} are not those of genesis; name the ones of the receipt's height`;
}

/** Each signature is that of a key which the organisation had in force at the height of the tree. */
function signatureFault(
  receipt: CoseReceipt,
  genesis: Genesis,
  trust: CoseReceiptTrust,
  root: Uint8Array,
): string | undefined {
  const height = receipt.inclusion.size - 1;
  const validators = trust.validators ?? genesis.validators.map(({ organisation }) => organisation);
  const known = trust.keys.map((key) => ({ ...key, kid: receiptKeyId(key.publicKey) }));
  let last = '';
  for (const signed of receipt.signatures) {
    const { issuer, subject, kid } = signed;
    if (compareStrings(last, issuer) >= 0) return 'the receipts do not ascend by organisation, each once';
    last = issuer;
    if (subject !== genesis.origin) return `the receipt of ${issuer} is for the log ${subject}`;
    if (!validators.includes(issuer)) return `${issuer} has no vote`;
    const key = known.find((each) => each.organisation === issuer && bytesEqual(each.kid, kid));
    if (key === undefined) return `the key ${bytesToHex(kid)} of ${issuer} is not in the key set`;
    if (!isInForce(key, height))
      return `the key ${key.name} of ${issuer} was not in force at height ${height}`;
    if (!verifyEs256(key.publicKey, headerSigningBytes(signed, root), signed.signature))
      return `the signature of ${issuer} is not over this root`;
  }
  const needed = quorumSize(validators.length);
  return receipt.signatures.length === needed
    ? undefined
    : `${receipt.signatures.length} organisations signed; of ${validators.length} exactly ${needed} do`;
}

/**
 * Refusals: GENESIS_INVALID, RECEIPT_MALFORMED, RECEIPT_NOT_CANONICAL, RECEIPT_INVALID, and those of a malformed transaction.
 */
export function verifyCoseReceipt(
  receiptBytes: Uint8Array,
  genesisBytes: Uint8Array,
  trust: CoseReceiptTrust,
): Result<VerifiedCoseReceipt> {
  const genesis = parseGenesis(genesisBytes);
  if (!genesis.ok) return genesis;
  const decoded = decodeCoseReceipt(receiptBytes);
  if (!decoded.ok) return decoded;
  const receipt = decoded.value;
  const transaction = verifyTransaction(receipt, genesis.value);
  if (!transaction.ok) return transaction;
  const record = decodeResultRecord(receipt.resultRecord);
  if (!record.ok) return record;
  const outcome = verifyEntry(receipt, transaction.value, record.value);
  if (!outcome.ok) return outcome;
  const fault = setFault(record.value, genesis.value, trust);
  if (fault !== undefined) return invalid(fault, 'resultRecord');
  const { height, epoch, timestampMs, blockHash } = record.value;
  const root = rootFromInclusion({ leafHash: leafHash(receipt.resultRecord), ...receipt.inclusion });
  if (root === undefined || receipt.inclusion.index !== height)
    return invalid(`the path is not that of leaf ${height}, the result record's own height`, 'receipts');
  const unsigned = signatureFault(receipt, genesis.value, trust, root);
  if (unsigned !== undefined) return invalid(unsigned, 'receipts');
  return accept({
    chainId: genesis.value.chainId,
    transactionId: transaction.value.id,
    transaction: transaction.value,
    outcome: outcome.value,
    epoch,
    height,
    index: receipt.entry.index,
    timestampMs,
    blockHash,
    checkpoint: { height: receipt.inclusion.size - 1, root: bytesToHex(root) as Digest },
    signers: receipt.signatures.map(({ issuer }) => issuer),
  });
}
