/**
 * The program's log: one JSON object a line (pino), or plain text for a person at a terminal. Written to standard
 * output synchronously, so that the line which explains an exit is there after it.
 */
import pino from 'pino';
import type { Logger } from 'pino';
import { hideCredentials, safeFields } from './log-fields.js';

export interface LogSettings {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly format: 'json' | 'text';
}

/** Where lines go; each ends with a line feed. */
export interface LogDestination {
  write(line: string): void;
}

const OWN_FIELDS = new Set(['time', 'level', 'msg']);

function printField(value: unknown): string {
  if (typeof value === 'string') return /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value);
}

/** `2026-01-01T00:00:00.000Z INFO  message name=value …`, an error's stack on the lines that follow. */
function jsonLineToText(line: string): string {
  const record = JSON.parse(line) as Record<string, unknown>;
  const fields: string[] = [];
  let stack = '';
  for (const [name, value] of Object.entries(record)) {
    if (OWN_FIELDS.has(name)) continue;
    if (typeof value === 'object' && value !== null && 'stack' in value && typeof value.stack === 'string') {
      stack += `\n  ${value.stack.replaceAll('\n', '\n  ')}`;
      continue;
    }
    fields.push(`${name}=${printField(value)}`);
  }
  const level = String(record['level']).toUpperCase().padEnd(5);
  return `${[String(record['time']), level, typeof record['msg'] === 'string' ? record['msg'] : '', ...fields].join(' ')}${stack}\n`;
}

/** `bindings` are on every line, for example the organisation. */
export function createLogger(
  settings: LogSettings,
  bindings: Readonly<Record<string, unknown>> = {},
  destination: LogDestination = pino.destination({ fd: 1, sync: true }),
): Logger {
  return pino(
    {
      level: settings.level,
      base: safeFields(bindings),
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: safeFields },
      serializers: { err: (error: unknown) => error },
    },
    {
      write: (line: string) => {
        const safe = hideCredentials(line);
        destination.write(settings.format === 'json' ? safe : jsonLineToText(safe));
      },
    },
  );
}
