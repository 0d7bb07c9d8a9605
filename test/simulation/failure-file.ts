/** A failing run on disk: its options and explicit schedule, repeatable after the code draws otherwise, and a diagram. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { constantMembership } from './options.js';
import type { SimulationResult } from './run-seed.js';
import { sequenceDiagram } from './sequence-diagram.js';
import type { Failure } from './shrink.js';

const DIAGRAM_LINES = 120;
export const FAILURES_FOLDER = 'simulation-failures';

/** Writes FAILURES_FOLDER/<digest>.json and .md below the working directory; gives the first one's path. */
export function saveFailure(failure: Failure, result: SimulationResult): string {
  const text = `${JSON.stringify(failure, undefined, 2)}\n`;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  fs.mkdirSync(FAILURES_FOLDER, { recursive: true });
  const file = path.join(FAILURES_FOLDER, `${failure.options.seed}-${digest}.json`);
  fs.writeFileSync(file, text);
  fs.writeFileSync(
    file.replace(/\.json$/, '.md'),
    sequenceDiagram(result.trace, failure.problem, DIAGRAM_LINES),
  );
  return file;
}

/** Throws when the file is not one that `saveFailure` writes. */
export function loadFailure(file: string): Failure {
  const failure = JSON.parse(fs.readFileSync(file, 'utf8')) as Partial<Failure>;
  if (failure.options === undefined || failure.schedule === undefined || failure.problem === undefined)
    throw new SyntaxError(`${file} is not the record of a simulated failure`);
  // Failures of before the validators could change had none that did.
  const options = { ...constantMembership(failure.options.nodes), ...failure.options };
  return { ...(failure as Failure), options };
}
