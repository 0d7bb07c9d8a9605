/** Which keys a command uses, and how they are opened: a passphrase comes from a file, a variable or the terminal, never from an option. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { loadConfiguration } from '../config/load-configuration.js';
import { processEnvironment } from '../config/process-environment.js';
import { FileKeystore } from '../keys/file-keystore.js';
import { readPassphrase, type PassphraseSource } from '../keys/read-passphrase.js';
import { UsageError } from './exit-code.js';

export interface KeystoreOptions {
  readonly config?: string;
  readonly keys?: string;
  readonly passphraseFile?: string;
  readonly passphraseEnv?: string;
  readonly plain?: boolean;
}

export function addPassphraseOptions(command: Command): Command {
  return command
    .option('--passphrase-file <file>', 'file whose first line opens the keys')
    .option('--passphrase-env <name>', 'environment variable that opens the keys')
    .option('--plain', 'keys are not encrypted; for demonstrations');
}

export function addKeystoreOptions(command: Command): Command {
  return addPassphraseOptions(
    command
      .option('--config <file>', 'configuration file that names the keys and what opens them')
      .option('--keys <folder>', 'folder of the keys, instead of --config'),
  );
}

/** Asks on the terminal without showing what is typed. */
async function ask(question: string): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}

/** `undefined` when no source is named and nobody can be asked. `confirm` asks twice. */
export async function obtainPassphrase(
  source: PassphraseSource,
  confirm: boolean,
): Promise<string | undefined> {
  const given = await readPassphrase(source, processEnvironment());
  if (given !== undefined || !process.stdin.isTTY) return given;
  const passphrase = await ask('Passphrase of the keys: ');
  if (passphrase === '') throw new UsageError('the passphrase is empty');
  if (confirm && (await ask('Once more: ')) !== passphrase)
    throw new UsageError('the two passphrases differ');
  return passphrase;
}

export function passphraseSource({ passphraseFile, passphraseEnv }: KeystoreOptions): PassphraseSource {
  return { passphraseFile, passphraseEnvironment: passphraseEnv };
}

interface KeysPlace {
  readonly folder: string;
  readonly source: PassphraseSource;
  readonly allowPlain: boolean;
}

function placeOf(options: KeystoreOptions): KeysPlace {
  if (options.keys !== undefined) {
    return { folder: options.keys, source: passphraseSource(options), allowPlain: options.plain ?? false };
  }
  if (options.config === undefined) throw new UsageError('name the keys with --config FILE or --keys FOLDER');
  const { keys } = loadConfiguration(processEnvironment(), options.config).configuration;
  const named = options.passphraseFile !== undefined || options.passphraseEnv !== undefined;
  return {
    folder: keys.directory,
    source: named ? passphraseSource(options) : keys,
    allowPlain: keys.allowPlain || (options.plain ?? false),
  };
}

/** The keystore to read public keys from; asks for no passphrase. */
export function openKeystoreForReading(options: KeystoreOptions): FileKeystore {
  const { folder, allowPlain } = placeOf(options);
  return new FileKeystore({ folder, passphrase: undefined, allowPlain });
}

/** The keystore to sign with, or with `confirm` to store new keys in. */
export async function openKeystore(options: KeystoreOptions, confirm: boolean): Promise<FileKeystore> {
  const { folder, source, allowPlain } = placeOf(options);
  const passphrase = allowPlain
    ? await readPassphrase(source, processEnvironment())
    : await obtainPassphrase(source, confirm);
  return new FileKeystore({ folder, passphrase, allowPlain });
}
