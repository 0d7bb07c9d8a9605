/** `request`: one signed request to a node's REST interface, for what has no command of its own. */
import { Command } from 'commander';
import { CountersignError, credentialHeaders } from '../../sdk/index.js';
import { EXIT_CODE, UsageError } from '../exit-code.js';
import { readInput } from '../input-file.js';
import { addNodeAccess, nodeUrl, openCredentials, type NodeAccessOptions } from '../node-access.js';
import { terminalOf } from '../terminal.js';

interface RequestOptions extends NodeAccessOptions {
  readonly data?: string;
  readonly contentType: string;
  readonly idempotencyKey?: string;
  readonly headers?: boolean;
}

function urlOf(resource: string, options: RequestOptions): string {
  if (!resource.startsWith('/')) throw new UsageError(`${resource} is no path such as /v1/blocks`);
  return nodeUrl(options).replace(/\/$/, '') + resource;
}

/** Throws CountersignError NODE_UNREACHABLE. */
async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    const message = `${new URL(url).origin} is not reachable; is the node running, and is the address right?`;
    throw new CountersignError('NODE_UNREACHABLE', message, undefined, { cause });
  }
}

export function requestCommand(): Command {
  return addNodeAccess(new Command('request'))
    .description('send one signed request and print the answer; exit status 1 for an error')
    .argument('<path>', 'path and query of the resource: /v1/blocks?limit=1')
    .option('--data <file>', 'POST what is in the file, or - for standard input')
    .option('--content-type <type>', 'media type of the data', 'application/json')
    .option('--idempotency-key <key>', 'name of the request, where the resource wants one')
    .option(
      '--headers',
      'send nothing; print the headers, one a line, for another program to send within five minutes',
    )
    .addHelpText(
      'after',
      `
Examples:
  countersign request /v1/subjects/urn%3Alot%3A9/history --config acme/countersign.yaml
  countersign request /v1/blocks --config acme/countersign.yaml --headers > headers && curl -H @headers http://127.0.0.1:7101/v1/blocks`,
    )
    .action(async (resource: string, options: RequestOptions, command: Command) => {
      const { data, contentType, idempotencyKey } = options;
      const url = urlOf(resource, options);
      const bytes = data === undefined ? undefined : await readInput(data);
      const method = bytes === undefined ? 'GET' : 'POST';
      const headers = {
        ...(bytes === undefined ? {} : { 'content-type': contentType }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        ...(await credentialHeaders(await openCredentials(options), {
          ...{ method, url },
          ...(bytes === undefined ? {} : { body: { contentType, bytes } }),
          ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
        })),
      };
      const terminal = terminalOf(command);
      if (options.headers === true) {
        terminal.data(headers, () =>
          Object.entries(headers)
            .map(([name, value]) => `${name}: ${value}`)
            .join('\n'),
        );
        return;
      }
      const body = bytes === undefined ? {} : { body: new Uint8Array(bytes) };
      const response = await send(url, { method, headers, redirect: 'error', ...body });
      terminal.raw(new Uint8Array(await response.arrayBuffer()));
      if (!response.ok) process.exitCode = EXIT_CODE.failed;
    });
}
