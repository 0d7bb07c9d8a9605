/** The REST edge as it runs in a node, listening on a free loopback port, over the ports that a test gives. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiDrain } from '../../src/api/api-drain.js';
import { ApiModule } from '../../src/api/api.module.js';
import type { ApiPorts } from '../../src/api/api-ports.js';
import { configureApi, type ApiSettings } from '../../src/api/configure-api.js';
import { createApiAdapter, type ApiServerSettings } from '../../src/api/create-api-adapter.js';

export interface ApiApplication {
  readonly url: string;
  readonly port: number;
  readonly drain: ApiDrain;
  readonly app: NestFastifyApplication;
  close(): Promise<void>;
}

@Module({})
class TestModule {}

export async function startApi(
  ports: ApiPorts,
  settings: Partial<ApiServerSettings & ApiSettings> = {},
): Promise<ApiApplication> {
  const adapter = createApiAdapter({
    bodyBytesMax: 2 * 1024 * 1024,
    headerBytesMax: 16_384,
    requestTimeoutMs: 30_000,
    ...settings,
  });
  const module = { module: TestModule, imports: [ApiModule.register({ useFactory: () => ports })] };
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    bodyParser: false,
    logger: false,
  });
  await configureApi(app, {
    batchBytesMax: 32 * 1024 * 1024,
    rateLimit: { requestsMax: 100_000, windowMs: 60_000 },
    ...settings,
  });
  await app.listen(0, '127.0.0.1');
  const address = app.getHttpServer().address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    drain: app.get(ApiDrain),
    app,
    close: () => app.close(),
  };
}
