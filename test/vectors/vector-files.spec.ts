import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(folder);
const specs = files
  .filter((file) => file.endsWith('.spec.ts'))
  .map((file) => readFileSync(`${folder}${file}`, 'utf8'));

test.each(files.filter((file) => file.endsWith('.json')))('%s is read by a spec of this folder', (file) => {
  const name = file.slice(0, -'.json'.length);
  expect(specs.some((source) => source.includes('readVectors') && source.includes(`'${name}'`))).toBe(true);
});
