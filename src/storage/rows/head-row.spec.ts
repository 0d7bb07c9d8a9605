import { describe, expect, it } from '@jest/globals';
import { appendLeaf, EMPTY_FRONTIER } from '../../protocol/crypto/merkle/merkle-frontier.js';
import { frontierNodes } from './head-row.js';

describe('frontierNodes', () => {
  it('names the subtrees that a growing tree has completed', () => {
    let frontier = EMPTY_FRONTIER;
    const stored = new Map<string, Uint8Array>();
    for (let size = 1; size <= 300; size++) {
      const appended = appendLeaf(frontier, new Uint8Array(32).fill(size));
      frontier = appended.frontier;
      for (const { level, index, hash } of appended.completed) stored.set(`${level}/${index}`, hash);
      expect(frontierNodes(size).map(({ level, index }) => stored.get(`${level}/${index}`))).toEqual(
        frontier.hashes,
      );
    }
    expect(frontierNodes(0)).toEqual([]);
    expect(frontierNodes(2 ** 40)).toEqual([{ level: 40, index: 0 }]);
  });
});
