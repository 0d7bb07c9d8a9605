/**
 * The file of one private key: JSON, a version, the public key in clear, and the 32 bytes of the secret (an Ed25519 seed, or a P-256 scalar) either encrypted
 * (scrypt, AES-256-GCM; everything else in the file is authenticated with it) or, for demonstrations, plain.
 */
import { createCipheriv, createDecipheriv, randomBytes, scrypt, type ScryptOptions } from 'node:crypto';
import { publicKeyOfSeed, SECRET_SEED_BYTES } from '../protocol/crypto/ed25519.js';
import { es256Coordinates, es256PublicKeyOf, isEs256Secret } from '../protocol/crypto/es256.js';
import { bytesToBase64, parseBase64 } from '../protocol/primitives/base64.js';
import { bytesToHex, concatBytes, parseHex, utf8ToBytes } from '../protocol/primitives/bytes.js';
import { isHex64, type Es256PublicKey } from '../protocol/primitives/identifiers.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';

const FORMAT = 'countersign-key/v1';
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** OWASP's recommendation for scrypt: N = 2^17, r = 8, p = 1 (128 MiB, about 0.4 s). */
const SCRYPT = { n: 131_072, r: 8, p: 1 } as const;
/** Files made with more are read; less was never written. */
const SCRYPT_N_MAX = 1_048_576;

