// Runs a TypeScript program that is not part of the product (bench/, test/simulation/): bundles our own files with esbuild,
// leaves packages to node_modules, and runs the result with source maps. Exit code and signals pass through.
//   node scripts/run-typescript.mjs ENTRY [arguments…]
//   node scripts/run-typescript.mjs --bundle OUTFILE ENTRY     only bundles; whoever asked for the file removes it
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transform } from '@swc/core';
import { build } from 'esbuild';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const ourSources = /[\\/](src|test|bench)[\\/].*\.ts$/;
const usage = 'node scripts/run-typescript.mjs ENTRY [arguments…] | --bundle OUTFILE ENTRY';

const decorator = /^ *@[A-Z]\w*\(/m;

/** Nest reads the types of constructor parameters, which esbuild does not write down. */
async function withDecoratorMetadata(source) {
  const { code } = await transform(source, {
    swcrc: false,
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
      keepClassNames: true,
    },
  });
  return code;
}

/** A file that looks for its neighbours must find them where the source lies, not where the bundle lies. */
const ownSources = {
  name: 'own-sources',
  setup(plugin) {
    plugin.onLoad({ filter: ourSources }, async ({ path: file }) => {
      const text = await fs.promises.readFile(file, 'utf8');
      const location = JSON.stringify(pathToFileURL(file).href);
      const source = text.replaceAll('import.meta.url', location);
      if (!decorator.test(source)) return { contents: source, loader: 'ts' };
      return { contents: await withDecoratorMetadata(source), loader: 'js' };
    });
  },
};

/** Where the bundle of a program lies while it runs. */
function cachedFile(source) {
  const name = path
    .relative(root, source)
    .replaceAll(/[^A-Za-z0-9.]+/g, '-')
    .replace(/\.ts$/, '');
  return path.join(root, 'node_modules', '.cache', 'run-typescript', `${name}-${process.pid}.mjs`);
}

/** False when that failed: esbuild prints its own errors, the caller only needs to know that there is nothing to run. */
async function bundle(source, outfile) {
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
      alias: { '#crypto-platform': path.join(root, 'src/protocol/crypto/platform/node.ts') },
      tsconfig: path.join(root, 'tsconfig.json'),
      plugins: [ownSources],
      logLevel: 'warning',
    });
    return true;
  } catch (error) {
    if (Array.isArray(error.errors)) return false;
    throw error;
  }
}

function run(file, args) {
  const child = spawn(process.execPath, ['--enable-source-maps', file, ...args], { stdio: 'inherit' });
  process.once('exit', () => {
    for (const each of [file, `${file}.map`]) fs.rmSync(each, { force: true });
  });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`cannot start ${file}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    for (const name of signals) process.removeAllListeners(name);
    if (signal !== null) process.kill(process.pid, signal);
    else process.exitCode = code;
  });
}

const [first, ...rest] = process.argv.slice(2);
const [entry, outfile] = first === '--bundle' ? [rest[1], rest[0]] : [first, undefined];
if (entry === undefined) {
  process.stderr.write(`usage: ${usage}\n`);
  process.exitCode = 2;
} else {
  const source = path.resolve(entry);
  const file = outfile ?? cachedFile(source);
  if (!(await bundle(source, file))) process.exitCode = 1;
  else if (outfile === undefined) run(file, rest);
}
