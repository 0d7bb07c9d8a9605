/** The load generator as a process of its own, so that it takes no time from what it measures. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { LoadPlan, LoadResult } from './load-plan.js';

const runner = fileURLToPath(new URL('../../scripts/run-typescript.mjs', import.meta.url));
const generator = fileURLToPath(new URL('load-generator.ts', import.meta.url));

export interface RunningLoad {
  /** When the plan is fulfilled, or the load was stopped, and every request is answered. */
  readonly result: Promise<LoadResult>;
  /** Sends nothing more. */
  stop(): Promise<LoadResult>;
}

export function startLoad(plan: LoadPlan): RunningLoad {
  const child = spawn(process.execPath, [runner, generator], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(plan));
  const result = text(child.stdout).then((output) => JSON.parse(output) as LoadResult);
  return {
    result,
    stop() {
      child.kill('SIGTERM');
      return result;
    },
  };
}
