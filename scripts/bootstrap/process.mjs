// What the bootstrap steps have in common with the outside: one line to the user, and a child process whose output is
// shown only when it fails.
import { spawn } from 'node:child_process';

/** A failure the user can act on: shown as one message, without a stack. */
export class BootstrapError extends Error {}

export function say(line) {
  process.stderr.write(`countersign: ${line}\n`);
}

/** Runs `command`; rejects with its output when it fails. An interrupt is passed on and ends this process as well. */
export function runQuietly(command, args, { cwd, env, failure }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    let interrupted = false;
    const forward = (signal) => {
      interrupted = true;
      child.kill(signal);
    };
    process.on('SIGINT', forward);
    process.on('SIGTERM', forward);
    const settle = (settled) => {
      process.off('SIGINT', forward);
      process.off('SIGTERM', forward);
      settled();
    };
    child.on('error', (error) =>
      settle(() =>
        reject(new BootstrapError(`${failure}: ${command} could not be started (${error.message})`)),
      ),
    );
    child.on('close', (code, signal) =>
      settle(() => {
        if (interrupted)
          return reject(new BootstrapError('interrupted; the next run starts this step again'));
        if (code === 0) return resolve();
        const reason = signal === null ? `exit code ${code}` : `stopped by ${signal}`;
        reject(
          new BootstrapError(`${failure} (${reason})\n${Buffer.concat(output).toString('utf8').trimEnd()}`),
        );
      }),
    );
  });
}
