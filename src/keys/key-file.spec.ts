import { describe, expect, it } from '@jest/globals';
import { createSecretSeed, publicKeyOfSeed } from '../protocol/crypto/ed25519.js';
import { decryptSeed, encodeKeyFile, parseKeyFile, plainSeed, type KeyFile } from './key-file.js';

const seed = createSecretSeed();
const encrypted = await encodeKeyFile('ledger', seed, 'correct horse');

function parseEncrypted(text: string): Extract<KeyFile, { protection: 'passphrase' }> {
  const file = parseKeyFile('ledger', text);
  if (file.protection !== 'passphrase') throw new Error('not encrypted');
  return file;
}

describe('encrypted key file', () => {
  it('gives the seed back to the passphrase alone', async () => {
    const file = parseEncrypted(encrypted);
    expect(file.publicKey).toBe(publicKeyOfSeed(seed));
    expect(await decryptSeed(file, 'correct horse')).toEqual(seed);
    await expect(decryptSeed(file, 'wrong horse')).rejects.toMatchObject({ code: 'KEY_PASSPHRASE_WRONG' });
  });

  it('shows nothing of the seed', () => {
    expect(encrypted).not.toContain(Buffer.from(seed).toString('hex'));
    expect(encrypted).not.toContain(Buffer.from(seed).toString('base64').slice(0, 20));
    expect(JSON.parse(encrypted)).toMatchObject({ kdf: { name: 'scrypt', n: 131_072, r: 8, p: 1 } });
  });

  it('authenticates what stands in clear', async () => {
    const other = publicKeyOfSeed(createSecretSeed());
    const file = parseEncrypted(encrypted);
    await expect(decryptSeed({ ...file, publicKey: other }, 'correct horse')).rejects.toMatchObject({
      code: 'KEY_PASSPHRASE_WRONG',
    });
  });

  it.each([
    ['not JSON', 'x', 'KEY_MALFORMED'],
    ['another format', encrypted.replace('key/v1', 'key/v2'), 'KEY_VERSION_UNSUPPORTED'],
    ['another key', encrypted.replace('"ledger"', '"other"'), 'KEY_MALFORMED'],
    ['a weak derivation', encrypted.replace('131072', '1024'), 'KEY_MALFORMED'],
    ['an endless derivation', encrypted.replace('131072', '1073741824'), 'KEY_MALFORMED'],
    ['an unknown cipher', encrypted.replace('aes-256-gcm', 'rot13'), 'KEY_MALFORMED'],
    ['no secret', encrypted.replace('"secret"', '"other"'), 'KEY_MALFORMED'],
  ])('refuses %s', (_what, text, code) => {
    expect(() => parseKeyFile('ledger', text)).toThrow(expect.objectContaining({ code }));
  });
});

describe('plain key file', () => {
  it('holds the seed, and refuses one that is not its public key', async () => {
    const file = parseKeyFile('ledger', await encodeKeyFile('ledger', seed, undefined));
    if (file.protection !== 'none') throw new Error('not plain');
    expect(plainSeed(file)).toEqual(seed);
    expect(() => plainSeed({ ...file, secret: '00'.repeat(32) })).toThrow(
      expect.objectContaining({ code: 'KEY_MALFORMED' }),
    );
    expect(() => plainSeed({ ...file, secret: 'zz' })).toThrow(
      expect.objectContaining({ code: 'KEY_MALFORMED' }),
    );
  });
});
