// Makes few files of the programs in dist/: a process that reads its more than a thousand modules one by one spends three
// quarters of its start on finding and opening them. What tsc has written stays beside it for whoever imports a module, such
// as the SDK; only the two files that are started become the doors to what was bundled.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { BootstrapError } from './process.mjs';

const PROGRAMS = { main: 'main.js', countersign: 'cli/countersign.js' };
const FOLDER = 'program';

/** Left to node_modules: native code, files that are served, and what libraries ask for in vain when it is not installed. */
const EXTERNAL = [
  'sodium-native',
  '@fastify/static',
  '@fastify/view',
  '@fastify/multipart',
  '@nestjs/platform-express',
  '@nestjs/microservices',
  '@nestjs/microservices/*',
  '@nestjs/websockets',
  '@nestjs/websockets/*',
  'class-transformer',
  'class-transformer/*',
  'class-validator',
];

/** CommonJS packages ask for `require`, which ES modules do not have. */
const REQUIRE = `import { createRequire as createRequireOfProgram } from 'node:module';
const require = createRequireOfProgram(import.meta.url);`;

/**
 * Points every place of a library to its first line: a stack names the file, and the map stays small. Node reads the whole map when
 * it shows the first stack, which a node does as soon as another one does not answer.
 */
function firstLineOnly(file) {
  const map = { version: 3, sources: [path.basename(file)], mappings: 'AAAA' };
  const encoded = Buffer.from(JSON.stringify(map)).toString('base64');
  return `\n//# sourceMappingURL=data:application/json;base64,${encoded}`;
}

/**
 * A module that looks for its neighbours finds them where tsc has put it, wherever the bundle lies. The programs themselves are
 * read from their sources: what tsc made of them was replaced by the doors, and it writes only what has changed.
 */
function ownModules(root, dist) {
  const target = path.join(dist, FOLDER);
  const ours = pathToFileURL(dist).href;
  const sources = new Map(
    Object.values(PROGRAMS).map((file) => [
      path.join(dist, file),
      path.join(root, 'src', file.replace(/\.js$/, '.ts')),
    ]),
  );
  return {
    name: 'own-modules',
    setup(plugin) {
      plugin.onLoad({ filter: /\.[cm]?js$/ }, ({ path: file }) => {
        const source = sources.get(file);
        const text = fs.readFileSync(source ?? file, 'utf8');
        if (!pathToFileURL(file).href.startsWith(`${ours}/`)) return { contents: text + firstLineOnly(file) };
        const place = path.relative(target, file).split(path.sep).join('/');
        const location = `new URL(${JSON.stringify(place)}, import.meta.url).href`;
        const contents = text.replaceAll('import.meta.url', location);
        return { contents, loader: source === undefined ? 'js' : 'ts' };
      });
    },
  };
}

/** Rejects when the modules in dist/ do not fit together. */
export async function bundle(root) {
  const { build } = await import('esbuild');
  const dist = path.join(root, 'dist');
  fs.rmSync(path.join(dist, FOLDER), { recursive: true, force: true });
  const entryPoints = Object.fromEntries(
    Object.entries(PROGRAMS).map(([name, file]) => [name, path.join(dist, file)]),
  );
  try {
    await build({
      absWorkingDir: root,
      entryPoints,
      outdir: path.join(dist, FOLDER),
      bundle: true,
      splitting: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      sourcemap: true,
      sourcesContent: false,
      external: EXTERNAL,
      banner: { js: REQUIRE },
      plugins: [ownModules(root, dist)],
      logLevel: 'silent',
    });
  } catch (error) {
    throw new BootstrapError(`dist/ cannot be bundled\n${error.message}`);
  }
  for (const [name, file] of Object.entries(PROGRAMS)) {
    const from = path.relative(path.dirname(path.join(dist, file)), path.join(dist, FOLDER, `${name}.js`));
    const address = from.split(path.sep).join('/');
    const door = `#!/usr/bin/env node\nimport ${JSON.stringify(address.startsWith('.') ? address : `./${address}`)};\n`;
    fs.writeFileSync(path.join(dist, file), door);
    fs.rmSync(path.join(dist, `${file}.map`), { force: true });
  }
}
