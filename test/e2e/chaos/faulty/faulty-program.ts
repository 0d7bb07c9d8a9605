/** Makes the program of faulty-main.ts: one file, bundled as scripts/run-typescript.mjs bundles what it runs. */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { projectFolder } from '../../test-cluster.js';

export interface FaultyProgram {
  readonly mainFile: string;
  remove(): void;
}

export async function bundleFaultyProgram(): Promise<FaultyProgram> {
  const cache = path.join(projectFolder, 'node_modules', '.cache', 'run-typescript');
  const mainFile = path.join(cache, `faulty-main-${process.pid}.mjs`);
  const bundler = path.join(projectFolder, 'scripts', 'run-typescript.mjs');
  const entry = path.join(projectFolder, 'test', 'e2e', 'chaos', 'faulty', 'faulty-main.ts');
  await promisify(execFile)(process.execPath, [bundler, '--bundle', mainFile, entry]);
  return {
    mainFile,
    remove: () => {
      for (const file of [mainFile, `${mainFile}.map`]) rmSync(file, { force: true });
    },
  };
}
