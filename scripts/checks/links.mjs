// Every link of our Markdown files that points into the repository points at something: at a file or folder, and where it names
// a heading, at one that the file has. Works without git; what is installed or left behind by a run is not looked at.
import fs from 'node:fs';
import path from 'node:path';
import { report, root } from './report.mjs';

const skipped = /(^|\/)(node_modules|dist|coverage|\.git|\.countersign|simulation-failures)(\/|$)/;
const link = /\]\(([^()\s]+)\)/g;
const outside = /^[a-z][a-z0-9+.-]*:/i;

const anchors = new Map();

report(markdownFiles('').flatMap(problemsOf));

function problemsOf(file) {
  const text = withoutCode(fs.readFileSync(path.join(root, file), 'utf8'));
  return [...text.matchAll(link)]
    .map(([, target]) => target)
    .filter((target) => !outside.test(target))
    .flatMap((target) => problemOf(file, target));
}

function problemOf(file, target) {
  const [name, fragment] = target.split('#', 2);
  const there = name === '' ? file : path.posix.join(path.posix.dirname(file), decodeURI(name));
  if (there.startsWith('..')) return [`${file}: ${target} leads out of the repository`];
  if (!fs.existsSync(path.join(root, there))) return [`${file}: ${target} leads nowhere`];
  if (fragment === undefined || !there.endsWith('.md')) return [];
  return anchorsOf(there).has(fragment) ? [] : [`${file}: ${target} names no heading of ${there}`];
}

/** The names under which a page shows its headings: lower case, no punctuation, dashes for spaces, numbered when repeated. */
function anchorsOf(file) {
  const known = anchors.get(file);
  if (known !== undefined) return known;
  const names = new Set();
  const text = fs.readFileSync(path.join(root, file), 'utf8').replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '');
  for (const [, heading] of text.matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const name = plain.replaceAll(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    let unique = name;
    for (let count = 1; names.has(unique); count++) unique = `${name}-${count}`;
    names.add(unique);
  }
  anchors.set(file, names);
  return names;
}

function withoutCode(text) {
  return text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

/** Paths relative to the root, with forward slashes on every system. */
function markdownFiles(folder) {
  return fs
    .readdirSync(path.join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const name = path.posix.join(folder, entry.name);
      if (skipped.test(name)) return [];
      if (entry.isDirectory()) return markdownFiles(name);
      return name.endsWith('.md') ? [name] : [];
    })
    .sort();
}
