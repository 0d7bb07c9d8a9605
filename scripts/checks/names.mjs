// Names and sizes of files and folders, as docs/STYLE.md states them. Works without git, so that an archive of the
// repository passes like a clone; what is installed or left behind by a run is not looked at.
import fs from 'node:fs';
import path from 'node:path';
import { report, root } from './report.mjs';

const filesInFolderMax = 12;
const houses = ['src', 'test', 'bench', 'examples', 'scripts', 'proto', 'migrations', 'docker', 'tools'];
const exempt =
  /(^|\/)node_modules\/|^(src\/protocol\/encoding\/generated|test\/vectors|test\/scenarios\/transcripts|bench\/reports)\//;
const kebab = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const migration = /^\d{4}_[a-z0-9]+(_[a-z0-9]+)*\.sql$/;
const vagueFolders = new Set(['utils', 'util', 'common', 'shared', 'helpers', 'helper', 'misc', 'lib']);
const vagueWords = /(^|-)(manager|helper|helpers|util|utils|data|info|impl)$/;
const conventional = new Set(['Dockerfile', 'README.md']);
// C# and Java habits that say nothing about the thing named.
const vagueDeclaration =
  /^\s*export\s+(?:default\s+)?(?:abstract\s+)?(?:class|interface|type|enum)\s+(I[A-Z][a-z]\w*|\w+(?:Impl|Manager|Helper|Helpers|Util|Utils|Data|Info))\b/gm;
const barrels = new Set(['src/sdk/index.ts']);

const files = houses.flatMap((house) => filesBelow(house)).filter((file) => !exempt.test(file));

report([...files.flatMap(namesOf), ...folderNames(), ...crowdedFolders(), ...files.flatMap(contentsOf)]);

function namesOf(file) {
  const base = path.basename(file);
  if (base.startsWith('.') || conventional.has(base)) return [];
  if (file.startsWith('migrations/')) {
    return migration.test(base) ? [] : [`${file}: a migration is named 0001_what_it_does.sql`];
  }
  const parts = base.split('.');
  const problems = [];
  if (!parts.every((part) => kebab.test(part))) problems.push(`${file}: file names are kebab-case`);
  if (vagueWords.test(parts[0])) problems.push(`${file}: the name says nothing; name what the file gives`);
  if (/^index\.[cm]?[jt]s$/.test(base) && !barrels.has(file)) {
    problems.push(`${file}: no barrels; import the file that has the thing (only src/sdk has an index)`);
  }
  return problems;
}

function folderNames() {
  const folders = new Set(files.flatMap((file) => ancestorsOf(path.posix.dirname(file))));
  return [...folders].sort().flatMap((folder) => {
    const base = path.posix.basename(folder);
    if (vagueFolders.has(base))
      return [`${folder}/: no folder named ${base}; put each file where it belongs`];
    return kebab.test(base) ? [] : [`${folder}/: folder names are kebab-case`];
  });
}

function crowdedFolders() {
  const counts = new Map();
  for (const file of files) {
    if (/\.spec\.ts$|\.md$/.test(file) || file.startsWith('migrations/')) continue;
    const folder = path.posix.dirname(file);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts]
    .filter(([folder, count]) => folder.startsWith('src') && count > filesInFolderMax)
    .map(
      ([folder, count]) =>
        `${folder}/: ${count} files; ${filesInFolderMax} are allowed: find the room inside`,
    );
}

function contentsOf(file) {
  if (!/^(src|test|bench)\/.*\.ts$/.test(file)) return [];
  const text = fs.readFileSync(path.join(root, file), 'utf8');
  const problems = [...text.matchAll(vagueDeclaration)].map(
    (match) =>
      `${file}: ${match[1]} has a name that says nothing (no I…, …Impl, …Manager, …Helper, …Util, …Data, …Info)`,
  );
  if (isBarrel(file, text)) problems.push(`${file}: no barrels; import the file that has the thing`);
  return problems;
}

/** A file with nothing of its own, which only passes on what others export. */
function isBarrel(file, text) {
  if (barrels.has(file)) return false;
  const code = text
    .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    .replaceAll(/export\s[^;]*?\sfrom\s*'[^']*';/g, '');
  return /export\s[^;]*?\sfrom\s/.test(text) && code.trim() === '';
}

/** Paths relative to the root, with forward slashes on every system. */
function filesBelow(house) {
  if (!fs.existsSync(path.join(root, house))) return [];
  return fs
    .readdirSync(path.join(root, house), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'),
    )
    .sort();
}

function ancestorsOf(folder) {
  return folder.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
}
