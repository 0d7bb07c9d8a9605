import { describe, expect, it } from '@jest/globals';
import { setReaders } from '../../../../test/support/identity-commands.js';
import { MemoryLedger } from '../../../../test/support/memory-ledger.js';
import {
  documentCommand,
  signTestTransaction,
  testGenesis,
} from '../../../../test/support/signed-transactions.js';
import { decodeReaders, organisationHistoryStateKey, readersStateKey } from '../../governance/reading.js';
import {
  decodeCommand,
  decodeSignedTransaction,
  encodeTransactionBody,
  type Command,
} from '../../ledger/transaction.js';
import { subjectFrontier } from '../apply-records.js';

const { chainId } = testGenesis();
const ADMIN = 'acme/auditor';

class Bench {
  readonly ledger = new MemoryLedger(testGenesis());
  private made = 0;

  execute(signer: string, command: Command): string {
    const transaction = signTestTransaction({ chainId, signer, command, idempotencyKey: `k${this.made++}` });
    const [outcome] = this.ledger.execute([transaction]).outcomes;
    return outcome!.code === 'FAILED' ? outcome!.failure : outcome!.code;
  }

  readers(organisation: string): readonly string[] {
    return decodeReaders(this.ledger.state.get(readersStateKey(organisation)));
  }

  historyLength(organisation: string): number {
    return subjectFrontier(this.ledger.state.get(organisationHistoryStateKey(organisation))).size;
  }
}

describe('setReaders', () => {
  it('replaces what the organisation of the admin has said, and leaves the others alone', () => {
    const bench = new Bench();
    expect(bench.readers('acme')).toEqual(['*']);
    expect(bench.execute(ADMIN, setReaders(['initech/auditor', 'globex']))).toBe('OK');
    expect(bench.readers('acme')).toEqual(['globex', 'initech/auditor']);
    expect(bench.readers('globex')).toEqual(['*']);
    expect(bench.execute(ADMIN, setReaders([]))).toBe('OK');
    expect(bench.readers('acme')).toEqual([]);
    expect(bench.execute(ADMIN, setReaders(['*']))).toBe('OK');
    expect([bench.readers('acme'), bench.historyLength('acme'), bench.historyLength('globex')]).toEqual([
      ['*'],
      3,
      0,
    ]);
  });

  it.each([['nobody'], ['globex/nobody'], ['nobody/auditor'], ['globex', 'zebra']])(
    'fails for a reader that the ledger does not know: %s',
    (...readers) => {
      const bench = new Bench();
      expect(bench.execute(ADMIN, setReaders(readers))).toBe('READER_UNKNOWN');
      expect([bench.readers('acme'), bench.historyLength('acme')]).toEqual([['*'], 0]);
    },
  );

  it('needs an admin', () => {
    const bench = new Bench();
    expect(bench.execute('acme/submitter', setReaders(['globex']))).toBe('SIGNER_NOT_PERMITTED');
    expect(bench.execute('a stranger', setReaders(['globex']))).toBe('SIGNER_UNKNOWN');
  });

  it('is in the history as it was sent', () => {
    const command = setReaders(['globex', 'initech/auditor']);
    const transaction = signTestTransaction({ chainId, signer: ADMIN, command, idempotencyKey: 'k' });
    expect(decodeCommand(transaction.body.subarray(transaction.commandStart))).toEqual({
      ok: true,
      value: command,
    });
  });

  it('changes nothing of how other commands are recorded', () => {
    const bench = new Bench();
    expect(bench.execute(ADMIN, setReaders([]))).toBe('OK');
    expect(bench.execute('globex/submitter', documentCommand(['s']))).toBe('OK');
  });

  it.each<readonly [string, readonly string[], string]>([
    ['no reader', ['Globex'], 'set_readers.readers[0]'],
    ['an empty name', [''], 'set_readers.readers[0]'],
    ['half an identity', ['acme/'], 'set_readers.readers[0]'],
    ['a descent', ['globex', 'acme'], 'set_readers.readers[1]'],
    ['one twice', ['acme', 'acme'], 'set_readers.readers[1]'],
    ['everyone and somebody', ['*', 'acme'], 'set_readers.readers'],
    [
      'too many',
      Array.from({ length: 257 }, (_, at) => `org-${String(at).padStart(3, '0')}`),
      'set_readers.readers',
    ],
  ])('is refused with %s', (_word, readers, field) => {
    const { publicKey } = signTestTransaction({
      chainId,
      signer: ADMIN,
      command: setReaders([]),
      idempotencyKey: 'k',
    });
    const command = { type: 'setReaders', readers } as const;
    const body = encodeTransactionBody({
      chainId,
      publicKey,
      idempotencyKey: 'k',
      validUntilHeight: 1,
      command,
    });
    const decoded = decodeSignedTransaction(body, new Uint8Array(64), { transactionBytesMax: 1_000_000 });
    expect(decoded).toMatchObject({ ok: false, rejection: { code: 'TRANSACTION_MALFORMED', field } });
  });
});
