/** `observer issue`: lets an observer in, with a certificate under the organisation's ledger key. */
import { Command } from 'commander';
import { loadConfiguration } from '../../config/load-configuration.js';
import { processEnvironment } from '../../config/process-environment.js';
import { LEDGER_KEY_NAME } from '../../keys/file-keystore.js';
import {
  certifyObserverRequest,
  issueObserverCertificate,
  type ObserverName,
} from '../../network/observer-certificate.js';
import { isOrganisationName } from '../../protocol/primitives/identifiers.js';
import { UsageError } from '../exit-code.js';
import { readInput, writeOutput } from '../input-file.js';
import { addKeystoreOptions, openKeystore, type KeystoreOptions } from '../keystore-options.js';
import { parseCount } from '../parse-options.js';
import { terminalOf } from '../terminal.js';

interface IssueOptions extends KeystoreOptions {
  readonly organisation?: string;
  readonly key?: string;
  readonly days: number;
  readonly request?: string;
  readonly output: string;
}

const DAY_MS = 86_400_000;
const DAYS_MAX = 825;
const clock = { wallMs: () => Date.now() };

/** With --config the one that it names. */
function ledgerKeyOf({ key, config }: IssueOptions): string {
  if (key !== undefined) return key;
  if (config === undefined) return LEDGER_KEY_NAME;
  return loadConfiguration(processEnvironment(), config).configuration.keys.ledgerKey;
}

/** With --config its organisation, else the one that is named. */
function organisationOf({ organisation, config }: IssueOptions): string {
  const named =
    organisation ??
    (config === undefined
      ? undefined
      : loadConfiguration(processEnvironment(), config).configuration.organisation);
  if (named === undefined)
    throw new UsageError('name the organisation with --config FILE or --organisation NAME');
  return named;
}

async function issue(
  observer: ObserverName,
  options: IssueOptions,
): Promise<{ readonly pem: string; readonly notAfterMs: number }> {
  const signer = await (await openKeystore(options, false)).loadSigner(ledgerKeyOf(options));
  const lifetimeMs = options.days * DAY_MS;
  if (options.request === undefined) return issueObserverCertificate(observer, signer, clock, lifetimeMs);
  const request = new TextDecoder().decode(await readInput(options.request));
  const certified = await certifyObserverRequest(request, observer, signer, clock, lifetimeMs);
  return { pem: certified.certificatePem, notAfterMs: certified.notAfterMs };
}

function issueCommand(): Command {
  return addKeystoreOptions(new Command('issue'))
    .description('issue the certificate by which an observer node may follow the ledger')
    .argument('<name>', 'name of the observer, once for each organisation')
    .option('--organisation <name>', 'the organisation that lets it in (default: that of --config)')
    .option('--key <name>', `name of the ledger key (default: that of --config, else "${LEDGER_KEY_NAME}")`)
    .option('--days <count>', `how long it is valid, up to ${DAYS_MAX}`, parseCount, 90)
    .option('--request <file>', 'certify the key of this PKCS #10 request instead of making a new key')
    .option('-o, --output <file>', 'file to write', 'observer.pem')
    .action(async (name: string, options: IssueOptions, command: Command) => {
      if (options.days > DAYS_MAX) throw new UsageError(`--days must be from 1 to ${DAYS_MAX}`);
      const organisation = organisationOf(options);
      for (const text of [name, organisation])
        if (!isOrganisationName(text)) throw new UsageError(`"${text}" is no name: [a-z][a-z0-9-]{0,62}`);
      const { pem, notAfterMs } = await issue({ organisation, observer: name }, options);
      writeOutput(options.output, pem, { overwrite: false, mode: 0o600 });
      const expires = new Date(notAfterMs).toISOString();
      terminalOf(command).data({ file: options.output, name, organisation, expires }, () =>
        [
          `wrote    ${options.output}`,
          `expires  ${expires}`,
          '',
          options.request === undefined
            ? 'It holds a private key: move it to the observer, and keep no copy.'
            : 'Append the private key of the request to it, on the machine of the observer.',
        ].join('\n'),
      );
    });
}

export function observerCommand(): Command {
  return new Command('observer')
    .description('let observer nodes in: they follow and verify the ledger and serve reads, without a vote')
    .addCommand(issueCommand())
    .addHelpText(
      'after',
      `
The configuration of an observer has "role: observer", the organisation that let it in, a database of its own and the
addresses of all validators; peer.certificateFile names the certificate.

Examples:
  countersign observer issue auditor-1 --organisation acme --config acme/countersign.yaml -o auditor-1.pem
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=auditor-1 -keyout key.pem -out request.pem
  countersign observer issue auditor-1 --organisation acme --keys acme/keys --request request.pem -o certificate.pem`,
    );
}
