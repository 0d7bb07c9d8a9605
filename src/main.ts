/**
 * One organisation's node: `node dist/main.js --config FILE`. Boot order only: settings → adapters → recovery → peers →
 * REST, and back on SIGTERM or SIGINT: stop taking work, finish what is in flight, close.
 * Exit status: 0 drained, 1 failed (a supervisor may start it again), 2 usage, 78 must not be started again by itself.
 */
import 'reflect-metadata';
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiDrain } from './api/api-drain.js';
import { configureApi } from './api/configure-api.js';
import { createApiAdapter } from './api/create-api-adapter.js';
import { AppModule, composeNode } from './app.module.js';
import type { Configuration } from './config/configuration.js';
import { loadConfiguration } from './config/load-configuration.js';
import { processEnvironment } from './config/process-environment.js';
import { createLogger } from './observability/create-logger.js';
import { MetricsServer } from './observability/metrics-server.js';
import { NestLogger } from './observability/nest-logger.js';
import type { ApiPorts } from './api/api-ports.js';
import type { Logger } from 'pino';
import { LedgerError } from './protocol/primitives/ledger-error.js';
import { assertNotHalted, readMarker, writeMarker } from './standing-markers.js';
import { softwareVersion } from './software-version.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** EX_CONFIG of sysexits.h: starting again would not help. */
const EXIT_HALTED = 78;
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
  configureApi(app, rest);
  try {
    await app.listen(rest.port, rest.host);
  } catch (cause) {
    const message = `the REST interface cannot use ${rest.host}:${rest.port}; set rest.host and rest.port to a free address`;
    throw new LedgerError('REST_PORT_UNAVAILABLE', message, { cause });
  }
  return app;
}

async function run(configuration: Configuration): Promise<void> {
  const logger = createLogger(configuration.log, { organisation: configuration.organisation });
  const { dataDirectory } = configuration;
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  assertNotHalted(dataDirectory);
  const composed = await composeNode(configuration, {
    logger,
    version: softwareVersion,
    environment: processEnvironment(),
    quarantine: readMarker(dataDirectory, 'QUARANTINED'),
    onQuarantined: (reason) => {
      writeMarker(dataDirectory, 'QUARANTINED', reason);
    },
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

function readArguments(): string | undefined {
  try {
    return parseArgs({ options: { config: { type: 'string' } }, strict: true }).values.config;
  } catch (error) {
    process.stderr.write(
      `${error instanceof Error ? error.message : String(error)}\nusage: node main.js [--config FILE]\n`,
    );
    process.exit(EXIT_USAGE);
  }
}

try {
  await run(loadConfiguration(processEnvironment(), readArguments()).configuration);
} catch (error) {
  const isKnown = error instanceof LedgerError;
  const text = isKnown
    ? `${error.code}: ${error.message}`
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`countersign: ${text}\n`);
  process.exit(isKnown && error.code === 'NODE_HALTED' ? EXIT_HALTED : EXIT_FAILED);
}
