/** The effective settings as rows for `config check`: name, value with secrets hidden, and where the value came from. */
import type { LoadedConfiguration } from './load-configuration.js';
import { SETTINGS } from './setting-paths.js';

export interface SettingRow {
  readonly name: string;
  /** Ready to print; passwords are hidden. */
  readonly value: string;
  /** `default`, `file`, or the name of the environment variable. */
  readonly origin: string;
  /** The variable that would override it. */
  readonly variable: string;
}

/** A URL with its password replaced, also where it stands in the query (`?password=`). */
export function hidePassword(url: string): string {
  if (!URL.canParse(url)) return '(hidden)';
  const parsed = new URL(url);
  if (parsed.password !== '') parsed.password = '***';
  for (const name of parsed.searchParams.keys()) {
    if (/password|passphrase|secret|token/i.test(name)) parsed.searchParams.set(name, '***');
  }
  return parsed.href;
}

function valueAt(root: unknown, keys: readonly string[]): unknown {
  let current = root;
  for (const key of keys) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Readonly<Record<string, unknown>>)[key];
  }
  return current;
}

function print(value: unknown): string {
  if (value === undefined) return '(not set)';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function describeConfiguration(loaded: LoadedConfiguration): readonly SettingRow[] {
  return SETTINGS.map((setting) => {
    const value = valueAt(loaded.configuration, setting.path);
    const origin = loaded.origins.get(setting.name) ?? 'default';
    return {
      name: setting.name,
      value: setting.secret && typeof value === 'string' ? hidePassword(value) : print(value),
      origin: typeof origin === 'string' ? origin : origin.variable,
      variable: setting.variable,
    };
  });
}
