/** `db auditor`: the logins that read the ledger with SQL through the views of schema audit (docs/AUDIT-SQL.md). */
import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import type { Configuration } from '../../config/configuration.js';
import { loadConfiguration } from '../../config/load-configuration.js';
import { processEnvironment } from '../../config/process-environment.js';
import { addAuditor, listAuditors, removeAuditor, type AuditorList } from '../../storage/auditor-logins.js';
import { UsageError } from '../exit-code.js';
import { readInput } from '../input-file.js';
import { formatTable, terminalOf, type Terminal } from '../terminal.js';

interface ConfigOption {
  readonly config?: string;
}

interface AddOptions extends ConfigOption {
  readonly passwordFile?: string;
  readonly passwordEnv?: string;
  readonly connections: string;
}

/** Of PostgreSQL, whose names are cut at 63 bytes; no quotes are ever needed. */
const LOGIN_NAME = /^[a-z][a-z0-9_]{0,62}$/;
const PASSWORD = /^[\x21-\x7e]{16,256}$/;
const GENERATED_BYTES = 24;
const CONNECTIONS_DEFAULT = 2;
const CONNECTIONS_MAX = 20;

function databaseOf({ config }: ConfigOption): Configuration['database'] {
  return loadConfiguration(processEnvironment(), config).configuration.database;
}

/** On standard error, each with the statement that an administrator of the server runs in this database. */
export function tellPrecautions(terminal: Terminal, precautions: AuditorList['precautions']): void {
  if (precautions.length === 0) return;
  terminal.message(
    'What is left open, since this login may not forbid it; as an administrator of the server:',
  );
  for (const { door, remedy } of precautions) terminal.message(`  ${remedy};  -- ${door}`);
}

function checkName(name: string): string {
  if (LOGIN_NAME.test(name) && !name.startsWith('pg_') && !name.startsWith('countersign_')) return name;
  throw new UsageError(
    `the name ${JSON.stringify(name)} cannot be a login: use a lower-case letter, then up to 62 letters, digits or underscores, and begin with neither pg_ nor countersign_`,
  );
}

function parseConnections(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= CONNECTIONS_MAX) return count;
  throw new UsageError(`--connections ${text}: must be a number between 1 and ${CONNECTIONS_MAX}`);
}

/** The password and whether it was made here, in which case it is shown once. */
async function passwordOf({
  passwordFile,
  passwordEnv,
}: AddOptions): Promise<{ readonly password: string; readonly generated: boolean }> {
  if (passwordFile !== undefined && passwordEnv !== undefined)
    throw new UsageError('name the password with --password-file or --password-env, not with both');
  if (passwordFile === undefined && passwordEnv === undefined)
    return { password: randomBytes(GENERATED_BYTES).toString('base64url'), generated: true };
  const given =
    passwordFile === undefined
      ? processEnvironment()[passwordEnv ?? '']
      : new TextDecoder().decode(await readInput(passwordFile)).split(/\r?\n/, 1)[0];
  if (given === undefined || !PASSWORD.test(given)) {
    const place = passwordFile === undefined ? `variable ${passwordEnv}` : `first line of ${passwordFile}`;
    throw new UsageError(`the ${place} is no password: 16 to 256 printable ASCII characters without space`);
  }
  return { password: given, generated: false };
}

/** Where the auditor connects, without a password. */
function connectionUrl(url: string, name: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `postgresql://${name}@${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
}

function addCommand(): Command {
  return new Command('add')
    .description('make a login that reads the views of schema audit and can do nothing else')
    .argument('<name>', 'name of the login')
    .option('--config <file>', 'configuration file (default: COUNTERSIGN_CONFIG)')
    .option('--password-file <file>', 'file whose first line is the password, or - for standard input')
    .option('--password-env <name>', 'environment variable with the password')
    .option('--connections <number>', 'sessions at the same time', String(CONNECTIONS_DEFAULT))
    .action(async (name: string, options: AddOptions, command: Command) => {
      const connectionsMax = parseConnections(options.connections);
      const login = checkName(name);
      const { url, ownerUrl, auditor: limits } = databaseOf(options);
      const { password, generated } = await passwordOf(options);
      const precautions = await addAuditor(ownerUrl ?? url, {
        name: login,
        password,
        connectionsMax,
        limits,
      });
      const terminal = terminalOf(command);
      const shown = { name: login, url: connectionUrl(url, login), ...(generated ? { password } : {}) };
      terminal.data({ ...shown, precautions }, () =>
        formatTable(
          ['FIELD', 'VALUE'],
          Object.entries(shown).map(([field, value]) => [field, value]),
        ),
      );
      if (generated) terminal.message('The password is shown this once; nobody can read it again.');
      tellPrecautions(terminal, precautions);
    });
}

function removeCommand(): Command {
  return new Command('remove')
    .description('end the sessions of an auditor and remove the login')
    .argument('<name>', 'name of the login')
    .option('--config <file>', 'configuration file (default: COUNTERSIGN_CONFIG)')
    .action(async (name: string, options: ConfigOption, command: Command) => {
      const { url, ownerUrl } = databaseOf(options);
      const sessionsEnded = await removeAuditor(ownerUrl ?? url, checkName(name));
      terminalOf(command).data(
        { name, sessionsEnded },
        () => `removed ${name}, ${sessionsEnded} sessions ended`,
      );
    });
}

function listCommand(): Command {
  return new Command('list')
    .description('the logins of auditors, and what is left open to them')
    .option('--config <file>', 'configuration file (default: COUNTERSIGN_CONFIG)')
    .action(async (options: ConfigOption, command: Command) => {
      const { url, ownerUrl } = databaseOf(options);
      const { auditors, precautions } = await listAuditors(ownerUrl ?? url);
      const terminal = terminalOf(command);
      terminal.data({ auditors, precautions }, () =>
        formatTable(
          ['LOGIN', 'SESSIONS', 'WATCHED', 'SETTINGS'],
          auditors.map(({ name, sessions, connectionsMax, watched, settings }) => [
            name,
            `${sessions} of ${connectionsMax}`,
            watched ? 'yes' : 'no: the node may not end its sessions',
            settings.join(', '),
          ]),
        ),
      );
      tellPrecautions(terminal, precautions);
    });
}

export function auditorCommand(): Command {
  return new Command('auditor')
    .description('logins that read the ledger with SQL')
    .addCommand(addCommand())
    .addCommand(removeCommand())
    .addCommand(listCommand())
    .addHelpText(
      'after',
      `
Examples:
  countersign db auditor add auditor_smith --config acme/countersign.yaml
  countersign db auditor add auditor_smith --password-file - --config acme/countersign.yaml < password.txt
  countersign db auditor list --config acme/countersign.yaml`,
    );
}
