/**
 * Private keys in a folder, one file each, readable by their owner alone. A key is made once and never overwritten: a
 * ledger key that is lost or doubled costs its organisation its vote.
 */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { createSecretSeed } from '../protocol/crypto/ed25519.js';
import { createEs256Secret } from '../protocol/crypto/es256.js';
import type { Es256PublicKey, PublicKey } from '../protocol/primitives/identifiers.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import {
  algorithmOf,
  decryptSeed,
  encodeKeyFile,
  parseKeyFile,
  plainSeed,
  type KeyFile,
  type KeyFileAlgorithm,
} from './key-file.js';
import { KeystoreEs256Signer } from './keystore-es256-signer.js';
import { KeystoreSigner } from './keystore-signer.js';

/** The organisation's key for votes, checkpoint lines and its certificate authority. */
export const LEDGER_KEY_NAME = 'ledger';

/** The usual name of the key for COSE receipts; which one counts says the ledger. */
export const RECEIPT_KEY_NAME = 'receipt';

const KEY_NAME = /^[a-z][a-z0-9-]{0,62}$/;
const FILE_SUFFIX = '.key.json';
const KEY_FILE_BYTES_MAX = 16_384;

/** What the names of the identities' keys begin with. */
export const IDENTITY_KEY_PREFIX = 'identity-';

/** Name of the key of an identity `organisation/name` of this organisation. */
export function identityKeyName(name: string): string {
  return `${IDENTITY_KEY_PREFIX}${name}`;
}

export interface KeystoreSettings {
  readonly folder: string;
  /** Opens and protects the keys; without it keys are plain, which `allowPlain` must permit. */
  readonly passphrase: string | undefined;
  /** Permits keys that are stored unencrypted; for demonstrations. */
  readonly allowPlain: boolean;
}

export class FileKeystore {
  constructor(private readonly settings: KeystoreSettings) {}

  /** Makes a new key. Throws KEY_EXISTS, KEY_UNPROTECTED, KEY_PERMISSIONS, KEY_UNREADABLE. */
  async createKey(name: string): Promise<PublicKey> {
    return this.importKey(name, createSecretSeed());
  }

  /** Makes a new key for COSE receipts. Throws as createKey does. */
  async createEs256Key(name: string): Promise<Es256PublicKey> {
    return (await this.store(name, createEs256Secret(), 'es256')).publicKey as Es256PublicKey;
  }

  /** Stores a key made elsewhere. */
  async importKey(name: string, seed: Uint8Array): Promise<PublicKey> {
    return (await this.store(name, seed, 'ed25519')).publicKey as PublicKey;
  }

  private async store(name: string, seed: Uint8Array, algorithm: KeyFileAlgorithm): Promise<KeyFile> {
    const { folder, passphrase, allowPlain } = this.settings;
    if (passphrase === undefined && !allowPlain) throw unprotected(name, 'would be stored');
    const target = this.fileOf(name);
    await fs.mkdir(folder, { recursive: true, mode: 0o700 });
    await this.requireSafeFolder();
    const text = await encodeKeyFile(name, seed, passphrase, algorithm);
    const temporary = path.join(folder, `.${name}.${randomUUID()}.tmp`);
    try {
      await writeDurably(temporary, text);
      // Unlike a rename, a link never replaces what is there.
      await fs.link(temporary, target);
    } catch (cause) {
      if (isSystemError(cause, 'EEXIST')) {
        throw new LedgerError(
          'KEY_EXISTS',
          `there is a key "${name}" in ${folder} already; keys are never overwritten`,
          {
            cause,
          },
        );
      }
      throw new LedgerError('KEY_UNREADABLE', `cannot store key "${name}" in ${folder}: check the folder`, {
        cause,
      });
    } finally {
      await fs.rm(temporary, { force: true });
    }
    await syncFolder(folder);
    return parseKeyFile(name, text);
  }

  /** Throws KEY_NOT_FOUND, KEY_PERMISSIONS, KEY_PASSPHRASE_WRONG, KEY_UNPROTECTED, KEY_MALFORMED, PASSPHRASE_MISSING. */
  async loadSigner(name: string): Promise<KeystoreSigner> {
    return new KeystoreSigner(await this.open(await this.readOf(name, 'ed25519')));
  }

  /** The same of a key for COSE receipts. */
  async loadEs256Signer(name: string): Promise<KeystoreEs256Signer> {
    const file = await this.readOf(name, 'es256');
    return new KeystoreEs256Signer(await this.open(file), file.publicKey as Es256PublicKey);
  }

