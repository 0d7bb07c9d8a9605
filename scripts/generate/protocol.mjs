// proto/ → TypeScript with protoc-gen-es, driven by buf (tools/buf.gen.yaml). Both come with the tools package; nothing is
// fetched while generating.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

export const generatedFolder = 'src/protocol/encoding/generated';

/** Replaces the generated folder below `target`: the repository itself, or a temporary copy to compare with. */
export function generateProtocol(root, target = root) {
  fs.rmSync(path.join(target, generatedFolder), { recursive: true, force: true });
  // buf writes relative to the folder of its template, which is tools/.
  runBuf(root, ['generate', '--output', path.join(target, 'tools')]);
}

/** Runs buf in tools/; throws, with buf's own message shown, when it refuses. */
export function runBuf(root, args) {
  const tools = path.join(root, 'tools');
  const buf = path.join(tools, 'node_modules', '@bufbuild', 'buf', 'bin', 'buf');
  execFileSync(process.execPath, [buf, ...args], { cwd: tools, stdio: ['ignore', 'inherit', 'inherit'] });
}
