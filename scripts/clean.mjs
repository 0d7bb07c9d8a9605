// Removes what can be made again: compiled code, caches and reports. node_modules and the demo's data stay.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
for (const name of ['dist', 'coverage', 'bench/reports', 'node_modules/.cache', '.bootstrap-lock']) {
  fs.rmSync(path.join(root, name), { recursive: true, force: true });
}
