/** `signer`: the private keys in a process of their own, which a node asks over a local socket. */
import { once } from 'node:events';
import path from 'node:path';
import { Command } from 'commander';
import { SignerServer } from '../../keys/signer-server.js';
import { addKeystoreOptions, openKeystore, type KeystoreOptions } from '../keystore-options.js';
import { terminalOf } from '../terminal.js';

interface ServeOptions extends KeystoreOptions {
  readonly socket: string;
}

function serveCommand(): Command {
  return addKeystoreOptions(new Command('serve'))
    .description('sign with the keys of a keystore for the node that asks at a local socket, until SIGTERM')
    .requiredOption('--socket <file>', 'local socket, for its owner alone; keys.signerSocket of the node')
    .action(async ({ socket, ...keys }: ServeOptions, command: Command) => {
      const terminal = terminalOf(command);
      const file = path.resolve(socket);
      const keystore = await openKeystore(keys, false);
      const { server, keys: held } = await SignerServer.listen(keystore, file, (problem) => {
        terminal.message(problem);
      });
      terminal.data({ socket: file, keys: held }, () =>
        [`listening at ${file} with the keys`, ...held.map((key) => `  ${key.publicKey}  ${key.name}`)].join(
          '\n',
        ),
      );
      await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
      await server.close();
    });
}

export function signerCommand(): Command {
  return new Command('signer')
    .description('private keys in a process of their own')
    .addCommand(serveCommand())
    .addHelpText(
      'after',
      `
Example:
  countersign signer serve --keys acme/keys --passphrase-file acme/passphrase --socket /run/countersign/signer.sock`,
    );
}
