import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { FileKeystore, identityKeyName, LEDGER_KEY_NAME } from '../../../src/keys/file-keystore.js';
import { openNodeKeys } from '../../../src/keys/open-node-keys.js';
import { readPassphrase } from '../../../src/keys/read-passphrase.js';
import { ed25519Verifier } from '../../../src/protocol/crypto/ed25519.js';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-keys-'));
afterAll(() => fs.rmSync(root, { recursive: true }));
let folders = 0;

function keystore(passphrase: string | undefined, allowPlain = passphrase === undefined) {
  const folder = path.join(root, `keys-${folders++}`);
  const settings = { folder, passphrase, allowPlain };
  return { folder, settings, keys: new FileKeystore(settings) };
}

const message = new TextEncoder().encode('vote');

describe('FileKeystore', () => {
  it('makes a key that signs, in a file and a folder of the owner alone', async () => {
    const { folder, settings, keys } = keystore('correct horse');
    const publicKey = await keys.createKey(LEDGER_KEY_NAME);
    const file = path.join(folder, 'ledger.key.json');
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(fs.statSync(folder).mode & 0o777).toBe(0o700);
    expect(fs.readdirSync(folder)).toEqual(['ledger.key.json']);
    const signer = await new FileKeystore(settings).loadSigner(LEDGER_KEY_NAME);
    expect(signer.publicKey).toBe(publicKey);
    const [signature] = await signer.sign([message]);
    expect(ed25519Verifier.verify(publicKey, message, signature!)).toBe(true);
    expect(await keys.publicKey(LEDGER_KEY_NAME)).toBe(publicKey);
  });

  it('never overwrites', async () => {
    const { keys } = keystore(undefined);
    const publicKey = await keys.createKey('ledger');
    await expect(keys.createKey('ledger')).rejects.toMatchObject({ code: 'KEY_EXISTS' });
    expect(await keys.publicKey('ledger')).toBe(publicKey);
    await keys.createKey(identityKeyName('warehouse'));
    expect(await keys.list()).toEqual(['identity-warehouse', 'ledger']);
  });

  it.each([0o644, 0o640, 0o604, 0o660])('refuses a key that others can read (mode %o)', async (mode) => {
    const { folder, keys } = keystore(undefined);
    await keys.createKey('ledger');
    fs.chmodSync(path.join(folder, 'ledger.key.json'), mode);
    await expect(keys.loadSigner('ledger')).rejects.toMatchObject({
      code: 'KEY_PERMISSIONS',
      message: expect.stringContaining('chmod 600'),
    });
  });

  it('refuses a folder that others can write to', async () => {
    const { folder, keys } = keystore(undefined);
    await keys.createKey('ledger');
    fs.chmodSync(folder, 0o770);
    await expect(keys.loadSigner('ledger')).rejects.toMatchObject({
      code: 'KEY_PERMISSIONS',
      message: expect.stringContaining('chmod 700'),
    });
  });

  it('stores and loads plain keys only where that is permitted', async () => {
    const { settings, keys } = keystore(undefined);
    await keys.createKey('ledger');
    const strict = new FileKeystore({ ...settings, allowPlain: false });
    await expect(strict.loadSigner('ledger')).rejects.toMatchObject({ code: 'KEY_UNPROTECTED' });
    await expect(strict.createKey('second')).rejects.toMatchObject({ code: 'KEY_UNPROTECTED' });
  });

  it('says what is missing', async () => {
    const { settings, keys } = keystore('correct horse');
    await keys.createKey('ledger');
    await expect(keys.loadSigner('other')).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
    await expect(keys.createKey('../ledger')).rejects.toMatchObject({ code: 'KEY_NAME_INVALID' });
    const without = new FileKeystore({ ...settings, passphrase: undefined });
    await expect(without.loadSigner('ledger')).rejects.toMatchObject({ code: 'PASSPHRASE_MISSING' });
    const wrong = new FileKeystore({ ...settings, passphrase: 'wrong' });
    await expect(wrong.loadSigner('ledger')).rejects.toMatchObject({ code: 'KEY_PASSPHRASE_WRONG' });
  });
});

const watchers = { verifier: ed25519Verifier, onSignerProblem: () => undefined };

describe('openNodeKeys', () => {
  it('opens the ledger key with its passphrase', async () => {
    const { folder, keys } = keystore('correct horse');
    const ledgerKey = await keys.createKey('ledger');
    const next = await keys.createKey('ledger-2');
    const settings = {
      directory: folder,
      allowPlain: false,
      ledgerKey: 'ledger',
      passphraseEnvironment: 'KEY',
    };
    const environment = { KEY: 'correct horse' };
    expect((await openNodeKeys(settings, environment, watchers)).signer.publicKey).toBe(ledgerKey);
    const replaced = { ...settings, ledgerKey: 'ledger-2' };
    expect((await openNodeKeys(replaced, environment, watchers)).signer.publicKey).toBe(next);
    const absent = { ...settings, ledgerKey: 'ledger-3' };
    await expect(openNodeKeys(absent, environment, watchers)).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
    });
    await expect(openNodeKeys(settings, {}, watchers)).rejects.toMatchObject({
      code: 'PASSPHRASE_MISSING',
    });
  });
});

describe('readPassphrase', () => {
  it('takes the first line of a file or a variable', async () => {
    const file = path.join(root, 'passphrase');
    fs.writeFileSync(file, 'correct horse\nsecond line\n');
    expect(await readPassphrase({ passphraseFile: file }, {})).toBe('correct horse');
    expect(await readPassphrase({ passphraseEnvironment: 'KEY' }, { KEY: 'battery' })).toBe('battery');
    expect(await readPassphrase({}, { KEY: 'battery' })).toBeUndefined();
  });

  it('refuses an empty source', async () => {
    const file = path.join(root, 'empty');
    fs.writeFileSync(file, '\n');
    const missing = { code: 'PASSPHRASE_MISSING' };
    await expect(readPassphrase({ passphraseFile: file }, {})).rejects.toMatchObject(missing);
    await expect(readPassphrase({ passphraseFile: `${file}-none` }, {})).rejects.toMatchObject(missing);
    await expect(readPassphrase({ passphraseEnvironment: 'KEY' }, {})).rejects.toMatchObject(missing);
  });
});
