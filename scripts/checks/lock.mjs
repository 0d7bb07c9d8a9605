// The lock files are complete and belong to no machine. A registry that lacks one platform's binary makes `npm install` drop
// it silently, and `npm ci` fails later on another machine; a private registry's address in the lock fails for everyone else.
import fs from 'node:fs';
import path from 'node:path';
import { report, root } from './report.mjs';

report(['.', 'tools'].flatMap(problemsOf));

function problemsOf(folder) {
  const file = path.join(folder, 'package-lock.json');
  const text = fs.readFileSync(path.join(root, file), 'utf8');
  const { packages } = JSON.parse(text);
  const manifest = JSON.parse(fs.readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
  return [
    ...Object.entries(packages).flatMap(([name, entry]) => problemsOfEntry(file, name, entry)),
    ...Object.entries(packages).flatMap(([name, entry]) => missingOptional(file, packages, name, entry)),
    ...looseVersions(path.join(folder, 'package.json'), manifest),
    ...machinePaths(file, text),
  ];
}

function problemsOfEntry(file, name, entry) {
  if (name === '') return [];
  const problems = [];
  if (entry.resolved !== undefined) problems.push(`${file}: ${name} names a registry (${entry.resolved})`);
  if (entry.link === true) problems.push(`${file}: ${name} is a link to another folder`);
  else if (entry.integrity === undefined && entry.inBundle !== true)
    problems.push(`${file}: ${name} has no integrity`);
  return problems;
}

/** Every optional package that anything names must have its own entry, for every platform. */
function missingOptional(file, packages, name, entry) {
  return Object.keys(entry.optionalDependencies ?? {})
    .filter((wanted) => resolve(packages, name, wanted) === undefined)
    .map(
      (wanted) =>
        `${file}: ${name === '' ? 'the project' : name} wants ${wanted}, which the lock does not have`,
    );
}

/** Node's own search: the nearest node_modules on the way up. */
function resolve(packages, from, wanted) {
  for (let place = from; ; place = place.slice(0, Math.max(0, place.lastIndexOf('node_modules/') - 1))) {
    const found = packages[`${place === '' ? '' : `${place}/`}node_modules/${wanted}`];
    if (found !== undefined || place === '') return found;
  }
}

function looseVersions(file, manifest) {
  return ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
    Object.entries(manifest[kind] ?? {})
      .filter(([, version]) => !/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version))
      .map(([name, version]) => `${file}: ${name} is ${version}; versions are exact`),
  );
}

function machinePaths(file, text) {
  const found = text.match(/"(?:file:|link:)[^"]*"|"\/[^"]*"/g) ?? [];
  return found.map((place) => `${file}: ${place} is a path of one machine`);
}
