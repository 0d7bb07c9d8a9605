/** What a command prints: data on stdout (one JSON value with `--json`), messages on stderr; colours follow NO_COLOR. */
import Table from 'cli-table3';
import type { Command } from 'commander';
import picocolors from 'picocolors';
import { errorCode } from './exit-code.js';

export interface TerminalOptions {
  readonly json: boolean;
  readonly verbose: boolean;
}

export class Terminal {
  constructor(readonly options: TerminalOptions) {}

  /** `value` with `--json`, else the text made for people. */
  data(value: unknown, human: () => string): void {
    const text = this.options.json ? JSON.stringify(value) : human();
    process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** Bytes as they stand, for a file that goes to a pipe. */
  raw(bytes: Uint8Array): void {
    process.stdout.write(bytes);
  }

  message(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** A line on a terminal that the next one replaces; an empty one takes it away. Nothing anywhere else. */
  progress(text: string): void {
    if (process.stderr.isTTY && !this.options.json) process.stderr.write(`\r\u001b[K${text}`);
  }

  /** One line with the fix and the code; the stack only with `--verbose`. */
  error(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const code = errorCode(error);
    if (this.options.json) process.stderr.write(`${JSON.stringify({ error: { code, message } })}\n`);
    else this.message(`${picocolors.red('error:')} ${message} ${picocolors.dim(`[${code}]`)}`);
    if (!this.options.verbose) return;
    for (let cause = error; cause instanceof Error; cause = cause.cause)
      this.message(cause.stack ?? cause.message);
  }
}

/** Rows under a head, in plain lines that copy well. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: head.map((title) => picocolors.bold(title)),
    style: { head: [], border: [], compact: true },
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: ' ',
    },
  });
  for (const row of rows) table.push([...row]);
  return table.toString();
}

/** The terminal with the options that every command has. */
export function terminalOf(command: Command): Terminal {
  const { json = false, verbose = false } = command.optsWithGlobals<Partial<TerminalOptions>>();
  return new Terminal({ json, verbose });
}