interface Scrypt {
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

interface EncryptedSecret {
  readonly protection: 'passphrase';
  readonly kdf: Scrypt & { readonly name: 'scrypt'; readonly salt: string };
  readonly cipher: { readonly name: 'aes-256-gcm'; readonly nonce: string };
  /** Base64 of ciphertext ‖ tag. */
  readonly secret: string;
}

interface PlainSecret {
  readonly protection: 'none';
  /** Hex of the seed. */
  readonly secret: string;
}

export type KeyFileAlgorithm = 'ed25519' | 'es256';

export type KeyFile = (EncryptedSecret | PlainSecret) & {
  readonly format: typeof FORMAT;
  readonly name: string;
  /** Ed25519 unless named. */
  readonly algorithm?: 'es256';
  /** Hex: 32 bytes, or the 33 of a compressed point. */
  readonly publicKey: string;
};

type KeyFileHead = Pick<KeyFile, 'format' | 'name' | 'algorithm' | 'publicKey'>;

/** Files of Ed25519 keys, which came first, do not name it. */
export function algorithmOf({ algorithm }: Pick<KeyFile, 'algorithm'>): KeyFileAlgorithm {
  return algorithm ?? 'ed25519';
}

function publicKeyOf(algorithm: KeyFileAlgorithm, secret: Uint8Array): string {
  return algorithm === 'es256' ? es256PublicKeyOf(secret) : publicKeyOfSeed(secret);
}

function malformed(name: string, problem: string): LedgerError {
  return new LedgerError(
    'KEY_MALFORMED',
    `the file of key "${name}" is damaged: ${problem}; restore it from a backup`,
  );
}

/** Fixed order and spelling, whatever the file's own layout. */
function authenticatedBytes(
  { name, publicKey, algorithm }: Pick<KeyFileHead, 'name' | 'publicKey' | 'algorithm'>,
  secret: Omit<EncryptedSecret, 'secret'>,
): Uint8Array {
  const { kdf, cipher } = secret;
  const parts = [FORMAT, name, publicKey, kdf.name, kdf.n, kdf.r, kdf.p, kdf.salt, cipher.name, cipher.nonce];
  if (algorithm !== undefined) parts.push(algorithm);
  return utf8ToBytes(parts.join('\n'));
}

function deriveKey(passphrase: string, salt: Uint8Array, { n, r, p }: Scrypt): Promise<Buffer> {
  const options: ScryptOptions = { N: n, r, p, maxmem: 256 * n * r };
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFKC'), salt, 32, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

/** Text of a key file. Without a passphrase the secret is plain. */
export async function encodeKeyFile(
  name: string,
  seed: Uint8Array,
  passphrase: string | undefined,
  algorithm: KeyFileAlgorithm = 'ed25519',
): Promise<string> {
  const publicKey = publicKeyOf(algorithm, seed);
  const named = algorithm === 'es256' ? { algorithm } : {};
  const head: KeyFileHead = { format: FORMAT, name, ...named, publicKey };
  if (passphrase === undefined) return format({ ...head, protection: 'none', secret: bytesToHex(seed) });
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const parameters = {
    protection: 'passphrase',
    kdf: { name: 'scrypt', ...SCRYPT, salt: bytesToBase64(salt) },
    cipher: { name: 'aes-256-gcm', nonce: bytesToBase64(nonce) },
  } as const;
  const key = await deriveKey(passphrase, salt, SCRYPT);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(authenticatedBytes(head, parameters));
  const secret = concatBytes(cipher.update(seed), cipher.final(), cipher.getAuthTag());
  key.fill(0);
  return format({ ...head, ...parameters, secret: bytesToBase64(secret) });
}

function format(file: KeyFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isScrypt(kdf: unknown): kdf is EncryptedSecret['kdf'] {
  if (!isRecord(kdf) || kdf['name'] !== 'scrypt' || typeof kdf['salt'] !== 'string') return false;
  const { n, r, p } = kdf;
  return (
    typeof n === 'number' &&
    n >= SCRYPT.n &&
    n <= SCRYPT_N_MAX &&
    Number.isInteger(Math.log2(n)) &&
    r === SCRYPT.r &&
    p === SCRYPT.p
  );
}

function isCipher(cipher: unknown): cipher is EncryptedSecret['cipher'] {
  return isRecord(cipher) && cipher['name'] === 'aes-256-gcm' && typeof cipher['nonce'] === 'string';
}

function isPublicKey(algorithm: KeyFileAlgorithm, text: string): boolean {
  return algorithm === 'es256' ? es256Coordinates(text as Es256PublicKey) !== undefined : isHex64(text);
}

/** Throws KEY_MALFORMED, or KEY_VERSION_UNSUPPORTED for another format. Decrypts nothing. */
export function parseKeyFile(name: string, text: string): KeyFile {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw malformed(name, 'it is not JSON');
  }
  if (!isRecord(file)) throw malformed(name, 'it is not a JSON object');
  if (file['format'] !== FORMAT) {
    throw new LedgerError(
      'KEY_VERSION_UNSUPPORTED',
      `the file of key "${name}" has the format ${String(file['format'])}, this program reads ${FORMAT}`,
    );
  }
  const { algorithm, publicKey, protection, secret, kdf, cipher } = file;
  if (file['name'] !== name) throw malformed(name, 'it is the file of another key');
  if (algorithm !== undefined && algorithm !== 'es256')
    throw malformed(name, 'this program knows no such algorithm');
  if (typeof publicKey !== 'string' || !isPublicKey(algorithm ?? 'ed25519', publicKey))
    throw malformed(name, 'it names no public key');
  if (typeof secret !== 'string') throw malformed(name, 'it holds no secret');
  const named: Pick<KeyFile, 'algorithm'> = algorithm === 'es256' ? { algorithm } : {};
  const head = { format: FORMAT, name, ...named, publicKey, secret } as const;
  if (protection === 'none') return { ...head, protection };
  if (protection !== 'passphrase' || !isScrypt(kdf) || !isCipher(cipher)) {
    throw malformed(name, 'its encryption is described wrongly');
  }
  return { ...head, protection, kdf, cipher };
}

/** The seed of an encrypted file. Throws KEY_PASSPHRASE_WRONG, KEY_MALFORMED. */
export async function decryptSeed(
  file: Extract<KeyFile, { protection: 'passphrase' }>,
  passphrase: string,
): Promise<Uint8Array> {
  const salt = parseBase64(file.kdf.salt);
  const nonce = parseBase64(file.cipher.nonce);
  const secret = parseBase64(file.secret);
  if (
    salt?.length !== SALT_BYTES ||
    nonce?.length !== NONCE_BYTES ||
    secret?.length !== SECRET_SEED_BYTES + TAG_BYTES
  ) {
    throw malformed(file.name, 'salt, nonce or secret have the wrong length');
  }
  const key = await deriveKey(passphrase, salt, file.kdf);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce);
  decipher.setAAD(authenticatedBytes(file, file));
  decipher.setAuthTag(secret.subarray(SECRET_SEED_BYTES));
  try {
    return requireOwnKey(
      file,
      concatBytes(decipher.update(secret.subarray(0, SECRET_SEED_BYTES)), decipher.final()),
    );
  } catch (cause) {
    if (cause instanceof LedgerError) throw cause;
    throw new LedgerError(
      'KEY_PASSPHRASE_WRONG',
      `the passphrase does not open key "${file.name}", or its file was changed: check keys.passphraseFile or keys.passphraseEnvironment`,
      { cause },
    );
  } finally {
    key.fill(0);
  }
}

/** The seed of a plain file. Throws KEY_MALFORMED. */
export function plainSeed(file: Extract<KeyFile, { protection: 'none' }>): Uint8Array {
  const seed = parseHex(file.secret);
  if (seed?.length !== SECRET_SEED_BYTES) throw malformed(file.name, 'the secret is not 32 bytes of hex');
  return requireOwnKey(file, seed);
}

function requireOwnKey(file: KeyFile, seed: Uint8Array): Uint8Array {
  const algorithm = algorithmOf(file);
  const isUsable = algorithm === 'ed25519' || isEs256Secret(seed);
  if (!isUsable || publicKeyOf(algorithm, seed) !== file.publicKey)
    throw malformed(file.name, 'secret and public key do not belong together');
  return seed;
}
