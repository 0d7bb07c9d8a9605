// Compiles src/ to dist/ and bundles the programs in it when a source, the compiler settings, the lock file or the way of
// building changed since the last good build. Staleness is decided by content, so that switching branches back and forth does
// not compile in vain.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { bundle } from './bundle.mjs';
import { runQuietly, say } from './process.mjs';

const stampName = '.countersign-build';
const emitted = ['.js', '.js.map', '.d.ts'];

export function buildIsFresh(root) {
  const stamp = path.join(root, 'dist', stampName);
  return fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === digestOfInputs(root);
}

export async function build(root) {
  const started = Date.now();
  say('compiling src/ to dist/ …');
  const digest = digestOfInputs(root);
  const stamp = path.join(root, 'dist', stampName);
  fs.rmSync(stamp, { force: true });
  const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await runQuietly(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--pretty', 'false'], {
    cwd: root,
    env: process.env,
    failure: 'src/ does not compile',
  });
  removeOrphans(root);
  copyAssets(root);
  await bundle(root);
  fs.writeFileSync(stamp, digest);
  say(`compiled in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function digestOfInputs(root) {
  const hash = createHash('sha256');
  const settings = [
    ...['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'],
    ...['build.mjs', 'bundle.mjs'].map((name) => path.join('scripts', 'bootstrap', name)),
  ].map((name) => path.join(root, name));
  for (const file of [...settings, ...sourcesOf(root)]) {
    hash
      .update(`${path.relative(root, file)}\0`)
      .update(fs.readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

/** Everything below src/ except the specs, in a fixed order. */
function sourcesOf(root) {
  return filesBelow(path.join(root, 'src'))
    .filter((file) => !file.endsWith('.spec.ts'))
    .sort();
}

/** Output whose source is gone would still be importable: it is removed. */
function removeOrphans(root) {
  for (const file of filesBelow(path.join(root, 'dist'))) {
    const suffix = emitted.find((ending) => file.endsWith(ending));
    if (suffix === undefined) continue;
    const stem = path.relative(path.join(root, 'dist'), file).slice(0, -suffix.length);
    const source = path.join(root, 'src', stem);
    if (!fs.existsSync(`${source}.ts`) && !fs.existsSync(`${source}.js`)) fs.rmSync(file);
  }
}

/** What the compiler leaves behind: files that the program reads, such as JSON documents. */
function copyAssets(root) {
  for (const file of sourcesOf(root)) {
    if (file.endsWith('.ts') || file.endsWith('.md')) continue;
    const target = path.join(root, 'dist', path.relative(path.join(root, 'src'), file));
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.copyFileSync(file, target);
  }
}

function filesBelow(folder) {
  return fs
    .readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
}
