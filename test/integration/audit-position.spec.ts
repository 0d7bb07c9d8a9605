// The file from which an audit goes on.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { NOTHING_COUNTED, type AuditPosition } from '../../src/audit/audit-position.js';
import { PositionFile } from '../../src/cli/audit/position-file.js';
import type { BlockHash, ChainId, Digest } from '../../src/protocol/primitives/identifiers.js';

const chainId = 'ab'.repeat(32) as ChainId;
const position: AuditPosition = {
  head: 12,
  fromHeight: 0,
  pass: 'blocks',
  chain: {
    nextHeight: 5,
    previousHash: 'cd'.repeat(32) as BlockHash,
    resultLog: '00'.repeat(72),
    epoch: 1,
    validatorsDigest: 'ef'.repeat(32) as Digest,
  },
  certifiedHeight: 4,
  counts: { ...NOTHING_COUNTED, blocks: 4 },
  findings: {
    kept: [
      { table: 'blocks', row: { height: 3 }, heights: [3], problem: 'another', expected: 'a', found: 'b' },
    ],
    countByTable: { blocks: 1 },
  },
};

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'audit-position-'));
  file = path.join(folder, 'audit.json');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('gives back what was written, and leaves nothing beside it', () => {
  const there = new PositionFile(file, chainId);
  expect(there.read()).toBeUndefined();
  there.write(position);
  there.write(position);
  expect(there.read()).toEqual(position);
  expect(readdirSync(folder)).toEqual(['audit.json']);
  there.remove();
  there.remove();
  expect(readdirSync(folder)).toEqual([]);
});

it('refuses that of another ledger, and what is no position', () => {
  new PositionFile(file, chainId).write(position);
  const other = new PositionFile(file, 'cd'.repeat(32) as ChainId);
  expect(() => other.read()).toThrow(expect.objectContaining({ code: 'AUDIT_POSITION_INVALID' }));
  for (const text of ['', '{"format":', '[]', '{"format":"countersign-audit-position/v1"}']) {
    writeFileSync(file, text);
    expect(() => new PositionFile(file, chainId).read()).toThrow(
      expect.objectContaining({ code: 'AUDIT_POSITION_INVALID' }),
    );
  }
});
