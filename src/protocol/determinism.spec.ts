import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** Any file of src/protocol that is no spec: its place decides what is forbidden. */
const PLACE = 'src/protocol/execution/execute-block.ts';
/** Lints its input by the bans that the repository's configuration has for that place, without looking at types. */
const LINT = `
  import fs from 'node:fs';
  import { ESLint, Linter } from 'eslint';
  import tseslint from 'typescript-eslint';
  const { rules } = await new ESLint().calculateConfigForFile('${PLACE}');
  const names = ['no-restricted-globals', 'no-restricted-syntax'];
  const bans = Object.fromEntries(names.map((name) => [name, rules[name]]));
  const config = { files: ['**/*.ts'], languageOptions: { parser: tseslint.parser }, rules: bans };
  const messages = new Linter().verify(fs.readFileSync(0, 'utf8'), [config], '${PLACE}');
  process.stdout.write(JSON.stringify(messages));
`;

/** One statement a line, each of which may come out differently on another machine, or later on the same. */
const STATEMENTS = [
  'export const a = Date.now();',
  'export const b = new Date(0).getHours();',
  'export const c = Math.random();',
  'export const d = new Intl.NumberFormat();',
  'export const e = (x: string): number => x.localeCompare("y");',
  'export const f = (x: string): string => x.toLocaleUpperCase();',
  'export const g = (x: number): string => x.toLocaleString();',
  'export const h = ["b", "a"].sort();',
  'export const i = ["b", "a"].toSorted();',
  'export const j = JSON.stringify({ b: 1, a: 2 });',
  'export const k = (x: object): void => { for (const name in x) void name; };',
  'export const l = process.env;',
  'export const m = performance.now();',
  'export const n = async (): Promise<void> => { await Promise.resolve(); };',
  'export const o = setTimeout(() => undefined, 1);',
  'export const p = globalThis.crypto;',
] as const;

interface Finding {
  readonly line: number;
  readonly ruleId: string | null;
}

describe('src/protocol', () => {
  it('may not contain, says lint, what differs between machines: clock, chance, locale, environment, undefined order', () => {
    const lint = spawnSync(process.execPath, ['--input-type=module', '--eval', LINT], {
      cwd: ROOT,
      encoding: 'utf8',
      input: STATEMENTS.join('\n'),
    });
    if (lint.status !== 0) throw new Error(lint.stderr);
    const findings = JSON.parse(lint.stdout) as readonly Finding[];
    expect(findings.map(({ ruleId }) => ruleId)).not.toContain(null);
    const banned = new Set(findings.map(({ line }) => STATEMENTS[line - 1]));
    expect(STATEMENTS.filter((statement) => !banned.has(statement))).toEqual([]);
  });
});
