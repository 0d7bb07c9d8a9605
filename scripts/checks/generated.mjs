// The committed TypeScript of proto/ is what the compiler makes of it today: generated again into a temporary folder and
// compared byte for byte.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { generatedFolder, generateProtocol } from '../generate/protocol.mjs';
import { report, root } from './report.mjs';

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-generated-'));
try {
  generateProtocol(root, temporary);
  const committed = contentsBelow(path.join(root, generatedFolder));
  const expected = contentsBelow(path.join(temporary, generatedFolder));
  const names = [...new Set([...committed.keys(), ...expected.keys()])].sort();
  report(names.flatMap((name) => difference(name, committed.get(name), expected.get(name))));
} finally {
  fs.rmSync(temporary, { recursive: true, force: true });
}

function difference(name, committed, expected) {
  if (committed === expected) return [];
  const file = `${generatedFolder}/${name}`;
  if (expected === undefined) return [`${file}: no .proto makes this file; run \`npm run generate\``];
  if (committed === undefined) return [`${file}: is missing; run \`npm run generate\``];
  return [`${file}: differs from what proto/ gives; run \`npm run generate\``];
}

function contentsBelow(folder) {
  const entries = fs
    .readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile());
  return new Map(
    entries.map((entry) => {
      const file = path.join(entry.parentPath ?? entry.path, entry.name);
      return [path.relative(folder, file), fs.readFileSync(file, 'utf8')];
    }),
  );
}
