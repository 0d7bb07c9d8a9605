import { describe, expect, it } from '@jest/globals';
import { ReplicaBench, testConfig } from '../../../../test/support/pbft/replica-bench.js';
import {
  certifiedOf,
  checkpointOf,
  lineOf,
  testChain,
  testRoot,
} from '../../../../test/support/pbft/signed-messages.js';

const WINDOW = 3 * testConfig.pipelineDepth;
const chain = testChain(30);

/** A replica that block sync has brought so far, and that has seen no checkpoint on the way. */
function caughtUp(height: number): ReplicaBench {
  const bench = new ReplicaBench();
  for (const block of chain.slice(0, height)) {
    bench.synced(block);
    bench.executed(block.header.height);
  }
  return bench;
}

describe('checkpoint certificates', () => {
  it('of long ago are worth no memory, however many a peer shows', () => {
    const bench = caughtUp(30);
    for (let height = 1; height <= 30; height++) {
      expect(bench.receive(3, certifiedOf(height))).toBe('taken');
      expect(bench.state.checkpoints.certificates.size).toBeLessThanOrEqual(WINDOW);
    }
    expect(bench.replica.view().certifiedHeight).toBe(30);
  });

  it('far ahead of this replica are known as the highest, and kept for nothing else', () => {
    const bench = caughtUp(2);
    bench.message(3, certifiedOf(1_000));
    expect(bench.replica.view().certifiedHeight).toBe(1_000);
    expect([...bench.state.checkpoints.certificates.keys()]).toEqual([]);
  });

  it('that came before the execution are announced after it', () => {
    const bench = caughtUp(1);
    bench.message(3, certifiedOf(2));
    expect(bench.all('checkpointCertified')).toEqual([]);
    bench.synced(chain[1]!);
    bench.executed(2);
    expect(bench.all('checkpointCertified').map(({ certificate }) => certificate)).toEqual([checkpointOf(2)]);
  });
});

describe('lines', () => {
  it('make a certificate of exactly Q under one root, whoever signed another', () => {
    const bench = caughtUp(1);
    bench.message(0, lineOf(0, 1, testRoot(1, 5)));
    bench.message(2, lineOf(2, 1));
    bench.message(3, lineOf(3, 1));
    expect(bench.replica.view().certifiedHeight).toBe(0);
    bench.signed({ type: 'checkpoint', epoch: 0, height: 1, root: testRoot(1) });
    expect(bench.all('checkpointCertified').map(({ certificate }) => certificate)).toEqual([
      checkpointOf(1, testRoot(1), [1, 2, 3]),
    ]);
  });
});
