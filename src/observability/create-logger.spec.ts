import { describe, expect, it } from '@jest/globals';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import { createLogger, type LogSettings } from './create-logger.js';
import { NestLogger } from './nest-logger.js';

function logged(settings: LogSettings, use: (logger: ReturnType<typeof createLogger>) => void): string {
  let text = '';
  const logger = createLogger(settings, { organisation: 'acme' }, { write: (line) => (text += line) });
  use(logger);
  return text;
}

const JSON_INFO: LogSettings = { level: 'info', format: 'json' };

describe('createLogger', () => {
  it('writes one JSON object a line, with time, level and bindings', () => {
    const text = logged(JSON_INFO, (logger) => logger.info({ height: 7 }, 'block committed'));
    expect(text.endsWith('\n')).toBe(true);
    expect(JSON.parse(text)).toMatchObject({
      level: 'info',
      organisation: 'acme',
      height: 7,
      msg: 'block committed',
    });
  });

  it('hides secrets by name and in URLs, at any depth', () => {
    const cause = new LedgerError(
      'DATABASE_UNAVAILABLE',
      'cannot reach postgres://acme:hunter2@127.0.0.1/acme',
    );
    const text = logged(JSON_INFO, (logger) =>
      logger.info(
        {
          passphrase: 'hunter2',
          keys: { privateKey: new Uint8Array([1, 2, 3]), list: [{ apiToken: 'hunter2' }] },
          headers: { authorization: 'Bearer hunter2' },
          err: new Error('start failed', { cause }),
        },
        'connecting to postgres://acme:hunter2@127.0.0.1/acme',
      ),
    );
    expect(text).not.toContain('hunter2');
    expect(text).toContain('DATABASE_UNAVAILABLE');
    expect(text).toContain('postgres://acme:[hidden]@127.0.0.1/acme');
  });

  it('bounds bytes, lists and depth', () => {
    const deep: Record<string, unknown> = {};
    deep['self'] = deep;
    const text = logged(JSON_INFO, (logger) =>
      logger.info(
        { bytes: new Uint8Array(1000), list: Array.from({ length: 500 }, () => 'x'), deep, n: 2n ** 64n },
        'm',
      ),
    );
    expect(text.length).toBeLessThan(2_000);
    expect(text).toContain('(1000 bytes)');
    expect(text).toContain('450 more');
    expect(text).toContain('18446744073709551616');
  });

  it('writes plain text for people, the stack below', () => {
    const text = logged({ level: 'info', format: 'text' }, (logger) => {
      logger.warn({ peer: 'globex', reason: 'two words' }, 'peer disconnected');
      logger.error({ err: new Error('boom') }, 'failed');
    });
    expect(text).toMatch(
      /^\S+Z WARN {2}peer disconnected organisation=acme peer=globex reason="two words"\n/,
    );
    expect(text).toMatch(/ERROR failed organisation=acme\n {2}Error: boom\n/);
  });

  it('leaves out what is below its level', () => {
    expect(logged({ level: 'silent', format: 'json' }, (logger) => logger.error('x'))).toBe('');
    expect(logged(JSON_INFO, (logger) => logger.debug('x'))).toBe('');
  });
});

describe('NestLogger', () => {
  it('keeps level, context and error', () => {
    const text = logged(JSON_INFO, (logger) => {
      const nest = new NestLogger(logger);
      nest.log('Nest application successfully started', 'NestApplication');
      nest.error(new Error('boom'), 'ExceptionsHandler');
      nest.warn('careful', 'Router');
    });
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      level: 'error',
      context: 'ExceptionsHandler',
      err: { message: 'boom' },
    });
    expect(lines[1]).toMatchObject({ level: 'warn', context: 'Router', msg: 'careful' });
  });
});
