/**
 * Published test data of others lies beside the repository in ../shared and is not part of it. A suite that needs some
 * of it runs when it is there; otherwise it says so in one line and is skipped.
 */
import { describe, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sharedFolder = fileURLToPath(new URL('../../../shared/', import.meta.url));

/** Absolute path of a file or folder below ../shared. */
export function sharedPath(relativePath: string): string {
  return join(sharedFolder, relativePath);
}

export function hasShared(relativePath: string): boolean {
  return existsSync(sharedPath(relativePath));
}

/** `describe` when ../shared/<relativePath> exists, otherwise one line of explanation and one skipped test for the suite. */
export function describeWithShared(relativePath: string, name: string, body: () => void): void {
  if (hasShared(relativePath)) {
    describe(name, body);
    return;
  }
  process.stderr.write(`skipped: "${name}" needs ../shared/${relativePath} beside the repository\n`);
  // The body may read the folder while it describes its tests.
  it.skip(name, () => undefined);
}

export function readSharedText(relativePath: string): string {
  return readFileSync(sharedPath(relativePath), 'utf8');
}

/** Parsed JSON of a shared file; the caller says what shape it has. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the file's shape is the caller's word
export function readSharedJson<Content>(relativePath: string): Content {
  return JSON.parse(readSharedText(relativePath)) as Content;
}

/** Names of the files directly in a shared folder, sorted. */
export function listShared(relativePath: string): readonly string[] {
  return readdirSync(sharedPath(relativePath)).sort((left, right) => (left < right ? -1 : 1));
}
