// Makes a fresh clone ready to run: installs what package-lock.json names and compiles src/ to dist/, each only when it is
// stale. The scripts of package.json call it first, so it uses nothing but Node and writes its progress to stderr only.
//   node scripts/bootstrap.mjs [--tools] [--no-build]
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildIsFresh, build } from './bootstrap/build.mjs';
import { installIsFresh, install } from './bootstrap/install.mjs';
import { withLockFolder } from './bootstrap/lock-folder.mjs';
import { requireSupportedNode } from './bootstrap/node-version.mjs';
import { BootstrapError, say } from './bootstrap/process.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** The steps this call asks for; each says whether it is still to be done. */
function stepsFor(options) {
  const steps = [{ isFresh: () => installIsFresh(root), run: () => install(root, 'the dependencies') }];
  if (options.has('--tools')) {
    const tools = path.join(root, 'tools');
    steps.push({
      isFresh: () => installIsFresh(tools),
      run: () => install(tools, 'the tools of the checks'),
    });
  }
  if (!options.has('--no-build')) {
    steps.push({ isFresh: () => buildIsFresh(root), run: () => build(root) });
  }
  return steps;
}

async function main() {
  requireSupportedNode(root);
  const options = new Set(process.argv.slice(2));
  for (const option of options) {
    if (option !== '--tools' && option !== '--no-build') {
      throw new BootstrapError(`unknown option ${option}: the options are --tools and --no-build`);
    }
  }
  const steps = stepsFor(options);
  if (steps.every((step) => step.isFresh())) return;
  await withLockFolder(path.join(root, '.bootstrap-lock'), async () => {
    // Another run may have done the work while this one waited for the lock.
    for (const step of steps) if (!step.isFresh()) await step.run();
  });
}

try {
  await main();
} catch (error) {
  if (!(error instanceof BootstrapError)) throw error;
  say(`error: ${error.message}`);
  process.exitCode = 1;
}
