// The oldest Node that works is written once, in package.json (engines.node); this holds the running one against it.
import fs from 'node:fs';
import path from 'node:path';
import { BootstrapError } from './process.mjs';

export function requireSupportedNode(root) {
  const range = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).engines.node;
  if (nodeSatisfies(process.versions.node, range)) return;
  throw new BootstrapError(
    `Node ${process.versions.node} is not supported; Countersign needs Node ${range}.\n` +
      'Install a current long-term-support release of Node (24 or newer is a good choice) and run the command again.',
  );
}

/** `range` is a list of `^x.y.z` or `>=x.y.z`, separated by `||`: the two forms that engines.node uses. */
export function nodeSatisfies(version, range) {
  const running = version.split('.').map((part) => Number.parseInt(part, 10));
  return range.split('||').some((alternative) => {
    const match = /^\s*(\^|>=)(\d+)\.(\d+)\.(\d+)\s*$/.exec(alternative);
    if (match === null) throw new Error(`engines.node: cannot read "${alternative.trim()}"`);
    const least = match.slice(2).map(Number);
    return compare(running, least) >= 0 && (match[1] === '>=' || running[0] === least[0]);
  });
}

function compare(left, right) {
  for (let i = 0; i < 3; i += 1) if (left[i] !== right[i]) return left[i] - right[i];
  return 0;
}
