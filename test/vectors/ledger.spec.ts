/** Known answers of the ledger; they were also computed from PROTOCOL.md by a second program in another language. */
import { describe, expect, it } from '@jest/globals';
import { ed25519Verifier } from '../../src/protocol/crypto/ed25519.js';
import type { ExecutedWrite } from '../../src/protocol/execution/executed-block.js';
import { parseGenesis } from '../../src/protocol/ledger/genesis.js';
import { decodeOutcome, encodeOutcome, type Outcome } from '../../src/protocol/ledger/outcome.js';
import { transactionRoot } from '../../src/protocol/ledger/transaction-tree.js';
import {
  commandDigest,
  decodeSignedTransaction,
  encodeTransactionBody,
  verifyTransactionSignature,
  type Transaction,
} from '../../src/protocol/ledger/transaction.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import { accept } from '../../src/protocol/primitives/rejection.js';
import { MemoryLedger } from '../support/memory-ledger.js';
import { readVectors } from '../support/vector-files.js';

interface TransactionVector {
  readonly body: string;
  readonly signature: string;
  readonly id: string;
  readonly publicKey: string;
  readonly idempotencyKey: string;
  readonly validUntilHeight: number;
  readonly command: string;
  readonly commandDigest: string;
}

interface LedgerVectors {
  readonly genesis: {
    readonly text: string;
    readonly chainId: string;
    readonly origin: string;
    readonly resultRecord: string;
    readonly stateRoot: string;
    readonly logRoot: string;
  };
  readonly genesisState: readonly { readonly key: string; readonly value: string }[];
  readonly blocks: readonly {
    readonly blockHash: string;
    readonly transactionRoot: string;
    readonly transactions: readonly TransactionVector[];
    readonly outcomes: readonly { readonly outcome: Outcome; readonly bytes: string }[];
    readonly entriesRoot: string;
    readonly stateRoot: string;
    readonly logRoot: string;
    readonly recordCount: number;
    readonly writes: readonly { readonly key: string; readonly value: string }[];
    readonly subjectEntries: readonly object[];
  }[];
}

const vectors = readVectors<LedgerVectors>('ledger');
const transactionVectors = vectors.blocks.flatMap(({ transactions }) => transactions);

function genesis() {
  const parsed = parseGenesis(utf8ToBytes(vectors.genesis.text));
  if (!parsed.ok) throw new Error(parsed.rejection.message);
  return parsed.value;
}

function decode(vector: TransactionVector): Transaction {
  const decoded = decodeSignedTransaction(
    hexToBytes(vector.body),
    hexToBytes(vector.signature),
    genesis().parameters,
  );
  if (!decoded.ok) throw new Error(decoded.rejection.message);
  return decoded.value;
}

const hexWrites = (writes: readonly ExecutedWrite[]) =>
  writes.map(({ key, value }) => ({ key, value: value === undefined ? undefined : bytesToHex(value) }));

describe('genesis, known answers', () => {
  it('has its chain id, origin and record 0', () => {
    const { chainId, origin, resultRecord, stateRoot, logRoot } = vectors.genesis;
    expect(genesis()).toMatchObject({ chainId, origin });
    const { genesisResult } = new MemoryLedger(genesis());
    expect(bytesToHex(genesisResult.resultRecordBytes)).toBe(resultRecord);
    expect(genesisResult).toMatchObject({ stateRoot, logRoot });
    expect(hexWrites(genesisResult.writes)).toEqual(vectors.genesisState);
  });
});

describe('transactions, known answers', () => {
  it.each(transactionVectors)('$command under $idempotencyKey, id $id', (vector) => {
    const transaction = decode(vector);
    const { id, publicKey, idempotencyKey, validUntilHeight } = vector;
    expect(transaction).toMatchObject({ id, publicKey, idempotencyKey, validUntilHeight });
    expect(transaction.command.type).toBe(vector.command);
    expect(commandDigest(transaction)).toBe(vector.commandDigest);
    expect(verifyTransactionSignature(transaction, ed25519Verifier)).toBe(true);
    expect(bytesToHex(encodeTransactionBody(transaction))).toBe(vector.body);
  });
});

describe('outcomes, known answers', () => {
  it.each(vectors.blocks.flatMap(({ outcomes }) => outcomes))('$outcome.code', ({ outcome, bytes }) => {
    expect(bytesToHex(encodeOutcome(outcome))).toBe(bytes);
    expect(decodeOutcome(hexToBytes(bytes))).toEqual(accept(outcome));
  });
});

describe('execution, known answers', () => {
  it('of six blocks', () => {
    const ledger = new MemoryLedger(genesis());
    for (const vector of vectors.blocks) {
      const transactions = vector.transactions.map(decode);
      expect(transactionRoot(transactions)).toBe(vector.transactionRoot);
      const executed = ledger.execute(transactions);
      expect(executed.block.hash).toBe(vector.blockHash);
      expect(executed.outcomes).toEqual(vector.outcomes.map(({ outcome }) => outcome));
      const { entriesRoot, stateRoot, logRoot, recordCount } = vector;
      expect(executed).toMatchObject({ entriesRoot, stateRoot, logRoot, recordCount });
      expect(hexWrites(executed.writes)).toEqual(vector.writes);
      const entries = executed.subjectEntries.map(({ subjectDigest, recordDigest, ...entry }) => ({
        ...entry,
        subjectDigest: bytesToHex(subjectDigest),
        recordDigest: bytesToHex(recordDigest),
      }));
      expect(entries).toEqual(vector.subjectEntries);
    }
  });
});
