/**
 * Bundles the simulator, or the scripted scenarios, once for each mutation with the patched source, and runs it until it fails.
 * Without --all each mutation is hunted in the cheapest way, and those that only many seeds can show are left out; with it,
 * all of them by seeds too. Ends with status 1 when a mutation survives its budget.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build, type Plugin } from 'esbuild';
import { CHEAP_SEEDS_MAX, type Mutation, type SourcePatch } from './mutation.js';
import { MUTATIONS } from './mutations.js';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
/** In parts, because this file is bundled with the same replacement. */
const OWN_LOCATION = ['import', 'meta', 'url'].join('.');
const USAGE = `npm run mutations -- [--from SEED] [--only TEXT] [--part K/N] [--all]
--only TEXT: those with TEXT in their name; --part K/N: every N-th of them, from the K-th;
--all: also what only many seeds can show`;
const SIMULATOR = 'test/simulation/main.ts';
const SCENARIOS = 'test/scenarios/check-transcripts.ts';

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
      plugin.onLoad({ filter: /[\\/](src|test)[\\/].*\.ts$/ }, ({ path: file }) => {
        const patches = mutation.patches.filter((patch) => path.resolve(ROOT, patch.file) === file);
        let contents = fs.readFileSync(file, 'utf8');
        for (const patch of patches) {
          contents = patched(contents, patch);
          applied.add(patch);
        }
        // A file that looks for its neighbours must find them where the source lies.
        contents = contents.replaceAll(OWN_LOCATION, JSON.stringify(pathToFileURL(file).href));
        return { contents, loader: 'ts' };
      });
    },
  };
}

async function bundle(mutation: Mutation, entry: string, outfile: string): Promise<void> {
  const applied = new Set<SourcePatch>();
  await build({
    entryPoints: [path.join(ROOT, entry)],
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

/** Output of the program, which must end with a failure to be of use. */
function run(
  file: string,
  args: readonly string[],
): Promise<{ readonly status: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (status) => {
      resolve({ status, output });
    });
  });
}

/** The line by which the patched program was noticed, or `undefined` when it ran as if nothing were wrong. */
async function notice(
  mutation: Mutation,
  entry: string,
  args: readonly string[],
): Promise<string | undefined> {
  const cache = path.join(ROOT, 'node_modules', '.cache', 'mutations');
  fs.mkdirSync(cache, { recursive: true });
  const outfile = path.join(cache, `mutation-${process.pid}.mjs`);
  try {
    await bundle(mutation, entry, outfile);
    const { status, output } = await run(outfile, args);
    const line = output
      .split('\n')
      .find((text) => / FAILED[ :]/.test(text) || text.startsWith('InvariantViolation'));
    if (status === 1 && line !== undefined) return line;
    if (status === 0 || output.includes('NOT COVERED')) return undefined;
    throw new Error(`${mutation.name}: the program ended with ${String(status)}: ${output.slice(0, 2_000)}`);
  } finally {
    fs.rmSync(outfile, { force: true });
  }
}

function bySeeds({ seeds, mode, firstPrimary, membership }: Mutation, from: string): readonly string[] {
  return [
    ...['--seeds', String(seeds), '--from', from, '--failures-max', '1', '--events', '1'],
    ...['--shrink-seconds', '0'],
    ...(mode === undefined ? [] : ['--mode', mode]),
    ...['--membership', membership ?? 'constant'],
    ...(firstPrimary === undefined ? [] : ['--faulty', `0=${firstPrimary}`]),
  ];
}

/** How a mutation is hunted: by its scenario, by seeds, or by both in the long run. */
function hunts(
  mutation: Mutation,
  from: string,
  isLong: boolean,
): readonly (readonly [string, readonly string[]])[] {
  const { scenario: script } = mutation;
  const scenario = script === undefined ? [] : [[SCENARIOS, [script.file, script.line]] as const];
  const isAffordable = isLong || (scenario.length === 0 && mutation.seeds <= CHEAP_SEEDS_MAX);
  if (mutation.seeds === 0) return scenario;
  return [...scenario, ...(isAffordable ? [[SIMULATOR, bySeeds(mutation, from)] as const] : [])];
}

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    part: { type: 'string', default: '1/1' },
    all: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(`${USAGE}\n`);
  process.exit();
}

function chosen(): readonly Mutation[] {
  const [, first = '', step = ''] = /^([1-9]\d*)\/([1-9]\d*)$/.exec(values.part) ?? [];
  if (first === '' || Number(first) > Number(step))
    throw new RangeError(`--part ${values.part} is not K/N with K from 1 to N, such as 1/2`);
  return MUTATIONS.filter(({ name }) => name.includes(values.only)).filter(
    (_, index) => index % Number(step) === Number(first) - 1,
  );
}

const counts = { hunted: 0, survived: 0, left: 0 };
for (const mutation of chosen()) {
  const ways = hunts(mutation, values.from, values.all);
  if (ways.length === 0) {
    counts.left += 1;
    continue;
  }
  counts.hunted += 1;
  for (const [entry, args] of ways) {
    const noticed = await notice(mutation, entry, args);
    const budget = entry === SIMULATOR ? `${mutation.seeds} seeds` : (mutation.scenario?.file ?? '');
    if (noticed === undefined) counts.survived += 1;
    const verdict = noticed === undefined ? `SURVIVED ${budget}` : noticed.slice(0, 140);
    process.stdout.write(`${mutation.name}: ${verdict}\n`);
  }
}
process.stdout.write(
  `${counts.hunted} mutations, ${counts.survived} survived, ${counts.left} left to the long run\n`,
);
if (counts.survived > 0) process.exitCode = 1;
