/** `key`: makes keys and shows their public halves. A private key is never printed. */
import { Command, Option } from 'commander';
import {
  addKeystoreOptions,
  openKeystore,
  openKeystoreForReading,
  type KeystoreOptions,
} from '../keystore-options.js';
import { formatTable, terminalOf } from '../terminal.js';

interface GenOptions extends KeystoreOptions {
  readonly type: 'ed25519' | 'es256';
}

function genCommand(): Command {
  return addKeystoreOptions(new Command('gen'))
    .description('make a new key; an existing one is never overwritten')
    .argument('<name>', '"ledger", "receipt", or "identity-" and the name of an identity')
    .addOption(
      new Option('--type <type>', 'es256 for COSE receipts, ed25519 for everything else')
        .choices(['ed25519', 'es256'])
        .default('ed25519'),
    )
    .action(async (name: string, options: GenOptions, command: Command) => {
      const keystore = await openKeystore(options, true);
      const publicKey =
        options.type === 'es256' ? await keystore.createEs256Key(name) : await keystore.createKey(name);
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
        names.map(async (each) => ({ name: each, ...(await keystore.describe(each)) })),
      );
      terminalOf(command).data(keys, () =>
        formatTable(
          ['NAME', 'TYPE', 'PUBLIC KEY'],
          keys.map(({ name: each, algorithm, publicKey }) => [each, algorithm, publicKey]),
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
  countersign key gen receipt --type es256 --config acme/countersign.yaml
  countersign key gen identity-scanner-1 --keys acme/keys --passphrase-file acme/passphrase
  countersign key show --config acme/countersign.yaml`,
    );
}
