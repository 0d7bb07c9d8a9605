/**
 * The life of one node's process, boot order only: settings → adapters → recovery → peers → REST, and back on SIGTERM or
 * SIGINT: stop taking work, finish what is in flight, close.
 */
import { mkdirSync } from 'node:fs';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { ApiDrain } from './api/api-drain.js';
import type { ApiPorts } from './api/api-ports.js';
import { configureApi } from './api/configure-api.js';
import { createApiAdapter } from './api/create-api-adapter.js';
import { AppModule, composeNode, type Surroundings } from './app.module.js';
import type { Configuration } from './config/configuration.js';
import { processEnvironment } from './config/process-environment.js';
import { createLogger } from './observability/create-logger.js';
import { MetricsServer } from './observability/metrics-server.js';
import { NestLogger } from './observability/nest-logger.js';
import { LedgerError } from './protocol/primitives/ledger-error.js';
import { softwareVersion } from './software-version.js';
import {
  assertNotHalted,
  readQuarantine,
  writeDivergence,
  writeMarker,
  writeQuarantine,
} from './standing-markers.js';

export const EXIT_FAILED = 1;
/** EX_CONFIG of sysexits.h: starting again would not help. */
export const EXIT_HALTED = 78;
/** What is still open after this is left to the operating system. */
const DRAIN_LIMIT_MS = 10_000;

async function startRest(
  configuration: Configuration,
  ports: ApiPorts,
  logger: Logger,
): Promise<NestFastifyApplication> {
  const { rest } = configuration;
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.register(ports),
    createApiAdapter(rest),
    {
      bodyParser: false,
      logger: new NestLogger(logger),
    },
  );
  await configureApi(app, rest);
  try {
    await app.listen(rest.port, rest.host);
  } catch (cause) {
    const message = `the REST interface cannot use ${rest.host}:${rest.port}; set rest.host and rest.port to a free address`;
    throw new LedgerError('REST_PORT_UNAVAILABLE', message, { cause });
  }
  return app;
}

/**
 * Resolves when the node is up; it then lives until a signal drains it or something fatal ends the process. Throws
 * LedgerError, NODE_HALTED among others. `substitutes` stand in for the machine's clock and disk.
 */
export async function runNode(
  configuration: Configuration,
  substitutes: Pick<Surroundings, 'clock' | 'journalFiles'> = {},
): Promise<void> {
  const logger = createLogger(configuration.log, { organisation: configuration.organisation });
  const { dataDirectory } = configuration;
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  assertNotHalted(dataDirectory);
  const composed = await composeNode(configuration, {
    ...substitutes,
    logger,
    version: softwareVersion,
    environment: processEnvironment(),
    quarantine: readQuarantine(dataDirectory),
    onQuarantined: (quarantine) => {
      writeQuarantine(dataDirectory, quarantine);
    },
    onDivergence: (divergence) => writeDivergence(dataDirectory, divergence),
    onFatal: (error, halted) => {
      logger.fatal({ err: error }, 'the node cannot go on');
      if (halted)
        writeMarker(dataDirectory, 'HALTED', error instanceof Error ? error.message : String(error));
      process.exit(halted ? EXIT_HALTED : EXIT_FAILED);
    },
  });
  const metrics = await MetricsServer.listen(composed.observer, configuration.metrics, logger);
  const app = await startRest(configuration, composed.apiPorts, logger);
  logger.info({ rest: await app.getUrl(), metricsPort: metrics.port }, 'the node is up');

  let draining = false;
  const drain = async (signal: string): Promise<void> => {
    if (draining) return;
    draining = true;
    logger.info({ signal }, 'draining');
    setTimeout(() => {
      logger.warn({ limitMs: DRAIN_LIMIT_MS }, 'not everything was finished in time');
      process.exit(EXIT_FAILED);
    }, DRAIN_LIMIT_MS).unref();
    app.get(ApiDrain).begin();
    await app.close();
    await composed.close();
    await metrics.close();
    logger.info('drained');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      drain(signal).catch((error: unknown) => {
        logger.fatal({ err: error }, 'draining failed');
        process.exit(EXIT_FAILED);
      });
    });
  }
}
