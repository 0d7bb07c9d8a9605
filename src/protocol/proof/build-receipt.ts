/** Puts a receipt together from what the ledger holds; verify-receipt.ts opens it anywhere else. */
import { inclusionProof } from '../crypto/merkle/merkle-tree.js';
import type { Genesis } from '../ledger/genesis.js';
import { entryLeafHash } from '../ledger/outcome.js';
import type { ValidatorSet } from '../ledger/validator-set.js';
import type { CheckpointCertificate } from '../pbft/certificate.js';
import type { TransactionId } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import { checkpointNote } from './checkpoint-certificate.js';
import type { EpochChange } from './epoch-change.js';
import { encodeReceipt } from './receipt.js';

/** An ended epoch as the ledger holds it. */
export interface EndedEpoch {
  readonly resultRecord: Uint8Array;
  /** The set of the next epoch. */
  readonly nextValidators: ValidatorSet;
  /** Of the epoch's last height, by the set that ended. */
  readonly certificate: CheckpointCertificate;
  /** Of the record, in the log of that certificate and in the log of the receipt's checkpoint. */
  readonly certificatePath: readonly Uint8Array[];
  readonly logPath: readonly Uint8Array[];
}

export interface ReceiptParts {
  readonly genesis: Pick<Genesis, 'origin' | 'validators'>;
  readonly transaction: { readonly body: Uint8Array; readonly signature: Uint8Array };
  /** Position of the transaction in its block. */
  readonly index: number;
  /** Every entry of the block in order; `outcome` is encoded (ledger/outcome.ts). */
  readonly entries: readonly { readonly id: TransactionId; readonly outcome: Uint8Array }[];
  /** Canonical bytes of the block's result record. */
  readonly resultRecord: Uint8Array;
  /** Path of the record in the log of `checkpoint` (crypto/merkle/stored-proofs.ts). */
  readonly logPath: readonly Uint8Array[];
  /** A certificate of the block's height or a later one. */
  readonly checkpoint: CheckpointCertificate;
  /** Every epoch that ended before the checkpoint, in order; none in epoch 0. */
  readonly endedEpochs?: readonly EndedEpoch[];
}

/** The receipt's bytes. The parts are the ledger's own, so a part that cannot be used is a broken invariant. */
export function buildReceipt(parts: ReceiptParts): Uint8Array {
  const { genesis, index, entries, transaction } = parts;
  const entry = entries[index];
  invariant(entry !== undefined, `block has no entry ${index} among ${entries.length}`);
  const leafHashes = entries.map(({ id, outcome }) => entryLeafHash(id, outcome));
  let validators = genesis.validators;
  const validatorHistory: EpochChange[] = [];
  for (const ended of parts.endedEpochs ?? []) {
    validatorHistory.push({
      resultRecord: ended.resultRecord,
      validators: ended.nextValidators,
      checkpoint: checkpointNote(genesis.origin, validators, ended.certificate),
      checkpointPath: ended.certificatePath,
      logPath: ended.logPath,
    });
    validators = ended.nextValidators;
  }
  return encodeReceipt({
    transaction: { body: transaction.body, signature: transaction.signature },
    entry: { index, count: entries.length, outcome: entry.outcome, path: inclusionProof(leafHashes, index) },
    resultRecord: parts.resultRecord,
    logPath: parts.logPath,
    checkpoint: checkpointNote(genesis.origin, validators, parts.checkpoint),
    validatorHistory,
  });
}
