/**
 * A small ledger made by hand, for receipts: twelve blocks, two epochs (acme's ledger key changes after height 7), real
 * signatures and roots. It shows what a receipt is made of without running a replica.
 */
import { publicKeyOfSeed, signMessage } from '../../src/protocol/crypto/ed25519.js';
import { leafHash } from '../../src/protocol/crypto/merkle/merkle-hash.js';
import { inclusionProof, merkleRoot } from '../../src/protocol/crypto/merkle/merkle-tree.js';
import { sha256 } from '../../src/protocol/crypto/sha256.js';
import { checkpointText } from '../../src/protocol/encoding/checkpoint-text.js';
import { encodeGenesis, type Genesis } from '../../src/protocol/ledger/genesis.js';
import { encodeOutcome, entryLeafHash, type Outcome } from '../../src/protocol/ledger/outcome.js';
import { encodeResultRecord, type ResultRecord } from '../../src/protocol/ledger/result-record.js';
import type { Transaction } from '../../src/protocol/ledger/transaction.js';
import { validatorSetDigest, type ValidatorSet } from '../../src/protocol/ledger/validator-set.js';
import type { CheckpointCertificate } from '../../src/protocol/pbft/certificate.js';
import { bytesToHex, utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import type { BlockHash, Digest, Height } from '../../src/protocol/primitives/identifiers.js';
import type { EndedEpoch, ReceiptParts } from '../../src/protocol/proof/build-receipt.js';
import {
  documentCommand,
  signTestTransaction,
  testGenesis,
  testGenesisDocument,
  testSeed,
} from './signed-transactions.js';

export const EPOCH_FINAL_HEIGHT = 7;
const HEAD = 11;

const digestOf = (text: string): Digest => bytesToHex(sha256(utf8ToBytes(text))) as Digest;

export interface ReceiptLedger {
  readonly genesis: Genesis;
  readonly genesisBytes: Uint8Array;
  /** Validators of epoch 0 and of epoch 1. */
  readonly sets: readonly [ValidatorSet, ValidatorSet];
  readonly transactions: readonly Transaction[];
  readonly records: readonly Uint8Array[];
  /** Certificate of a height by the first three validators of its epoch, or by others. */
  certificate(height: Height, signers?: readonly number[]): CheckpointCertificate;
  /** Parts of the receipt of a transaction of height 5, under the checkpoint of a height. */
  parts(index: number, checkpointHeight: Height): ReceiptParts;
}

function epochOf(height: Height): 0 | 1 {
  return height > EPOCH_FINAL_HEIGHT ? 1 : 0;
}

function seedsOf(sets: readonly [ValidatorSet, ValidatorSet]): ReadonlyMap<string, Uint8Array> {
  const seeds = ['acme', 'globex', 'initech', 'umbrella', 'acme, second key'].map(testSeed);
  const byKey = new Map(seeds.map((seed) => [publicKeyOfSeed(seed) as string, seed]));
  for (const { ledgerKey } of sets.flat())
    if (!byKey.has(ledgerKey)) throw new Error(`no seed of ${ledgerKey}`);
  return byKey;
}

/** `outcomes[i]` is what became of the i-th transaction of height 5, after which the state has `stateRoot`. */
export function createReceiptLedger(stateRoot: Digest = digestOf('state 5')): ReceiptLedger {
  const genesis = testGenesis();
  const secondKey = publicKeyOfSeed(testSeed('acme, second key'));
  const sets: readonly [ValidatorSet, ValidatorSet] = [
    genesis.validators,
    genesis.validators.map((each) =>
      each.organisation === 'acme' ? { ...each, ledgerKey: secondKey } : each,
    ),
  ];
  const seeds = seedsOf(sets);
  const transactions = ['acme/submitter', 'globex/submitter', 'nobody'].map((signer, index) =>
    signTestTransaction({
      chainId: genesis.chainId,
      signer,
      idempotencyKey: `order-${index}`,
      command: documentCommand([`urn:order:${index}`]),
    }),
  );
  const outcomes: readonly Outcome[] = [
    { code: 'OK', signer: transactions[0]!.publicKey, identity: 'acme/submitter', custody: 'self' },
    {
      code: 'REPLAYED',
      firstId: transactions[0]!.id,
      signer: transactions[1]!.publicKey,
      identity: 'globex/submitter',
      custody: 'node',
    },
    {
      code: 'FAILED',
      failure: 'SIGNER_UNKNOWN',
      signer: transactions[2]!.publicKey,
      identity: '',
      custody: 'self',
    },
  ];
  const entries = transactions.map(({ id }, index) => ({ id, outcome: encodeOutcome(outcomes[index]!) }));
  const records = Array.from({ length: HEAD + 1 }, (_, height) => {
    const epoch = epochOf(height);
    const record: ResultRecord = {
      chainId: genesis.chainId,
      epoch,
      height,
      timestampMs: 1_700_000_000_000 + height,
      blockHash: digestOf(`block ${height}`) as string as BlockHash,
      entryCount: height === 5 ? entries.length : 0,
      entriesRoot: bytesToHex(
        merkleRoot(height === 5 ? entries.map(({ id, outcome }) => entryLeafHash(id, outcome)) : []),
      ) as Digest,
      stateRoot: height === 5 ? stateRoot : digestOf(`state ${height}`),
      validatorsDigest: validatorSetDigest(sets[epoch]),
      nextValidatorsDigest: validatorSetDigest(sets[epochOf(height + 1)]),
    };
    return encodeResultRecord(record);
  });
  const leaves = records.map(leafHash);

  const certificate = (height: Height, signers: readonly number[] = [0, 1, 2]): CheckpointCertificate => {
    const root = bytesToHex(merkleRoot(leaves.slice(0, height + 1))) as Digest;
    const message = utf8ToBytes(checkpointText(genesis.origin, height, root));
    const signatures = signers.map((signer) => {
      const seed = seeds.get(sets[epochOf(height)][signer]!.ledgerKey);
      return { signer, signature: signMessage(seed!, message) };
    });
    return { height, root, signatures };
  };

  const endedEpoch = (checkpointHeight: Height): EndedEpoch => ({
    resultRecord: records[EPOCH_FINAL_HEIGHT]!,
    nextValidators: sets[1],
    certificate: certificate(EPOCH_FINAL_HEIGHT, [1, 2, 3]),
    certificatePath: inclusionProof(leaves.slice(0, EPOCH_FINAL_HEIGHT + 1), EPOCH_FINAL_HEIGHT),
    logPath: inclusionProof(leaves.slice(0, checkpointHeight + 1), EPOCH_FINAL_HEIGHT),
  });

  return {
    genesis,
    genesisBytes: encodeGenesis(testGenesisDocument()),
    sets,
    transactions,
    records,
    certificate,
    parts: (index, checkpointHeight) => ({
      genesis,
      transaction: transactions[index]!,
      index,
      entries,
      resultRecord: records[5]!,
      logPath: inclusionProof(leaves.slice(0, checkpointHeight + 1), 5),
      checkpoint: certificate(checkpointHeight),
      endedEpochs: checkpointHeight > EPOCH_FINAL_HEIGHT ? [endedEpoch(checkpointHeight)] : [],
    }),
  };
}
