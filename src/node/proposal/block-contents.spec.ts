import { describe, expect, it } from '@jest/globals';
import { admitted, sampleBlockOf, sampleTransaction } from '../../../test/support/certified-blocks.js';
import { documentCommand, testGenesis } from '../../../test/support/signed-transactions.js';
import { ed25519Verifier } from '../../protocol/crypto/ed25519.js';
import type { SignatureVerifier } from '../../protocol/crypto/signature-verifier.js';
import { encodeBlockBody } from '../../protocol/ledger/block-body.js';
import type { TransactionId } from '../../protocol/primitives/identifiers.js';
import type { AdmittedTransaction } from '../mempool/admitted-transaction.js';
import { BlockContents } from './block-contents.js';
import { EpochHistory } from '../epochs/epoch-history.js';

const genesis = testGenesis({ pipelineDepth: 2 });
const transactions = ['a', 'b'].map((name) => sampleTransaction(genesis, name));
const block = sampleBlockOf(genesis, transactions);

function bench(
  waiting: readonly AdmittedTransaction[] = [],
  blocksMax = 4,
  epochs = new EpochHistory(genesis),
) {
  const pool = new Map<TransactionId, AdmittedTransaction>(
    waiting.map((item) => [item.transaction.id, item]),
  );
  let verifications = 0;
  const verifier: SignatureVerifier = {
    verify: (...parts) => {
      verifications++;
      return ed25519Verifier.verify(...parts);
    },
  };
  const contents = new BlockContents(pool, verifier, epochs, blocksMax);
  return { contents, verifications: () => verifications };
}

describe('BlockContents', () => {
  it('opens a body once, and checks each signature once', () => {
    const { contents, verifications } = bench();
    const opened = contents.openBound(block);
    expect(opened.map(({ transaction }) => transaction.id)).toEqual(transactions.map(({ id }) => id));
    expect(opened.map((item) => contents.isSignatureValid(item))).toEqual([true, true]);
    expect(opened.map((item) => contents.isSignatureValid(item))).toEqual([true, true]);
    expect(verifications()).toBe(2);
    expect(contents.open(block)).toBe(opened);
    expect(contents.planned(opened[0]!)).toBe(contents.planned(opened[0]!));
  });

  it('takes what waits in the mempool: neither signature nor plan is made again', () => {
    const waiting = admitted(genesis, transactions[0]!);
    const { contents, verifications } = bench([waiting]);
    const [first, second] = contents.openBound(block);
    expect(contents.planned(first!)).toBe(waiting.planned);
    expect(contents.isSignatureValid(first!)).toBe(true);
    expect(verifications()).toBe(0);
    expect(contents.isSignatureValid(second!)).toBe(true);
    expect(verifications()).toBe(1);
  });

  it('does not trust another signature over a body that waits', () => {
    const waiting = admitted(genesis, transactions[0]!);
    const forged = { ...transactions[0]!, signature: new Uint8Array(64).fill(7) };
    const { contents } = bench([waiting]);
    const [opened] = contents.openBound(sampleBlockOf(genesis, [forged]));
    expect(opened!.transaction.id).toBe(waiting.transaction.id);
    expect(opened!.transaction.signature).toEqual(forged.signature);
    expect(contents.isSignatureValid(opened!)).toBe(false);
  });

  it('refuses a body that its header does not bind', () => {
    const { contents } = bench();
    const [first] = transactions;
    const wrong = {
      garbage: { ...block, body: Uint8Array.of(255, 255) },
      'bytes after the end': { ...block, body: Uint8Array.from([...block.body, 0]) },
      'another count': sampleBlockOf(genesis, transactions, { transactionCount: 3 }),
      'another size': sampleBlockOf(genesis, transactions, { bodyBytes: 1 }),
      'another root': sampleBlockOf(genesis, transactions, {
        transactionRoot: genesis.chainId as string as typeof block.header.transactionRoot,
      }),
      'another order': { ...block, body: encodeBlockBody(transactions.toReversed()) },
      'a transaction less': { ...block, body: encodeBlockBody([first!]) },
    };
    for (const [name, forged] of Object.entries(wrong)) {
      expect([name, contents.isBodyBound(forged)]).toEqual([name, false]);
      expect(() => contents.openBound(forged)).toThrow('does not match its header');
    }
    expect(contents.isBodyBound(block)).toBe(true);
  });

  it('refuses other bytes under the hash of a block that is open already', () => {
    const { contents } = bench();
    expect(contents.isBodyBound(block)).toBe(true);
    expect(contents.isBodyBound({ ...block, body: Uint8Array.of(1, 2, 3) })).toBe(false);
    expect(contents.isBodyBound({ ...block, body: encodeBlockBody(transactions.toReversed()) })).toBe(false);
    expect(contents.isBodyBound({ ...block, body: block.body.slice() })).toBe(true);
  });

  it('keeps as many blocks as it may, the newest', () => {
    const { contents } = bench([], 2);
    const blocks = [1, 2, 3].map((height) => sampleBlockOf(genesis, transactions, { height }));
    const [oldest, ...others] = blocks.map((each) => ({ each, opened: contents.openBound(each) }));
    for (const { each, opened } of others) expect(contents.open(each)).toBe(opened);
    expect(contents.open(oldest!.each)).not.toBe(oldest!.opened);
    contents.forget(blocks[2]!.hash);
    expect(contents.open(blocks[2]!)).not.toBe(others[1]!.opened);
  });

  it('judges a body by the parameters of its height, whatever it was admitted or opened under before', () => {
    const { validators, parameters } = genesis;
    const narrow = { ...parameters, transactionBytesMax: 1_024, subjectsPerTransactionMax: 1 };
    const epochs = new EpochHistory(genesis);
    const large = sampleTransaction(genesis, 'large', {
      command: documentCommand(['urn:item:a', 'urn:item:b'], { note: 'x'.repeat(2_000) }),
    });
    const small = sampleTransaction(genesis, 'small', {
      command: documentCommand(['urn:item:a', 'urn:item:b']),
    });
    const { contents } = bench([admitted(genesis, large), admitted(genesis, small)], 8, epochs);
    const [at9, at10] = [9, 10].map((height) => sampleBlockOf(genesis, [small], { height }));
    expect(contents.planned(contents.openBound(at10!)[0]!).rejection).toBeUndefined();
    epochs.onExecuted({ scheduled: { epoch: 1, firstHeight: 10, validators, parameters: narrow } });
    expect(contents.planned(contents.openBound(at9!)[0]!).rejection).toBeUndefined();
    expect(contents.planned(contents.openBound(at10!)[0]!).rejection).toMatchObject({
      code: 'SUBJECTS_TOO_MANY',
    });
    const bound = [9, 10].map((height) => contents.isBodyBound(sampleBlockOf(genesis, [large], { height })));
    expect(bound).toEqual([true, false]);
  });
});
