/** Which node a command talks to: `--url`, or the REST address in the node's configuration file. */
import { Option, type Command } from 'commander';
import { loadConfiguration } from '../config/load-configuration.js';
import { processEnvironment } from '../config/process-environment.js';
import { CountersignClient } from '../sdk/index.js';
import { UsageError } from './exit-code.js';

export interface NodeAddressOptions {
  readonly url?: string;
  readonly config?: string;
}

const DEFAULT_URL = 'http://127.0.0.1:8080';

export function addNodeAddress(command: Command): Command {
  return command
    .option('--url <url>', `address of the node (default: that of --config, else ${DEFAULT_URL})`)
    .addOption(new Option('--config <file>', "the node's configuration file"));
}

export function nodeUrl(options: NodeAddressOptions): string {
  if (options.url !== undefined) {
    if (!URL.canParse(options.url))
      throw new UsageError(`--url ${options.url} is not a URL such as ${DEFAULT_URL}`);
    return options.url;
  }
  if (options.config === undefined) return DEFAULT_URL;
  const { rest } = loadConfiguration(processEnvironment(), options.config).configuration;
  return rest.publicUrl ?? `http://${rest.host.includes(':') ? `[${rest.host}]` : rest.host}:${rest.port}`;
}

export function createClient(options: NodeAddressOptions): CountersignClient {
  return new CountersignClient(nodeUrl(options), { retries: 1 });
}
