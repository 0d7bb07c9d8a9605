/**
 * Every setting of the schema by its dotted path, with the environment variable that overrides it:
 * `database.statementTimeoutMs` ↔ `COUNTERSIGN_DATABASE_STATEMENT_TIMEOUT_MS`.
 */
import { z } from 'zod';
import { configurationSchema } from './configuration.js';
import { ENVIRONMENT_PREFIX } from './process-environment.js';

export type SettingKind = 'text' | 'integer' | 'boolean' | 'addresses';

export interface SettingPath {
  readonly path: readonly string[];
  readonly name: string;
  readonly variable: string;
  readonly kind: SettingKind;
  /** Holds a password: shown hidden. */
  readonly secret: boolean;
}

interface JsonSchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchemaNode>>;
  readonly additionalProperties?: unknown;
}

function variableOf(path: readonly string[]): string {
  const words = path.map((part) => part.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase());
  return ENVIRONMENT_PREFIX + words.join('_');
}

function kindOf(node: JsonSchemaNode): SettingKind {
  if (node.type === 'integer') return 'integer';
  if (node.type === 'boolean') return 'boolean';
  return node.type === 'object' ? 'addresses' : 'text';
}

function collect(node: JsonSchemaNode, path: readonly string[], into: SettingPath[]): void {
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    const childPath = [...path, key];
    if (child.properties !== undefined) {
      collect(child, childPath, into);
      continue;
    }
    const secret = /url$/i.test(key) && childPath[0] === 'database';
    into.push({
      path: childPath,
      name: childPath.join('.'),
      variable: variableOf(childPath),
      kind: kindOf(child),
      secret,
    });
  }
}

function allSettings(): readonly SettingPath[] {
  const settings: SettingPath[] = [];
  collect(
    z.toJSONSchema(configurationSchema, { io: 'output', unrepresentable: 'any' }) as JsonSchemaNode,
    [],
    settings,
  );
  return settings;
}

export const SETTINGS: readonly SettingPath[] = allSettings();

/** Names that may stand inside the section at `path`. */
export function namesInside(path: readonly string[]): readonly string[] {
  const names = new Set<string>();
  for (const setting of SETTINGS) {
    const next = setting.path[path.length];
    if (next !== undefined && path.every((part, index) => setting.path[index] === part)) names.add(next);
  }
  return [...names];
}
