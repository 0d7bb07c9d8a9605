/** `identity`: who signs for an organisation: what the ledger says, and an admin's commands about it. */
import { Command } from 'commander';
import { loadConfiguration } from '../../config/load-configuration.js';
import { processEnvironment } from '../../config/process-environment.js';
import { identityKeyName, type FileKeystore } from '../../keys/file-keystore.js';
import {
  changeIdentity,
  proveKeyWith,
  registerIdentity,
  revokeIdentity,
  rotateIdentityKey,
  type IdentityKey,
} from '../../sdk/index.js';
import { UsageError } from '../exit-code.js';
import { readInput } from '../input-file.js';
import { addKeystoreOptions, openKeystore } from '../keystore-options.js';
import { terminalOf } from '../terminal.js';
import type { Submission } from '../ledger/submission.js';
import { addSubmissionOptions, readGenesis, type SubmissionOptions } from '../ledger/submission.js';
import { identityReadCommands } from './identity-reads.js';
import { addRightsOptions, flagsToRights, parseIdentityName, type RightsFlags } from './identity-options.js';
import { keyToProof, proofToKey } from './key-proof.js';
import { submitCommand } from './submit-command.js';

interface OrganisationOptions {
  readonly organisation?: string;
  readonly config?: string;
}

interface KeyOptions extends OrganisationOptions {
  readonly key?: string;
  readonly proof?: string;
}

function organisationOf({ organisation, config }: OrganisationOptions): string {
  if (organisation !== undefined) return organisation;
  if (config === undefined)
    throw new UsageError('name the organisation with --organisation NAME or --config FILE');
  return loadConfiguration(processEnvironment(), config).configuration.organisation;
}

function addKeyOptions(command: Command, made: string): Command {
  return command
    .option('--proof <file>', 'a key that somebody else holds: what "identity prove" printed there')
    .option('--key <name>', `a key of the own keystore; ${made}`)
    .option('--organisation <name>', 'organisation of the identity (default: that of --config)');
}

/** The key of that name, made when there is none yet. */
async function openKey(keystore: FileKeystore, name: string) {
  if (!(await keystore.list()).includes(name)) await keystore.createKey(name);
  return keystore.loadSigner(name);
}

async function keyFor(
  { genesis: { chainId }, keystore }: Submission,
  name: string,
  options: KeyOptions,
  defaultKey: string | undefined,
): Promise<IdentityKey> {
  const { proof, key = defaultKey } = options;
  if (proof !== undefined) return proofToKey(await readInput(proof), proof, { chainId, name });
  if (key === undefined) throw new UsageError('name the new key with --key NAME or --proof FILE');
  const place = { chainId, organisation: organisationOf(options), name };
  return proveKeyWith(await openKey(keystore, key), place);
}

function proveCommand(): Command {
  interface ProveOptions extends SubmissionOptions, KeyOptions {}
  return addKeystoreOptions(new Command('prove'))
    .description('prove that you hold a key, for an admin to register; the private half stays here')
    .argument('<name>', 'name of the identity', parseIdentityName)
    .option(
      '--key <name>',
      'name of the key in the keystore (default: identity-NAME); made when it is missing',
    )
    .option('--organisation <name>', 'organisation of the identity (default: that of --config)')
    .option('--genesis <file>', 'genesis file (default: that of --config)')
    .action(async (name: string, options: ProveOptions, command: Command) => {
      const { chainId } = await readGenesis(options);
      const place = { chainId, organisation: organisationOf(options), name };
      const signer = await openKey(await openKeystore(options, true), options.key ?? identityKeyName(name));
      const proof = keyToProof(await proveKeyWith(signer, place), place);
      terminalOf(command).data(proof, () => JSON.stringify(proof, null, 2));
    });
}

function registerCommand(): Command {
  interface RegisterOptions extends SubmissionOptions, KeyOptions, RightsFlags {}
  const declared = addSubmissionOptions(new Command('register'), 'admin')
    .description('register an identity; it may sign from the next block on')
    .argument('<name>', 'its name, for ever', parseIdentityName);
  return addKeyOptions(addRightsOptions(declared), 'default: identity-NAME, made when it is missing').action(
    (name: string, options: RegisterOptions, command: Command) =>
      submitCommand(command, options, async (submission) => {
        const key = await keyFor(submission, name, options, identityKeyName(name));
        return registerIdentity(name, key, flagsToRights(options));
      }),
  );
}

function changeCommand(): Command {
  interface ChangeOptions extends SubmissionOptions, RightsFlags {}
  const declared = addSubmissionOptions(new Command('change'), 'admin')
    .description('replace all rights of an identity: roles, custody, validity')
    .argument('<name>', 'its name', parseIdentityName);
  return addRightsOptions(declared).action((name: string, options: ChangeOptions, command: Command) =>
    submitCommand(command, options, () => changeIdentity(name, flagsToRights(options))),
  );
}

function rotateCommand(): Command {
  interface RotateOptions extends SubmissionOptions, KeyOptions {}
  const declared = addSubmissionOptions(new Command('rotate'), 'admin')
    .description('give an identity another key; the one before signs nothing more')
    .argument('<name>', 'its name', parseIdentityName);
  return addKeyOptions(declared, 'made when it is missing').action(
    (name: string, options: RotateOptions, command: Command) =>
      submitCommand(command, options, async (submission) =>
        rotateIdentityKey(name, await keyFor(submission, name, options, undefined)),
      ),
  );
}

function revokeCommand(): Command {
  return addSubmissionOptions(new Command('revoke'), 'admin')
    .description('end the right of an identity to sign, for ever')
    .argument('<name>', 'its name', parseIdentityName)
    .action((name: string, options: SubmissionOptions, command: Command) =>
      submitCommand(command, options, () => revokeIdentity(name)),
    );
}

export function identityCommand(): Command {
  const identity = new Command('identity').description('who signs for an organisation');
  for (const command of [
    ...identityReadCommands(),
    ...[proveCommand(), registerCommand(), changeCommand(), rotateCommand(), revokeCommand()],
  ])
    identity.addCommand(command);
  return identity.addHelpText(
    'after',
    `
Examples:
  countersign identity register scanner-1 --roles submitter --config acme/countersign.yaml
  countersign identity prove scanner-2 --organisation acme --genesis genesis.json --keys my-keys > proof.json
  countersign identity register scanner-2 --roles submitter --proof proof.json --config acme/countersign.yaml
  countersign identity history acme/scanner-1 --config globex/countersign.yaml`,
  );
}
