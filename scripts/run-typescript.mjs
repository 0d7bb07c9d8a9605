// Runs a TypeScript program that is not part of the product (bench/, test/simulation/): bundles our own files with esbuild,
// leaves packages to node_modules, and runs the result with source maps. Exit code and signals pass through.
//   node scripts/run-typescript.mjs ENTRY [arguments…]
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const ourSources = /[\\/](src|test|bench)[\\/].*\.ts$/;
const [entry, ...args] = process.argv.slice(2);

/** A file that looks for its neighbours must find them where the source lies, not where the bundle lies. */
const keepOwnLocation = {
  name: 'keep-own-location',
  setup(plugin) {
    plugin.onLoad({ filter: ourSources }, async ({ path: file }) => {
      const source = await fs.promises.readFile(file, 'utf8');
      const location = JSON.stringify(pathToFileURL(file).href);
      return { contents: source.replaceAll('import.meta.url', location), loader: 'ts' };
    });
  },
};

/** esbuild prints its own errors; the caller only needs to know that there is nothing to run. */
async function bundleOf(source) {
  const name = path
    .relative(root, source)
    .replaceAll(/[^A-Za-z0-9.]+/g, '-')
    .replace(/\.ts$/, '');
  const outfile = path.join(root, 'node_modules', '.cache', 'run-typescript', `${name}-${process.pid}.mjs`);
  try {
    await build({
      entryPoints: [source],
      outfile,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      sourcemap: true,
      keepNames: true,
      alias: { '#crypto-platform': path.join(root, 'src/protocol/crypto/platform/node.ts') },
      tsconfig: path.join(root, 'tsconfig.json'),
      plugins: [keepOwnLocation],
      logLevel: 'warning',
    });
    return outfile;
  } catch (error) {
    if (Array.isArray(error.errors)) return undefined;
    throw error;
  }
}

function runBundle(bundle) {
  const child = spawn(process.execPath, ['--enable-source-maps', bundle, ...args], { stdio: 'inherit' });
  process.once('exit', () => {
    for (const file of [bundle, `${bundle}.map`]) fs.rmSync(file, { force: true });
  });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`cannot start ${bundle}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    for (const name of signals) process.removeAllListeners(name);
    if (signal !== null) process.kill(process.pid, signal);
    else process.exitCode = code;
  });
}

if (entry === undefined) {
  process.stderr.write('usage: node scripts/run-typescript.mjs ENTRY [arguments…]\n');
  process.exitCode = 2;
} else {
  const bundle = await bundleOf(path.resolve(entry));
  if (bundle === undefined) process.exitCode = 1;
  else runBundle(bundle);
}
