/** `member propose`, `vote`, `withdraw` and `address`: an admin speaks for its organisation. */
import { Command, InvalidArgumentError } from 'commander';
import { loadConfiguration } from '../../config/load-configuration.js';
import { processEnvironment } from '../../config/process-environment.js';
import { isHex64, isOrganisationName, type TransactionId } from '../../protocol/primitives/identifiers.js';
import {
  castBallot,
  parametersAction,
  proposeMotion,
  proveLedgerKeyWith,
  setAddress,
  withdrawMotion,
  type ProposedAction,
} from '../../sdk/index.js';
import { UsageError } from '../exit-code.js';
import { readInput } from '../input-file.js';
import { addSubmissionOptions, type Submission, type SubmissionOptions } from '../ledger/submission.js';
import { parseNetworkAddress } from '../parse-options.js';
import { requestToAdmission } from './joining/join-request.js';
import { addForceOption, checkPreflight, type PreflightOptions } from './preflight-check.js';
import { submitCommand } from './submit-command.js';

export function parseMotionId(text: string): TransactionId {
  if (!isHex64(text))
    throw new InvalidArgumentError('A motion is the id of its transaction: 64 hexadecimal digits.');
  return text as TransactionId;
}

function parseOrganisation(text: string): string {
  if (!isOrganisationName(text)) throw new InvalidArgumentError('A name matches [a-z][a-z0-9-]{0,62}.');
  return text;
}

/** NAME=VALUE, once for each parameter. */
function parseParameter(
  text: string,
  before: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> {
  const [, name, value] = /^([a-zA-Z]{1,64})=(0|[1-9][0-9]{0,15})$/.exec(text) ?? [];
  if (name === undefined || value === undefined || !Number.isSafeInteger(Number(value)))
    throw new InvalidArgumentError('A parameter is NAME=NUMBER.');
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`${name} is named twice.`);
  return { ...before, [name]: Number(value) };
}

function proposal(name: string, description: string): Command {
  return addSubmissionOptions(new Command(name), 'admin').description(description);
}

/** `propose promote hooli` and its like. */
function aboutOrganisation(
  name: string,
  description: string,
  type: 'promoteValidator' | 'demoteValidator' | 'removeOrganisation',
): Command {
  return addForceOption(proposal(name, description))
    .argument('<organisation>', 'its name', parseOrganisation)
    .action((organisation: string, options: SubmissionOptions & PreflightOptions, command: Command) =>
      submitCommand(command, options, async ({ client }) => {
        await checkPreflight(command, client, { type, organisation }, options);
        return proposeMotion({ type, organisation });
      }),
    );
}

function admitCommand(): Command {
  return proposal('admit', 'let an organisation become a member without a vote')
    .requiredOption('--request <file>', 'its join request')
    .action((options: SubmissionOptions & { readonly request: string }, command: Command) =>
      submitCommand(command, options, async ({ genesis: { chainId } }) =>
        proposeMotion(requestToAdmission(await readInput(options.request), options.request, chainId)),
      ),
    );
}

interface RotateOptions extends SubmissionOptions, PreflightOptions {
  readonly key: string;
  readonly organisation?: string;
}

function ownOrganisation({ organisation, config }: RotateOptions): string {
  if (organisation !== undefined) return organisation;
  if (config === undefined)
    throw new UsageError('name the own organisation with --organisation NAME or --config FILE');
  return loadConfiguration(processEnvironment(), config).configuration.organisation;
}

async function rotation({ genesis, keystore }: Submission, options: RotateOptions) {
  const organisation = ownOrganisation(options);
  const signer = await keystore.loadSigner(options.key);
  const ledgerKey = await proveLedgerKeyWith(signer, { chainId: genesis.chainId, organisation });
  return { type: 'rotateLedgerKey', organisation, ledgerKey } as const satisfies ProposedAction;
}

function rotateCommand(): Command {
  return addForceOption(proposal('rotate-key', 'give the own organisation another ledger key'))
    .requiredOption('--key <name>', 'the new key, in the own keystore ("countersign key gen" makes one)')
    .option('--organisation <name>', 'the own organisation (default: that of --config)', parseOrganisation)
    .action((options: RotateOptions, command: Command) =>
      submitCommand(command, options, async (submission) => {
        const action = await rotation(submission, options);
        await checkPreflight(command, submission.client, action, options);
        return proposeMotion(action);
      }),
    );
}

function parametersCommand(): Command {
  return proposal('parameters', 'change parameters of the ledger')
    .argument('<name=value...>', 'those that change', parseParameter)
    .action((parameters: Readonly<Record<string, number>>, options: SubmissionOptions, command: Command) =>
      submitCommand(command, options, () => proposeMotion(parametersAction(parameters))),
    );
}

export function proposeCommand(): Command {
  return new Command('propose')
    .description('lay something before the organisations that vote; the own one approves with it')
    .addCommand(admitCommand())
    .addCommand(
      aboutOrganisation('promote', 'give a member a vote, from the next epoch on', 'promoteValidator'),
    )
    .addCommand(
      aboutOrganisation('demote', 'take the vote of an organisation; it stays a member', 'demoteValidator'),
    )
    .addCommand(aboutOrganisation('remove', 'end the membership of an organisation', 'removeOrganisation'))
    .addCommand(rotateCommand())
    .addCommand(parametersCommand());
}

interface VoteOptions extends SubmissionOptions, PreflightOptions {
  readonly approve?: boolean;
  readonly reject?: boolean;
}

export function voteCommand(): Command {
  return addForceOption(addSubmissionOptions(new Command('vote'), 'admin'))
    .description('cast the one ballot of the own organisation on a motion; it stands for ever')
    .argument('<motion>', 'its id', parseMotionId)
    .option('--approve', 'it shall be done')
    .option('--reject', 'it shall not be done')
    .action((motion: TransactionId, options: VoteOptions, command: Command) => {
      const { approve = false, reject = false } = options;
      if (approve === reject) throw new UsageError('say either --approve or --reject');
      return submitCommand(command, options, async ({ client }) => {
        const action = approve ? (await client.motion(motion))?.motion.action : undefined;
        if (action !== undefined) await checkPreflight(command, client, action, options);
        return castBallot(motion, approve);
      });
    });
}

export function withdrawCommand(): Command {
  return addSubmissionOptions(new Command('withdraw'), 'admin')
    .description('take back an open motion of the own organisation')
    .argument('<motion>', 'its id', parseMotionId)
    .action((motion: TransactionId, options: SubmissionOptions, command: Command) =>
      submitCommand(command, options, () => withdrawMotion(motion)),
    );
}

export function addressCommand(): Command {
  return addSubmissionOptions(new Command('address'), 'admin')
    .description('say on the ledger where the node of the own organisation is reached')
    .argument('<host:port>', 'its address', parseNetworkAddress)
    .action((address: string, options: SubmissionOptions, command: Command) =>
      submitCommand(command, options, () => setAddress(address)),
    );
}
