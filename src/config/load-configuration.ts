/**
 * Reads the settings of a node: defaults, then one YAML file, then COUNTERSIGN_* variables. All problems are told at
 * once, each with its field, what is wrong and the fix; an unknown key names the nearest known one.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { isAlias, parseDocument, visit } from 'yaml';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import { checkRelations, configurationSchema, type Configuration } from './configuration.js';
import { nearestName } from './nearest-name.js';
import { CONFIGURATION_FILE_VARIABLE, ENVIRONMENT_PREFIX, type Environment } from './process-environment.js';
import { namesInside, SETTINGS, type SettingPath } from './setting-paths.js';

export type SettingOrigin = 'default' | 'file' | { readonly variable: string };

export interface LoadedConfiguration {
  readonly configuration: Configuration;
  /** Absolute path of the file; `undefined` when only the environment was used. */
  readonly file: string | undefined;
  /** By dotted name of the setting. */
  readonly origins: ReadonlyMap<string, SettingOrigin>;
}

type Section = Record<string, unknown>;

const FILE_BYTES_MAX = 1024 * 1024;

function invalid(source: string, problems: readonly string[]): LedgerError {
  return new LedgerError(
    'CONFIGURATION_INVALID',
    `${source} is not usable:\n${problems.map((text) => `  - ${text}`).join('\n')}`,
  );
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LedgerError(
      'CONFIGURATION_UNREADABLE',
      `the configuration file ${file} cannot be read (${cause instanceof Error ? cause.message : 'unknown cause'}); name an existing file with --config or ${CONFIGURATION_FILE_VARIABLE}`,
      { cause },
    );
  }
}

/** YAML 1.2 core, without duplicate keys and aliases: an alias can stand for more than the file's size. */
function parseYaml(text: string, file: string): Section {
  if (text.length > FILE_BYTES_MAX) throw invalid(file, [`the file is larger than ${FILE_BYTES_MAX} bytes`]);
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true });
  const problems = document.errors.map((error) => error.message.split('\n')[0] ?? error.message);
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node)) problems.push('aliases (*name) are not allowed; write the value out');
    },
  });
  if (problems.length > 0) throw invalid(file, problems);
  const content: unknown = document.toJS();
  if (content === null || content === undefined) return {};
  if (!isSection(content))
    throw invalid(file, ['the file must be a mapping of settings, such as "organisation: acme"']);
  return content;
}

function addressesOf(text: string): Record<string, string> {
  const addresses: Record<string, string> = {};
  for (const part of text.split(',')) {
    const separator = part.indexOf('=');
    addresses[part.slice(0, Math.max(separator, 0)).trim()] = part.slice(separator + 1).trim();
  }
  return addresses;
}

