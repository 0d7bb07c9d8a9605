/** The passphrase that opens the keys: from a file or an environment variable, never from an argument, which others can see. */
import fs from 'node:fs/promises';
import { LedgerError } from '../protocol/primitives/ledger-error.js';

export interface PassphraseSource {
  /** File whose first line is the passphrase. */
  readonly passphraseFile?: string | undefined;
  /** Name of the environment variable that holds it. */
  readonly passphraseEnvironment?: string | undefined;
}

/** `undefined` when no source is configured. Throws PASSPHRASE_MISSING when the source has none. */
export async function readPassphrase(
  source: PassphraseSource,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const { passphraseFile, passphraseEnvironment } = source;
  if (passphraseFile !== undefined) {
    const passphrase = await readFirstLine(passphraseFile);
    return requirePresent(
      passphrase,
      `the first line of ${passphraseFile} is empty; write the passphrase there`,
    );
  }
  if (passphraseEnvironment === undefined) return undefined;
  return requirePresent(
    environment[passphraseEnvironment],
    `the environment variable ${passphraseEnvironment} holds no passphrase; set it for the node's process`,
  );
}

async function readFirstLine(file: string): Promise<string | undefined> {
  try {
    return (await fs.readFile(file, 'utf8')).split(/\r?\n/, 1)[0];
  } catch (cause) {
    throw new LedgerError(
      'PASSPHRASE_MISSING',
      `the passphrase file ${file} cannot be read; set keys.passphraseFile to an existing file`,
      { cause },
    );
  }
}

function requirePresent(passphrase: string | undefined, problem: string): string {
  if (passphrase === undefined || passphrase === '') throw new LedgerError('PASSPHRASE_MISSING', problem);
  return passphrase;
}
