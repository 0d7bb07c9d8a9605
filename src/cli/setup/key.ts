/** `key`: makes keys and shows their public halves. A private key is never printed. */
import { Command } from 'commander';
import {
  addKeystoreOptions,
  openKeystore,
  openKeystoreForReading,
  type KeystoreOptions,
} from '../keystore-options.js';
import { formatTable, terminalOf } from '../terminal.js';

function genCommand(): Command {
  return addKeystoreOptions(new Command('gen'))
    .description('make a new key; an existing one is never overwritten')
    .argument('<name>', '"ledger", or "identity-" and the name of an identity')
    .action(async (name: string, options: KeystoreOptions, command: Command) => {
      const publicKey = await (await openKeystore(options, true)).createKey(name);
      terminalOf(command).data({ name, publicKey }, () => `${name}  ${publicKey}`);
    });
}

function showCommand(): Command {
  return addKeystoreOptions(new Command('show'))
    .description('show the public keys of a keystore')
    .argument('[name]', 'this key alone')
    .action(async (name: string | undefined, options: KeystoreOptions, command: Command) => {
      const keystore = openKeystoreForReading(options);
      const names = name === undefined ? await keystore.list() : [name];
      const keys = await Promise.all(
        names.map(async (each) => ({ name: each, publicKey: await keystore.publicKey(each) })),
      );
      terminalOf(command).data(keys, () =>
        formatTable(
          ['NAME', 'PUBLIC KEY'],
          keys.map(({ name: each, publicKey }) => [each, publicKey]),
        ),
      );
    });
}

export function keyCommand(): Command {
  return new Command('key')
    .description('keys of the organisation and its identities')
    .addCommand(genCommand())
    .addCommand(showCommand())
    .addHelpText(
      'after',
      `
Examples:
  countersign key gen identity-scanner-1 --keys acme/keys --passphrase-file acme/passphrase
  countersign key show --config acme/countersign.yaml`,
    );
}
