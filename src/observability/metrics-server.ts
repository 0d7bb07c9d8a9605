/** The metrics listener: GET /metrics on a port of its own, so that it can be opened to Prometheus and nobody else. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { LedgerError } from '../protocol/primitives/ledger-error.js';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export interface MetricsSource {
  render(): Promise<string>;
}

export class MetricsServer {
  private constructor(
    private readonly server: Server,
    /** The port it listens on, also when 0 was asked for. */
    readonly port: number,
  ) {}

  /** Rejects with LedgerError METRICS_PORT_UNAVAILABLE. */
  static async listen(
    source: MetricsSource,
    address: { readonly host: string; readonly port: number },
    logger: Logger,
  ): Promise<MetricsServer> {
    const server = createServer({ maxHeaderSize: 8192, requestTimeout: 10_000 }, (request, response) => {
      answer(source, request, response).catch((error: unknown) => {
        logger.error({ err: error }, 'metrics could not be rendered');
        if (!response.headersSent) response.writeHead(500);
        response.end();
      });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause: Error) => {
        const where = `${address.host}:${address.port}`;
        const message = `the metrics listener cannot use ${where} (${cause.message}); set metrics.host and metrics.port to a free address`;
        reject(new LedgerError('METRICS_PORT_UNAVAILABLE', message, { cause }));
      });
      server.listen(address.port, address.host, resolve);
    });
    return new MetricsServer(server, (server.address() as AddressInfo).port);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
    });
  }
}

async function answer(
  source: MetricsSource,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if ((request.url ?? '').split('?', 1)[0] !== '/metrics') {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('GET /metrics\n');
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  const text = await source.render();
  response.writeHead(200, { 'content-type': CONTENT_TYPE, 'x-content-type-options': 'nosniff' });
  response.end(request.method === 'HEAD' ? undefined : text);
}
