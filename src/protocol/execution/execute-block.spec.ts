import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MemoryLedger } from '../../../test/support/memory-ledger.js';
import {
  documentCommand,
  epcisCommand,
  signTestTransaction,
  testGenesis,
} from '../../../test/support/signed-transactions.js';
import { appendLeaf, EMPTY_FRONTIER, encodeFrontier } from '../crypto/merkle/merkle-frontier.js';
import { leafHash } from '../crypto/merkle/merkle-hash.js';
import { merkleRoot } from '../crypto/merkle/merkle-tree.js';
import { genesisTerms } from '../ledger/epoch-terms.js';
import type { Outcome } from '../ledger/outcome.js';
import { decodeOutcome } from '../ledger/outcome.js';
import { decodeResultRecord } from '../ledger/result-record.js';
import type { Command, Transaction } from '../ledger/transaction.js';
import { bytesToHex, concatBytes, hexToBytes } from '../primitives/bytes.js';
import type { StateKey } from '../state/state-key.js';
import { stateKey, stateKeyDigest, stateValueDigest } from '../state/state-key.js';
import { subtreeHash } from '../state/state-hash.js';
import { compareBytes } from '../primitives/bytes.js';
import { PrefetchedState } from '../state/state-view.js';
import { StateTree } from '../state/state-tree.js';
import { subjectFrontier, subjectLeafHash } from './apply-records.js';
import { executeBlock } from './execute-block.js';
import { planTransaction } from './plan-transaction.js';
import { commandKeys, signerKeys } from './prefetch-keys.js';

const genesis = testGenesis();
const { chainId } = genesis;

function sign(
  signer: string,
  idempotencyKey: string,
  command: Command,
  validUntilHeight?: number,
): Transaction {
  const fields = { chainId, signer, idempotencyKey, command };
  return signTestTransaction(validUntilHeight === undefined ? fields : { ...fields, validUntilHeight });
}

const codes = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => (outcome.code === 'FAILED' ? outcome.failure : outcome.code));

/** State root from nothing but the state's entries. */
function rootOf(state: ReadonlyMap<StateKey, Uint8Array>): string {
  const leaves = [...state].map(([key, value]) => ({
    keyDigest: stateKeyDigest(key),
    valueDigest: stateValueDigest(value),
  }));
  leaves.sort((left, right) => compareBytes(left.keyDigest, right.keyDigest));
  return bytesToHex(subtreeHash(leaves, 0, leaves.length, 0));
}

describe('executeGenesis', () => {
  it('makes record 0 and a log of one record', () => {
    const { genesisResult, state } = new MemoryLedger(genesis);
    const decoded = decodeResultRecord(genesisResult.resultRecordBytes);
    expect(decoded).toEqual({ ok: true, value: genesisResult.resultRecord });
    expect(genesisResult.resultRecord).toMatchObject({
      chainId,
      height: 0,
      epoch: 0,
      timestampMs: 0,
      entryCount: 0,
    });
    expect(genesisResult.stateRoot).toBe(rootOf(state));
    expect(genesisResult.logRoot).toBe(bytesToHex(leafHash(genesisResult.resultRecordBytes)));
    expect(genesisResult.resultLog.size).toBe(1);
  });

  it('has the same roots however many buckets the tree has', () => {
    const roots = [0, 1, 4, 10].map((bits) => new MemoryLedger(genesis, bits).genesisResult.logRoot);
    expect(new Set(roots).size).toBe(1);
  });
});