/** A variable's text as the value that the schema then judges; what does not fit is kept as text for its message. */
function variableToValue(setting: SettingPath, text: string): unknown {
  if (setting.kind === 'integer' && /^-?\d{1,16}$/.test(text)) return Number(text);
  if (setting.kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return setting.kind === 'addresses' ? addressesOf(text) : text;
}

function assign(section: Section, [first, ...rest]: readonly string[], value: unknown): void {
  if (first === undefined) return;
  if (rest.length === 0) {
    section[first] = value;
    return;
  }
  const existing = section[first];
  const child: Section = isSection(existing) ? existing : {};
  section[first] = child;
  assign(child, rest, value);
}

function valueAt(section: Section, keys: readonly string[]): unknown {
  let current: unknown = section;
  for (const key of keys) current = isSection(current) ? current[key] : undefined;
  return current;
}

/** Variables that start with our prefix and name no setting; those that a setting or the tools use are known. */
function unknownVariables(environment: Environment, allowed: ReadonlySet<string>): string[] {
  const variables = SETTINGS.map((setting) => setting.variable);
  const known = new Set([...variables, ...allowed, CONFIGURATION_FILE_VARIABLE]);
  return Object.keys(environment)
    .filter((name) => name.startsWith(ENVIRONMENT_PREFIX) && !known.has(name))
    .map((name) => {
      const nearest = nearestName(name, known);
      return `environment variable ${name}: no setting has this name${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
    });
}

function describeIssue(
  issue: z.core.$ZodIssue,
  origins: ReadonlyMap<string, SettingOrigin>,
): readonly string[] {
  const section = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const nearest = nearestName(key, namesInside(section));
      const fix =
        nearest === undefined
          ? `known here: ${namesInside(section).join(', ')}`
          : `did you mean "${nearest}"?`;
      return `${[...section, key].join('.')}: unknown setting; ${fix}`;
    });
  }
  const name = section.join('.');
  const origin = origins.get(name);
  const where = typeof origin === 'object' ? ` (from ${origin.variable})` : '';
  const setting = SETTINGS.find((candidate) => candidate.name === name);
  if (issue.code === 'invalid_type' && issue.input === undefined && setting !== undefined) {
    return [`${name}: is missing; set it in the file or as ${setting.variable}`];
  }
  return [`${name === '' ? 'the file' : name}${where}: ${issue.message.replace(/^Invalid input: /, '')}`];
}

function withAbsolutePaths(validated: z.output<typeof configurationSchema>, base: string): Configuration {
  const resolve = (relative: string): string => path.resolve(base, relative);
  const dataDirectory = resolve(validated.dataDirectory);
  const { passphraseFile } = validated.keys;
  return {
    ...validated,
    dataDirectory,
    genesisFile: resolve(validated.genesisFile),
    peer: { ...validated.peer, certificateFile: resolve(validated.peer.certificateFile) },
    keys: {
      ...validated.keys,
      directory:
        validated.keys.directory === undefined
          ? path.join(dataDirectory, 'keys')
          : resolve(validated.keys.directory),
      ...(validated.keys.signerSocket === undefined
        ? {}
        : { signerSocket: resolve(validated.keys.signerSocket) }),
      ...(passphraseFile === undefined ? {} : { passphraseFile: resolve(passphraseFile) }),
    },
    journal: {
      ...validated.journal,
      directory:
        validated.journal.directory === undefined
          ? path.join(dataDirectory, 'journal')
          : resolve(validated.journal.directory),
    },
  };
}

function originsOf(fileContent: Section, environment: Environment): Map<string, SettingOrigin> {
  const origins = new Map<string, SettingOrigin>();
  for (const setting of SETTINGS) {
    if (environment[setting.variable] !== undefined)
      origins.set(setting.name, { variable: setting.variable });
    else origins.set(setting.name, valueAt(fileContent, setting.path) === undefined ? 'default' : 'file');
  }
  return origins;
}

function withVariables(content: Section, environment: Environment): Section {
  const merged = structuredClone(content);
  for (const setting of SETTINGS) {
    const text = environment[setting.variable];
    if (text !== undefined) assign(merged, setting.path, variableToValue(setting, text));
  }
  return merged;
}

/** Text of a configuration file and its absolute path. */
export interface ConfigurationSource {
  readonly file: string;
  readonly text: string;
}

/**
 * Effective settings of a file's text and an environment; without a file, relative paths are relative to `base`.
 * Throws LedgerError CONFIGURATION_INVALID.
 */
export function parseConfiguration(
  environment: Environment,
  source: ConfigurationSource | undefined,
  base: string,
): LoadedConfiguration {
  const content = source === undefined ? {} : parseYaml(source.text, source.file);
  const sourceName = source?.file ?? 'the environment';
  const origins = originsOf(content, environment);
  const parsed = configurationSchema.safeParse(withVariables(content, environment), { reportInput: true });
  const passphraseVariable = parsed.data?.keys.passphraseEnvironment;
  const strays = unknownVariables(
    environment,
    new Set(passphraseVariable === undefined ? [] : [passphraseVariable]),
  );
  if (!parsed.success) {
    throw invalid(sourceName, [
      ...parsed.error.issues.flatMap((issue) => describeIssue(issue, origins)),
      ...strays,
    ]);
  }
  const configuration = withAbsolutePaths(
    parsed.data,
    source === undefined ? base : path.dirname(source.file),
  );
  const relations = checkRelations(configuration).map(
    (problem) => `${problem.path.join('.')}: ${problem.message}`,
  );
  if (relations.length + strays.length > 0) throw invalid(sourceName, [...relations, ...strays]);
  return { configuration, file: source?.file, origins };
}

/**
 * Effective settings. `file` is relative to the working directory; without it COUNTERSIGN_CONFIG is taken, and without
 * that the environment alone. Throws LedgerError CONFIGURATION_UNREADABLE, CONFIGURATION_INVALID.
 */
export function loadConfiguration(environment: Environment, file?: string): LoadedConfiguration {
  const named = file ?? environment[CONFIGURATION_FILE_VARIABLE];
  if (named === undefined) return parseConfiguration(environment, undefined, process.cwd());
  const absolute = path.resolve(named);
  return parseConfiguration(environment, { file: absolute, text: readFile(absolute) }, process.cwd());
}
