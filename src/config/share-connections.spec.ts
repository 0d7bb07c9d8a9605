import { describe, expect, it } from '@jest/globals';
import { CONNECTIONS_MIN, shareConnections } from './share-connections.js';

describe('the connections of a node', () => {
  it('are enough for everything with the fewest that are allowed', () => {
    expect(shareConnections(CONNECTIONS_MIN)).toEqual({ storeReads: 4, searches: 1, reads: 2 });
  });

  it.each([CONNECTIONS_MIN, 16, 17, 50, 200])('are never more than %i altogether', (connectionsMax) => {
    const { storeReads, searches, reads } = shareConnections(connectionsMax);
    const writerIndexerAndWatch = 3;
    const scrub = 2;
    expect(storeReads + searches + reads + writerIndexerAndWatch + scrub).toBe(connectionsMax);
    expect(reads).toBeGreaterThan(searches);
  });
});
