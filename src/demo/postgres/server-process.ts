/** A server known by its process id alone: whether it lives, and how it is ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import { hasErrorCode } from './error-code.js';

/** Ways to ask the server to end, and how long each is given: fast, immediate (recovers at the next start), none. */
export const STOP_STEPS = [
  { signal: 'SIGINT', waitMs: 20_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
] as const;

/** Ends a server that is no child of this process, by pid. True when it is gone. */
export async function stopProcess(pid: number): Promise<boolean> {
  for (const { signal, waitMs } of STOP_STEPS) {
    if (!isAlive(pid)) return true;
    process.kill(pid, signal);
    for (let waited = 0; waited < waitMs && isAlive(pid); waited += 50) await sleep(50);
  }
  return !isAlive(pid);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: alive, and another user's.
    return hasErrorCode(error, 'EPERM');
  }
}
