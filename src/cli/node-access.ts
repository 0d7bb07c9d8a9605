/**
 * Which node a command talks to, and as whom: the address of `--url` or of the node's configuration file, and the key of an
 * identity or a token. Without either the command asks as a stranger, who is told what is missing.
 */
import { Option, type Command } from 'commander';
import { loadConfiguration } from '../config/load-configuration.js';
import { processEnvironment } from '../config/process-environment.js';
import { identityKeyName } from '../keys/file-keystore.js';
import { CountersignClient, type Credentials } from '../sdk/index.js';
import { UsageError } from './exit-code.js';
import { readInput } from './input-file.js';
import { addKeystoreOptions, openKeystore, type KeystoreOptions } from './keystore-options.js';

export interface NodeAddressOptions {
  readonly url?: string;
  readonly config?: string;
}

export interface NodeAccessOptions extends NodeAddressOptions, KeystoreOptions {
  readonly identity: string;
  readonly tokenFile?: string;
}

const DEFAULT_URL = 'http://127.0.0.1:8080';
const ADDRESS_HELP = `address of the node (default: that of --config, else ${DEFAULT_URL})`;

/** For commands that carry their own proof. */
export function addNodeAddress(command: Command): Command {
  return command
    .option('--url <url>', ADDRESS_HELP)
    .addOption(new Option('--config <file>', "the node's configuration file"));
}

/** For commands that must say who asks. */
export function addNodeAccess(command: Command): Command {
  return addKeystoreOptions(command)
    .option('--url <url>', ADDRESS_HELP)
    .option('--identity <name>', 'identity that asks, whose key is in the keystore', 'auditor')
    .option('--token-file <file>', "file with a token of the organisation's provider, instead of a key");
}

/** "host:port" of a listener. */
export function networkAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export function nodeUrl(options: NodeAddressOptions): string {
  if (options.url !== undefined) {
    if (!URL.canParse(options.url))
      throw new UsageError(`--url ${options.url} is not a URL such as ${DEFAULT_URL}`);
    return options.url;
  }
  if (options.config === undefined) return DEFAULT_URL;
  const { rest } = loadConfiguration(processEnvironment(), options.config).configuration;
  return rest.publicUrl ?? `http://${networkAddress(rest)}`;
}

/** The genesis file that the node's configuration names; `undefined` without a configuration. */
export function genesisFileOf({ config }: NodeAddressOptions): string | undefined {
  if (config === undefined) return undefined;
  return loadConfiguration(processEnvironment(), config).configuration.genesisFile;
}

async function readToken(file: string): Promise<string> {
  const [token = ''] = new TextDecoder().decode(await readInput(file)).split('\n');
  return token.trim();
}

/** Throws UsageError when nothing says who asks, and what the keystore has to say. */
export async function openCredentials(options: NodeAccessOptions): Promise<Credentials> {
  const { tokenFile, config, keys, identity } = options;
  if (tokenFile !== undefined) {
    const token = await readToken(tokenFile);
    return { token: () => token };
  }
  if (config === undefined && keys === undefined)
    throw new UsageError(
      'say who asks: --config FILE or --keys FOLDER with --identity NAME, or --token-file FILE',
    );
  const keystore = await openKeystore(options, false);
  return { signer: await keystore.loadSigner(identityKeyName(identity)) };
}

/** Of a node that is asked by nobody in particular. */
export function createOpenClient(options: NodeAddressOptions): CountersignClient {
  return new CountersignClient(nodeUrl(options), { retries: 1 });
}

export async function createClient(options: NodeAccessOptions, retries = 1): Promise<CountersignClient> {
  return new CountersignClient(nodeUrl(options), { retries, credentials: await openCredentials(options) });
}
