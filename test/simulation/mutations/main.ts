/**
 * node scripts/run-typescript.mjs test/simulation/mutations/main.ts [--from 1] [--only TEXT]
 * Bundles the simulator once for each mutation, with the patched source, and runs it until it fails. Ends with status 1
 * when a mutation survives its budget.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build, type Plugin } from 'esbuild';
import { MUTATIONS, type Mutation, type SourcePatch } from './mutations.js';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

/** The source with the patch; throws when the place to patch is not there exactly once. */
function patched(source: string, { file, find, replace }: SourcePatch): string {
  const parts = source.split(find);
  if (parts.length !== 2) {
    throw new RangeError(
      `${file} has ${parts.length - 1} places like ${JSON.stringify(find)}; mend the mutation`,
    );
  }
  return parts.join(replace);
}

function patching(mutation: Mutation, applied: Set<SourcePatch>): Plugin {
  return {
    name: 'mutation',
    setup(plugin) {
      plugin.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path: file }) => {
        const patches = mutation.patches.filter((patch) => path.resolve(ROOT, patch.file) === file);
        let contents = fs.readFileSync(file, 'utf8');
        for (const patch of patches) {
          contents = patched(contents, patch);
          applied.add(patch);
        }
        return { contents, loader: 'ts' };
      });
    },
  };
}

async function bundle(mutation: Mutation, outfile: string): Promise<void> {
  const applied = new Set<SourcePatch>();
  await build({
    entryPoints: [path.join(ROOT, 'test/simulation/main.ts')],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    alias: { '#crypto-platform': path.join(ROOT, 'src/protocol/crypto/platform/node.ts') },
    tsconfig: path.join(ROOT, 'tsconfig.json'),
    plugins: [patching(mutation, applied)],
    logLevel: 'error',
  });
  if (applied.size !== mutation.patches.length)
    throw new RangeError(`${mutation.name}: a patched file is not used`);
}

/** Output of the simulator, which must end with a failure to be of use. */
function simulate(
  file: string,
  args: readonly string[],
): Promise<{ readonly status: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (status) => {
      resolve({ status, output });
    });
  });
}

/** The problem by which the mutation was noticed, or `undefined` when it survived. */
async function hunt(mutation: Mutation, from: string): Promise<string | undefined> {
  const cache = path.join(ROOT, 'node_modules', '.cache', 'mutations');
  fs.mkdirSync(cache, { recursive: true });
  const outfile = path.join(cache, `mutation-${process.pid}.mjs`);
  try {
    await bundle(mutation, outfile);
    const args = ['--seeds', String(mutation.seeds), '--from', from, '--failures-max', '1', '--events', '1'];
    const { status, output } = await simulate(outfile, args);
    const line = output.split('\n').find((text) => text.includes(' FAILED: '));
    if (status === 1 && line !== undefined) return line;
    if (status === 0) return undefined;
    throw new Error(`${mutation.name}: the simulator ended with ${String(status)}: ${output}`);
  } finally {
    fs.rmSync(outfile, { force: true });
  }
}

const { values } = parseArgs({
  options: { from: { type: 'string', default: '1' }, only: { type: 'string', default: '' } },
});
let survivors = 0;
for (const mutation of MUTATIONS.filter(({ name }) => name.includes(values.only))) {
  const noticed = await hunt(mutation, values.from);
  if (noticed === undefined) survivors += 1;
  const verdict = noticed === undefined ? `SURVIVED ${mutation.seeds} seeds` : noticed.slice(0, 120);
  process.stdout.write(`${mutation.name}: ${verdict}\n`);
}
process.stdout.write(`${MUTATIONS.length} mutations, ${survivors} survived\n`);
if (survivors > 0) process.exitCode = 1;
