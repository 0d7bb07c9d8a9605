import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Digest, PublicKey } from '../../src/protocol/primitives/identifiers.js';
import {
  assertNotHalted,
  readQuarantine,
  writeDivergence,
  writeMarker,
  writeQuarantine,
} from '../../src/standing-markers.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'standing-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('the notes about a node’s standing', () => {
  it('keep why it may not vote, and with which key', () => {
    expect(readQuarantine(folder)).toBeUndefined();
    const key = 'ab'.repeat(32) as PublicKey;
    writeQuarantine(folder, { reason: 'votes are forgotten', key });
    expect(readQuarantine(folder)).toEqual({ reason: expect.stringMatching(/Z votes are forgotten$/), key });
    writeQuarantine(folder, { reason: 'another result', key: undefined });
    expect(readQuarantine(folder)).toEqual({
      reason: expect.stringMatching(/Z another result$/),
      key: undefined,
    });
    writeFileSync(path.join(folder, 'QUARANTINED'), 'by hand');
    expect(readQuarantine(folder)).toEqual({ reason: 'by hand', key: undefined });
  });

  it('keep what the own execution has made of a height', () => {
    const roots = { ownRoot: 'ab'.repeat(32) as Digest, certifiedRoot: 'cd'.repeat(32) as Digest };
    const file = writeDivergence(folder, { height: 7, ...roots, own: undefined });
    expect(path.basename(file)).toBe('DIVERGENCE-7.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      at: expect.stringMatching(/Z$/),
      height: 7,
      ...roots,
    });
  });

  it('keep a node that has halted from starting', () => {
    expect(() => {
      assertNotHalted(folder);
    }).not.toThrow();
    writeMarker(folder, 'HALTED', 'two certificates');
    expect(() => {
      assertNotHalted(folder);
    }).toThrow(/two certificates/);
  });
});