describe('executeBlock', () => {
  it('records a document: outcome, history, roots', () => {
    const ledger = new MemoryLedger(genesis);
    const transaction = sign('acme/submitter', 'k1', documentCommand(['lot-1', 'lot-2']));
    const executed = ledger.execute([transaction]);
    expect(executed.outcomes).toEqual([
      { code: 'OK', signer: transaction.publicKey, identity: 'acme/submitter', custody: 'self' },
    ]);
    expect(decodeOutcome(executed.outcomeBytes[0]!)).toEqual({ ok: true, value: executed.outcomes[0] });
    expect(executed.recordCount).toBe(1);
    const leaf = leafHash(concatBytes(hexToBytes(transaction.id), executed.outcomeBytes[0]!));
    expect(executed.entryLeafHashes).toEqual([leaf]);
    expect(executed.entriesRoot).toBe(bytesToHex(leaf));
    expect(executed.stateRoot).toBe(rootOf(ledger.state));
    expect(executed.resultRecord).toMatchObject({ height: 1, entryCount: 1, blockHash: executed.block.hash });
    const logLeaves = [ledger.genesisResult.resultRecordBytes, executed.resultRecordBytes].map(leafHash);
    expect(executed.logRoot).toBe(bytesToHex(merkleRoot(logLeaves)));
    expect(executed.logNodes.map(({ level, index }) => [level, index])).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  it('keeps each subject’s history as an RFC 6962 tree over its records in order', () => {
    const ledger = new MemoryLedger(genesis);
    const event = (...epcList: string[]) => ({ type: 'ObjectEvent', epcList, n: epcList.length });
    const first = ledger.execute([
      sign('acme/submitter', 'k1', epcisCommand([event('a', 'b'), event('a')])),
      sign('globex/submitter', 'k1', documentCommand(['a'])),
    ]);
    const second = ledger.execute([sign('acme/submitter', 'k2', documentCommand(['b', 'a']))]);
    const entries = [...first.subjectEntries, ...second.subjectEntries];
    for (const subject of ['a', 'b']) {
      const key = stateKey('subject', subject);
      const own = entries.filter(
        ({ subjectDigest }) => bytesToHex(subjectDigest) === bytesToHex(stateKeyDigest(key)),
      );
      expect(own.map(({ sequence }) => sequence)).toEqual(own.map((_, index) => index));
      let frontier = EMPTY_FRONTIER;
      for (const entry of own)
        frontier = appendLeaf(frontier, subjectLeafHash(entry.recordDigest, entry)).frontier;
      expect(ledger.state.get(key)).toEqual(encodeFrontier(frontier));
      expect(subjectFrontier(ledger.state.get(key)).size).toBe(own.length);
    }
    expect(
      entries.map(({ height, transactionIndex, recordIndex }) => [height, transactionIndex, recordIndex]),
    ).toEqual([
      [1, 0, 0],
      [1, 0, 0],
      [1, 0, 1],
      [1, 1, 0],
      [2, 0, 0],
      [2, 0, 0],
    ]);
  });

  it('replays the same command, in the same block, a later one and a new body, without effect', () => {
    const ledger = new MemoryLedger(genesis);
    const command = documentCommand(['lot-1']);
    const original = sign('acme/submitter', 'k1', command);
    const again = sign('acme/submitter', 'k1', command, 2_000);
    const first = ledger.execute([original, again]);
    const later = sign('acme/submitter', 'k1', command, 3_000);
    const second = ledger.execute([later]);
    expect(codes(first.outcomes)).toEqual(['OK', 'REPLAYED']);
    expect(second.outcomes).toMatchObject([
      { code: 'REPLAYED', firstId: original.id, identity: 'acme/submitter' },
    ]);
    expect(second.writes).toEqual([]);
    expect(second.subjectEntries).toEqual([]);
    expect(second.stateRoot).toBe(first.stateRoot);
    expect(second.resultRecord.entryCount).toBe(1);
  });

  it('keeps idempotency keys apart by identity and refuses another command under one', () => {
    const ledger = new MemoryLedger(genesis);
    const executed = ledger.execute([
      sign('acme/submitter', 'k1', documentCommand(['s'])),
      sign('globex/submitter', 'k1', documentCommand(['t'])),
      sign('acme/submitter', 'k1', documentCommand(['u'])),
    ]);
    expect(codes(executed.outcomes)).toEqual(['OK', 'OK', 'IDEMPOTENCY_CONFLICT']);
    expect(ledger.state.get(stateKey('subject', 'u'))).toBeUndefined();
  });

  it('fails strangers and other roles without effect; a failure reserves nothing', () => {
    const ledger = new MemoryLedger(genesis);
    const flawed: Command = epcisCommand([]);
    const first = ledger.execute([
      sign('nobody', 'k1', documentCommand(['s'])),
      sign('acme/auditor', 'k1', documentCommand(['s'])),
      sign('acme/submitter', 'k1', flawed),
      sign('acme/submitter', 'k1', documentCommand(['s'])),
      sign('acme/submitter', 'k1', flawed),
    ]);
    expect(codes(first.outcomes)).toEqual([
      'SIGNER_UNKNOWN',
      'SIGNER_NOT_PERMITTED',
      'EPCIS_DOCUMENT_INVALID',
      'OK',
      'IDEMPOTENCY_CONFLICT',
    ]);
    expect(first.outcomes.map(({ identity }) => identity)).toEqual([
      '',
      'acme/auditor',
      'acme/submitter',
      'acme/submitter',
      'acme/submitter',
    ]);
    expect(first.recordCount).toBe(1);
    expect(subjectFrontier(ledger.state.get(stateKey('subject', 's'))).size).toBe(1);
  });

  it('executes an empty block', () => {
    const executed = new MemoryLedger(genesis).execute([]);
    expect(executed).toMatchObject({ recordCount: 0, writes: [], outcomes: [] });
    expect(executed.entriesRoot).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('stops when a written bucket was not read, a log does not fit, or a limit was passed over', () => {
    const ledger = new MemoryLedger(genesis);
    const transaction = sign('acme/submitter', 'k', documentCommand(['s']));
    const transactions = [planTransaction(transaction, genesis.parameters)];
    const block = ledger.blockOf([transaction]);
    const signers = new PrefetchedState(
      signerKeys(transactions, block.header).map((key) => [key, ledger.state.get(key)] as const),
    );
    const keys = commandKeys(transactions, signers, block.header);
    const input = {
      block,
      transactions,
      view: new PrefetchedState(keys.map((key) => [key, ledger.state.get(key)] as const)),
      stateTree: new StateTree(0),
      bucketLeaves: new Map([[0, []]]),
      resultLog: ledger.genesisResult.resultLog,
      terms: genesisTerms(genesis),
      pending: undefined,
    };
    expect(() => executeBlock({ ...input, bucketLeaves: new Map() })).toThrow('was not read');
    expect(() => executeBlock({ ...input, resultLog: EMPTY_FRONTIER })).toThrow('does not follow');
    expect(() => executeBlock({ ...input, transactions: [] })).toThrow('not those of the header');
    expect(() =>
      executeBlock({
        ...input,
        terms: { ...input.terms, parameters: { ...genesis.parameters, stateWritesPerBlockMax: 1 } },
      }),
    ).toThrow('state writes');
    expect(() => executeBlock({ ...input, view: new PrefetchedState([]) })).toThrow('not declared');
    expect(executeBlock(input).recordCount).toBe(1);
  });
});

describe('the transition as a whole', () => {
  const step = fc.record({
    signer: fc.constantFrom('acme/submitter', 'globex/submitter', 'acme/auditor', 'nobody'),
    key: fc.constantFrom('k1', 'k2', 'k3', 'k4'),
    subjects: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 4 }),
    validUntilHeight: fc.integer({ min: 100, max: 104 }),
  });
  const blocks = fc.array(fc.array(step, { maxLength: 6 }), { minLength: 1, maxLength: 5 });

  it('agrees with a model, is the same with any number of buckets, and its roots follow from the state alone', () => {
    fc.assert(
      fc.property(blocks, fc.nat({ max: 9 }), (plan, bucketBits) => {
        const left = new MemoryLedger(genesis, bucketBits);
        const right = new MemoryLedger(genesis, 3);
        const reserved = new Map<string, string>();
        const counts = new Map<string, number>();
        for (const steps of plan) {
          const transactions = steps.map(({ signer, key, subjects, validUntilHeight }) =>
            sign(signer, key, documentCommand(subjects), validUntilHeight),
          );
          const executed = left.execute(transactions);
          expect(executed.logRoot).toBe(right.execute(transactions).logRoot);
          expect(executed.stateRoot).toBe(rootOf(left.state));
          const expected = steps.map(({ signer, key, subjects }) => {
            if (signer === 'nobody') return 'SIGNER_UNKNOWN';
            if (signer === 'acme/auditor') return 'SIGNER_NOT_PERMITTED';
            const command = JSON.stringify(subjects);
            const before = reserved.get(`${signer} ${key}`);
            if (before !== undefined) return before === command ? 'REPLAYED' : 'IDEMPOTENCY_CONFLICT';
            if (subjects.includes('')) return 'SUBJECT_INVALID';
            reserved.set(`${signer} ${key}`, command);
            for (const subject of subjects) counts.set(subject, (counts.get(subject) ?? 0) + 1);
            return 'OK';
          });
          expect(codes(executed.outcomes)).toEqual(expected);
        }
        for (const subject of ['a', 'b', 'c', 'd']) {
          expect(subjectFrontier(left.state.get(stateKey('subject', subject))).size).toBe(
            counts.get(subject) ?? 0,
          );
        }
      }),
      { numRuns: 50 },
    );
  });
});