  private async open(file: KeyFile): Promise<Uint8Array> {
    const { name } = file;
    if (file.protection === 'none') {
      if (!this.settings.allowPlain) throw unprotected(name, 'is stored');
      return plainSeed(file);
    }
    const { passphrase } = this.settings;
    if (passphrase === undefined) {
      throw new LedgerError(
        'PASSPHRASE_MISSING',
        `key "${name}" is encrypted: set keys.passphraseFile or keys.passphraseEnvironment`,
      );
    }
    return decryptSeed(file, passphrase);
  }

  /** Of an Ed25519 key. Needs no passphrase. Throws KEY_NOT_FOUND, KEY_PERMISSIONS, KEY_MALFORMED, KEY_ALGORITHM_WRONG. */
  async publicKey(name: string): Promise<PublicKey> {
    return (await this.readOf(name, 'ed25519')).publicKey as PublicKey;
  }

  /** Of a key of any algorithm; throws as publicKey does. */
  async describe(
    name: string,
  ): Promise<{ readonly algorithm: KeyFileAlgorithm; readonly publicKey: string }> {
    const file = await this.read(name);
    return { algorithm: algorithmOf(file), publicKey: file.publicKey };
  }

  private async readOf(name: string, algorithm: KeyFileAlgorithm): Promise<KeyFile> {
    const file = await this.read(name);
    const found = algorithmOf(file);
    if (found === algorithm) return file;
    throw new LedgerError(
      'KEY_ALGORITHM_WRONG',
      `key "${name}" is of the algorithm ${found}, and ${algorithm} is needed: name another, or make one with "countersign key gen --type ${algorithm}"`,
    );
  }

  /** Names of the keys, in alphabetical order. */
  async list(): Promise<readonly string[]> {
    try {
      const names = await fs.readdir(this.settings.folder);
      return names
        .filter((name) => name.endsWith(FILE_SUFFIX))
        .map((name) => name.slice(0, -FILE_SUFFIX.length))
        .filter((name) => KEY_NAME.test(name))
        .sort();
    } catch (cause) {
      if (isSystemError(cause, 'ENOENT')) return [];
      throw new LedgerError('KEY_UNREADABLE', `cannot read the key folder ${this.settings.folder}`, {
        cause,
      });
    }
  }

  private fileOf(name: string): string {
    if (!KEY_NAME.test(name)) {
      throw new LedgerError(
        'KEY_NAME_INVALID',
        `"${name}" is no name for a key: use lower-case letters, digits and hyphens, a letter first, at most 63`,
      );
    }
    return path.join(this.settings.folder, `${name}${FILE_SUFFIX}`);
  }

  private async read(name: string): Promise<KeyFile> {
    const file = this.fileOf(name);
    try {
      await this.requireSafeFolder();
      const handle = await fs.open(file, 'r');
      try {
        const { mode, size } = await handle.stat();
        requireOwnerOnly(file, mode, 0o077, 'chmod 600');
        if (size > KEY_FILE_BYTES_MAX) {
          throw new LedgerError('KEY_MALFORMED', `${file} has ${size} bytes and is no key file`);
        }
        return parseKeyFile(name, await handle.readFile('utf8'));
      } finally {
        await handle.close();
      }
    } catch (cause) {
      if (cause instanceof LedgerError) throw cause;
      if (isSystemError(cause, 'ENOENT')) {
        throw new LedgerError(
          'KEY_NOT_FOUND',
          `there is no key "${name}" in ${this.settings.folder}: make it with "countersign key gen"`,
          {
            cause,
          },
        );
      }
      throw new LedgerError('KEY_UNREADABLE', `cannot read ${file}: check its owner`, { cause });
    }
  }

  private async requireSafeFolder(): Promise<void> {
    const { folder } = this.settings;
    requireOwnerOnly(folder, (await fs.stat(folder)).mode, 0o022, 'chmod 700');
  }
}

function unprotected(name: string, what: string): LedgerError {
  return new LedgerError(
    'KEY_UNPROTECTED',
    `key "${name}" ${what} unencrypted: set keys.passphraseFile or keys.passphraseEnvironment, or keys.allowPlain for a demonstration`,
  );
}

/** Windows keeps access lists instead of modes; there the folder's inherited list decides. */
function requireOwnerOnly(file: string, mode: number, forbidden: number, command: string): void {
  if (path.sep === '\\' || (mode & forbidden) === 0) return;
  const shown = (mode & 0o777).toString(8).padStart(3, '0');
  throw new LedgerError(
    'KEY_PERMISSIONS',
    `${file} is open to other users (mode ${shown}): run "${command} ${file}", and replace the key if somebody may have read it`,
  );
}

/** Errors of Node come from another realm in tests, so `instanceof Error` says too little. */
function isSystemError(cause: unknown, code: string): boolean {
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === code;
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await fs.open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  if (path.sep === '\\') return;
  const handle = await fs.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
