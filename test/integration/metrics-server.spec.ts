import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { createLogger } from '../../src/observability/create-logger.js';
import { MetricsServer } from '../../src/observability/metrics-server.js';
import { PrometheusObserver } from '../../src/observability/prometheus-observer.js';

const logger = createLogger({ level: 'silent', format: 'json' });
const observer = new PrometheusObserver({ version: '0.1.0', self: 'acme', logger });
let server: MetricsServer;

beforeAll(async () => {
  server = await MetricsServer.listen(observer, { host: '127.0.0.1', port: 0 }, logger);
});
afterAll(async () => {
  await server.close();
  observer.close();
});

const url = (path: string): string => `http://127.0.0.1:${server.port}${path}`;

describe('the metrics listener', () => {
  it('serves the exposition format', async () => {
    const response = await fetch(url('/metrics'));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await response.text()).toContain('countersign_build_info{version="0.1.0"');
  });

  it('has every metric that the documents name', () => {
    const known = new Set(observer.registry.getMetricsAsArray().map(({ name }) => name));
    const documents = readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.md'),
    );
    const strangers: string[] = [];
    for (const file of documents) {
      for (const [name] of readFileSync(`docs/${file}`, 'utf8').matchAll(
        // Roles of the database are named in the same manner.
        /\bcountersign_(?!(?:owner|writer|reader|auditor)\b)[a-z0-9_]*[a-z0-9]\b/g,
      )) {
        const base = name.replace(/_(bucket|sum|count)$/, '');
        if (!known.has(name) && !known.has(base)) strangers.push(`${file}: ${name}`);
      }
    }
    expect(strangers).toEqual([]);
  });

  it('serves nothing else', async () => {
    expect((await fetch(url('/'))).status).toBe(404);
    expect((await fetch(url('/metrics'), { method: 'POST' })).status).toBe(405);
  });

  it('says which setting to change when its port is taken', async () => {
    const taken = MetricsServer.listen(observer, { host: '127.0.0.1', port: server.port }, logger);
    await expect(taken).rejects.toMatchObject({ code: 'METRICS_PORT_UNAVAILABLE' });
  });
});
