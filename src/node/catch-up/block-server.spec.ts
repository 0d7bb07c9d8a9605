import { describe, expect, it } from '@jest/globals';
import { createRecordingObserver } from '../../../test/support/recording-observer.js';
import { RecordingNetwork } from '../../../test/support/recording-network.js';
import { settlePromises } from '../../../test/support/simulated-clock.js';
import type { SyncedBlock } from '../ports.js';
import { BlockServer } from './block-server.js';

const MIB = 1024 * 1024;

function bench() {
  const network = new RecordingNetwork();
  const observer = createRecordingObserver();
  const reads: (readonly number[])[] = [];
  const open: { resolve: (blocks: readonly SyncedBlock[]) => void; reject: (error: Error) => void }[] = [];
  const store = {
    readBlocks: (...read: readonly number[]) => {
      reads.push(read);
      return new Promise<readonly SyncedBlock[]>((resolve, reject) => {
        open.push({ resolve, reject });
      });
    },
  };
  const server = new BlockServer(store, network, observer);
  const request = (from: number, fromHeight: number, toHeight: number, bytesMax = MIB): void => {
    server.onRequest(from, { type: 'syncRequest', fromHeight, toHeight, bytesMax });
  };
  return { network, observer, reads, open, request };
}

describe('BlockServer', () => {
  it('answers with what the ledger holds', async () => {
    const { network, open, request } = bench();
    request(2, 5, 7);
    open[0]!.resolve([]);
    await settlePromises();
    expect(network.sent).toEqual([{ to: 2, message: { type: 'syncResponse', fromHeight: 5, blocks: [] } }]);
  });

  it('bounds what it reads, whatever is asked for', () => {
    const { reads, request } = bench();
    request(1, 5, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    request(2, 5, 7, 10);
    expect(reads).toEqual([
      [5, 68, 4 * MIB],
      [5, 7, 10],
    ]);
  });

  it('works on one request of a peer at a time', async () => {
    const { reads, open, request } = bench();
    request(1, 1, 2);
    request(1, 1, 2);
    request(3, 1, 2);
    expect(reads).toHaveLength(2);
    open[0]!.resolve([]);
    await settlePromises();
    request(1, 3, 4);
    expect(reads).toHaveLength(3);
  });

  it('says nothing when the database is away, and is ready for the next request', async () => {
    const { network, observer, reads, open, request } = bench();
    request(1, 1, 2);
    open[0]!.reject(new Error('away'));
    await settlePromises();
    expect(network.sent).toEqual([]);
    expect(observer.logged).toMatchObject([{ level: 'warn' }]);
    request(1, 1, 2);
    expect(reads).toHaveLength(2);
  });
});
