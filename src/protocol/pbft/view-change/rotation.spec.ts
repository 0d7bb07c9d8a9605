import { describe, expect, it } from '@jest/globals';
import { ReplicaBench } from '../../../../test/support/pbft/replica-bench.js';
import {
  changeOf,
  newViewOf,
  suspectOf,
  testBlock,
  testChain,
} from '../../../../test/support/pbft/signed-messages.js';

const ROTATION = 3;
const chain = testChain(7);

/** A replica that commits and executes the chain as it was committed in `view`, up to `height`. */
function committed(height: number, view = 0): ReplicaBench {
  const bench = new ReplicaBench({ rotationBlocks: ROTATION });
  for (const block of chain.slice(0, height)) {
    bench.synced(block, view);
    bench.executed(block.header.height);
  }
  return bench;
}

describe('rotation (PBFT-ROTATE-1)', () => {
  it('makes the primary suspected when its turn is over, at every height that is a multiple', () => {
    const reasons = [1, 2, 3, 4].map((height) => committed(height).replica.report().suspicion?.reason);
    expect(reasons).toEqual([undefined, undefined, 'rotation', 'rotation']);
  });

  it('is said once, and the same primary is voted with until the view has ended', () => {
    const bench = committed(2);
    const said = bench.together(() => {
      for (const block of chain.slice(2)) {
        bench.accept(block);
        bench.synced(block);
        bench.sign();
        bench.executed(block.header.height);
      }
    });
    const suspicions = said.filter((effect) => effect.type === 'send' && effect.message.type === 'suspect');
    expect(suspicions).toEqual([{ type: 'send', to: 'all', message: suspectOf(1, 0) }]);
    expect(bench.replica.view()).toMatchObject({ committedHeight: 7, view: 0, phase: 'active' });
  });

  it('is a matter of the blocks, not of this replica: commits of another view say nothing about this one', () => {
    expect(committed(4, 2).replica.report().suspicion).toBeUndefined();
  });

  it('ends with the view: the next primary has a turn of its own', () => {
    const bench = committed(3);
    bench.message(0, newViewOf([0, 2, 3].map((signer) => changeOf(signer, 1))));
    expect(bench.replica.report().suspicion).toBeUndefined();
    let parentHash = chain[2]!.hash;
    for (const height of [4, 5, 6]) {
      expect(bench.replica.report().suspicion).toBeUndefined();
      const block = testBlock(height, parentHash, 0, 1);
      bench.synced(block, 1);
      bench.executed(height);
      parentHash = block.hash;
    }
    expect(bench.replica.report().suspicion).toEqual({ view: 1, reason: 'rotation' });
  });

  it('is not there when it is not configured', () => {
    const bench = new ReplicaBench({ rotationBlocks: 0 });
    for (const block of chain) {
      bench.synced(block);
      bench.executed(block.header.height);
    }
    expect(bench.replica.report().suspicion).toBeUndefined();
  });
});
