/** `credential`: keys of an organisation that sign neither transactions nor votes: those of COSE receipts. */
import type { Command as CommanderCommand } from 'commander';
import { Command } from 'commander';
import { loadConfiguration } from '../../config/load-configuration.js';
import { processEnvironment } from '../../config/process-environment.js';
import { RECEIPT_KEY_NAME } from '../../keys/file-keystore.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import {
  decodeReceiptKeys,
  proveReceiptKeyWith,
  registerCredential,
  revokeCredential,
  type ReceiptKey,
} from '../../sdk/index.js';
import { UsageError } from '../exit-code.js';
import { addSubmissionOptions, type Submission, type SubmissionOptions } from '../ledger/submission.js';
import { addNodeAddress, createOpenClient, type NodeAddressOptions } from '../node-access.js';
import { formatTable, terminalOf } from '../terminal.js';
import { parseIdentityName } from './identity-options.js';
import { submitCommand } from './submit-command.js';

interface RegisterOptions extends SubmissionOptions {
  readonly key: string;
  readonly replaces?: string;
  readonly organisation?: string;
}

function organisationOf({ organisation, config }: RegisterOptions): string {
  if (organisation !== undefined) return organisation;
  if (config === undefined)
    throw new UsageError('name the organisation with --organisation NAME or --config FILE');
  return loadConfiguration(processEnvironment(), config).configuration.organisation;
}

/** The key of that name, made when there is none yet: the node signs with it from its keystore. */
async function proveKey(
  { genesis: { chainId }, keystore }: Submission,
  name: string,
  options: RegisterOptions,
) {
  const { key } = options;
  if (!(await keystore.list()).includes(key)) await keystore.createEs256Key(key);
  const place = { chainId, organisation: organisationOf(options), name };
  return proveReceiptKeyWith(await keystore.loadEs256Signer(key), place);
}

function registerCommand(): Command {
  return addSubmissionOptions(new Command('register'), 'admin')
    .description("register a key of the keystore for the organisation's COSE receipts")
    .argument('<name>', 'name of the credential, for ever', parseIdentityName)
    .option('--key <name>', 'name of the ES256 key in the keystore; made when missing', RECEIPT_KEY_NAME)
    .option('--replaces <name>', 'the credential that is revoked with it', parseIdentityName)
    .option('--organisation <name>', 'organisation of the credential (default: that of --config)')
    .action((name: string, options: RegisterOptions, command: CommanderCommand) =>
      submitCommand(command, options, async (submission) =>
        registerCredential(name, await proveKey(submission, name, options), options.replaces),
      ),
    );
}

function revokeCommand(): Command {
  return addSubmissionOptions(new Command('revoke'), 'admin')
    .description('end a key for receipts, for ever; what it has signed stays verifiable')
    .argument('<name>', 'its name', parseIdentityName)
    .action((name: string, options: SubmissionOptions, command: CommanderCommand) =>
      submitCommand(command, options, () => revokeCredential(name)),
    );
}

function describeValidity({ fromHeight, untilHeight }: ReceiptKey): string {
  return untilHeight === 0 ? `from ${fromHeight}` : `${fromHeight} to before ${untilHeight}`;
}

function listCommand(): Command {
  return addNodeAddress(new Command('list'))
    .description('list the keys for COSE receipts of all organisations, past ones included')
    .action(async (options: NodeAddressOptions, command: CommanderCommand) => {
      const keys = decodeReceiptKeys(await createOpenClient(options).receiptKeys());
      if (!keys.ok) throw new LedgerError(keys.rejection.code, keys.rejection.message);
      terminalOf(command).data(keys.value, () =>
        formatTable(
          ['CREDENTIAL', 'HEIGHTS', 'PUBLIC KEY'],
          keys.value.map((key) => [`${key.organisation}/${key.name}`, describeValidity(key), key.publicKey]),
        ),
      );
    });
}

export function credentialCommand(): Command {
  return new Command('credential')
    .description("an organisation's keys for COSE receipts")
    .addCommand(listCommand())
    .addCommand(registerCommand())
    .addCommand(revokeCommand())
    .addHelpText(
      'after',
      `
Examples:
  countersign credential register receipt --config acme/countersign.yaml
  countersign credential register receipt-2027 --key receipt-2027 --replaces receipt --config acme/countersign.yaml
  countersign credential list --config globex/countersign.yaml`,
    );
}
