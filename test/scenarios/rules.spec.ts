import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = path.resolve(import.meta.dirname, '../..');
const RULE = /PBFT-[A-Z]+-\d+/g;

function sourceFiles(folder: string): readonly string[] {
  return fs
    .readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') || name.endsWith('.txt'))
    .map((name) => path.join(ROOT, folder, name));
}

describe('the rules of docs/PROTOCOL.md', () => {
  const document = fs.readFileSync(path.join(ROOT, 'docs/PROTOCOL.md'), 'utf8');
  const written = [...document.matchAll(/^- \*\*(PBFT-[A-Z]+-\d+)\*\*/gm)].map(([, rule]) => rule!);
  const cited = new Set(
    ['src', 'test/simulation', 'test/scenarios']
      .flatMap(sourceFiles)
      .flatMap((file) => fs.readFileSync(file, 'utf8').match(RULE) ?? []),
  );

  it('are written once each', () => {
    expect(new Set(written).size).toBe(written.length);
  });

  it('are all cited by the code or its tests, and no other rule is', () => {
    expect([...cited].sort()).toEqual([...written].sort());
  });
});
