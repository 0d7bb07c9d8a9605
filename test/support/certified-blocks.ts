/** Blocks of real transactions with the certificates that a quorum of the example organisations would give them. */
import { ed25519Verifier, signMessage } from '../../src/protocol/crypto/ed25519.js';
import { checkpointText } from '../../src/protocol/encoding/checkpoint-text.js';
import { encodeVote } from '../../src/protocol/encoding/vote-bytes.js';
import type { Block } from '../../src/protocol/ledger/block.js';
import { bodyBytes, encodeBlockBody } from '../../src/protocol/ledger/block-body.js';
import { hashHeader, type BlockHeader } from '../../src/protocol/ledger/block-header.js';
import type { Genesis } from '../../src/protocol/ledger/genesis.js';
import { transactionRoot } from '../../src/protocol/ledger/transaction-tree.js';
import type { Transaction } from '../../src/protocol/ledger/transaction.js';
import { validatorSetDigest } from '../../src/protocol/ledger/validator-set.js';
import type {
  CheckpointCertificate,
  QuorumCertificate,
  VoteKind,
} from '../../src/protocol/pbft/certificate.js';
import { utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import {
  ZERO_DIGEST,
  type BlockHash,
  type Digest,
  type Height,
} from '../../src/protocol/primitives/identifiers.js';
import { admitTransaction } from '../../src/node/mempool/admit-transaction.js';
import type { AdmittedTransaction } from '../../src/node/mempool/admitted-transaction.js';
import {
  documentCommand,
  signTestTransaction,
  testSeed,
  type TestTransaction,
} from './signed-transactions.js';

export const NO_PARENT = ZERO_DIGEST as string as BlockHash;
export const BLOCK_TIME_MS = 1_750_000_000_000;

/** Changes a transaction's or a block's field to something else than the sample has. */
export type Changes<Type> = { readonly [Key in keyof Type]?: Type[Key] };

/** One signed transaction that records one document; `name` makes it one of its own. */
export function sampleTransaction(
  genesis: Genesis,
  name: string,
  changes: Changes<TestTransaction> = {},
): Transaction {
  return signTestTransaction({
    chainId: genesis.chainId,
    signer: 'acme/submitter',
    idempotencyKey: name,
    command: documentCommand([`urn:item:${name}`]),
    ...changes,
  });
}

/** What admission makes of a transaction. */
export function admitted(genesis: Genesis, transaction: Transaction, nowMs = 0): AdmittedTransaction {
  const { chainId, parameters } = genesis;
  const result = admitTransaction(transaction, {
    chainId,
    nextHeight: 1,
    parameters,
    verifier: ed25519Verifier,
    nowMs,
    checksContent: true,
  });
  if (!result.ok) throw new Error(result.rejection.message);
  return result.value;
}

/** A block as an honest primary builds it; the result that it carries is `resultRoot`. */
export function sampleBlockOf(
  genesis: Genesis,
  transactions: readonly Transaction[],
  changes: Changes<BlockHeader> = {},
): Block {
  const height = changes.height ?? 1;
  const header: BlockHeader = {
    chainId: genesis.chainId,
    epoch: 0,
    height,
    originView: 0,
    proposer: 0,
    parentHash: NO_PARENT,
    transactionRoot: transactionRoot(transactions),
    transactionCount: transactions.length,
    bodyBytes: bodyBytes(transactions),
    resultRoot: ZERO_DIGEST,
    validatorsDigest: validatorSetDigest(genesis.validators),
    nextValidatorsDigest: ZERO_DIGEST,
    timestampMs: BLOCK_TIME_MS + height,
    epochFinal: false,
    ...changes,
  };
  return { header, hash: hashHeader(header), body: encodeBlockBody(transactions) };
}

/** Blocks `first` … of one transaction each, every one on the one before. */
export function sampleChain(genesis: Genesis, count: number): readonly Block[] {
  const blocks: Block[] = [];
  for (let height = 1; height <= count; height++) {
    const parentHash = blocks.at(-1)?.hash ?? NO_PARENT;
    blocks.push(
      sampleBlockOf(genesis, [sampleTransaction(genesis, `block-${height}`)], { height, parentHash }),
    );
  }
  return blocks;
}

function signatureOf(genesis: Genesis, signer: number, message: Uint8Array): Uint8Array {
  return signMessage(testSeed(genesis.validators[signer]!.organisation), message);
}

export function certificateOf(
  genesis: Genesis,
  { header, hash }: Block,
  signers: readonly number[] = [0, 1, 2],
  kind: VoteKind = 'commit',
): QuorumCertificate {
  const vote = { kind, epoch: 0, view: 0, height: header.height } as const;
  const message = encodeVote({ ...vote, chainId: genesis.chainId, digest: hash });
  const signatures = signers.map((signer) => ({ signer, signature: signatureOf(genesis, signer, message) }));
  return { ...vote, blockHash: hash, signatures };
}

export function checkpointCertificateOf(
  genesis: Genesis,
  height: Height,
  root: Digest,
  signers: readonly number[] = [0, 1, 2],
): CheckpointCertificate {
  const message = utf8ToBytes(checkpointText(genesis.origin, height, root));
  const signatures = signers.map((signer) => ({ signer, signature: signatureOf(genesis, signer, message) }));
  return { height, root, signatures };
}
