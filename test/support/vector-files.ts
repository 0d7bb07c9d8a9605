/** Reads our own known answers from test/vectors. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Content of test/vectors/<name>.json; the caller says what shape it has. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the file's shape is the caller's word
export function readVectors<Content>(name: string): Content {
  const path = fileURLToPath(new URL(`../vectors/${name}.json`, import.meta.url));
  return JSON.parse(readFileSync(path, 'utf8')) as Content;
}
