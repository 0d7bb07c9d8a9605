/**
 * What may go into a log line: fields are copied with secrets hidden, byte strings shortened, errors unfolded with
 * their causes, and every depth and length bounded. No log line holds a key, a passphrase or a password.
 */

const HIDDEN = '[hidden]';
const SECRET_NAME = /passw|passphrase|secret|token|authorization|cookie|private_?key|seed|mnemonic/i;
const URL_CREDENTIALS = /(\b[a-z][a-z0-9+.-]*:\/\/[^/\s:@"]*):[^/\s@"]+@/gi;

const DEPTH_MAX = 6;
const ITEMS_MAX = 50;
const TEXT_MAX = 8_192;

/** The text without the passwords of URLs in it. */
export function hideCredentials(text: string): string {
  return text.includes('://') ? text.replace(URL_CREDENTIALS, `$1:${HIDDEN}@`) : text;
}

function describeBytes(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, 8)).toString('hex');
  return bytes.length <= 8 ? shown : `${shown}… (${bytes.length} bytes)`;
}

function describeError(error: Error, depth: number): Record<string, unknown> {
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: hideCredentials(error.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: hideCredentials(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: safeValue(error.cause, depth + 1) }),
  };
}

function safeValue(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return hideCredentials(value.length > TEXT_MAX ? `${value.slice(0, TEXT_MAX)}…` : value);
    case 'bigint':
      return value.toString();
    case 'function':
    case 'symbol':
      return undefined;
    case 'object':
      return value === null ? null : safeObject(value, depth);
    default:
      return value;
  }
}

function safeObject(value: object, depth: number): unknown {
  if (depth > DEPTH_MAX) return '[too deep]';
  if (value instanceof Error) return describeError(value, depth);
  if (value instanceof Uint8Array) return describeBytes(value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Map)
    return safeFields(
      Object.fromEntries(value as Map<unknown, unknown>) as Record<string, unknown>,
      depth + 1,
    );
  if (value instanceof Set || Array.isArray(value)) {
    const items = [...(value as Iterable<unknown>)];
    const shown = items.slice(0, ITEMS_MAX).map((item) => safeValue(item, depth + 1));
    return items.length > ITEMS_MAX ? [...shown, `… ${items.length - ITEMS_MAX} more`] : shown;
  }
  return safeFields(value as Readonly<Record<string, unknown>>, depth + 1);
}

/** A copy of the fields that is fit for a log line. */
export function safeFields(fields: Readonly<Record<string, unknown>>, depth = 0): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields).slice(0, ITEMS_MAX)) {
    safe[name] =
      SECRET_NAME.test(name) && value !== undefined && value !== null ? HIDDEN : safeValue(value, depth);
  }
  return safe;
}
