import { describe, expect, it } from '@jest/globals';
import path from 'node:path';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import { describeConfiguration, hidePassword } from './describe-configuration.js';
import { loadConfiguration, parseConfiguration, type ConfigurationSource } from './load-configuration.js';
import { SETTINGS } from './setting-paths.js';

const directory = path.resolve('/etc/countersign');

function fileOf(text: string): ConfigurationSource {
  return { file: path.join(directory, 'node.yaml'), text };
}

function load(environment: Record<string, string>, source?: ConfigurationSource) {
  return parseConfiguration(environment, source, directory);
}

const MINIMAL = 'organisation: acme\ndatabase:\n  url: postgres://acme:s3cret@127.0.0.1:5432/acme\n';

function problemsOf(text: string, environment: Record<string, string> = {}): string {
  try {
    load(environment, fileOf(text));
  } catch (error) {
    expect(error).toBeInstanceOf(LedgerError);
    expect((error as LedgerError).code).toBe('CONFIGURATION_INVALID');
    return (error as LedgerError).message;
  }
  throw new Error('the configuration was accepted');
}

describe('parseConfiguration', () => {
  it('fills in defaults and makes paths absolute, relative to the file', () => {
    const { configuration } = load(
      {},
      fileOf(`${MINIMAL}dataDirectory: state\nkeys:\n  directory: secrets\n`),
    );
    expect(configuration.rest).toMatchObject({ host: '127.0.0.1', port: 8080 });
    expect(configuration.mempool).toMatchObject({ transactionsMax: 20_000, bytesMax: 64 * 1024 * 1024 });
    expect(configuration.consensus).toMatchObject({ batchMs: 10, statusIntervalMs: 500 });
    expect(configuration.dataDirectory).toBe(path.join(directory, 'state'));
    expect(configuration.journal.directory).toBe(path.join(directory, 'state', 'journal'));
    expect(configuration.keys.directory).toBe(path.join(directory, 'secrets'));
    expect(configuration.genesisFile).toBe(path.join(directory, 'genesis.json'));
  });

  it('lets a variable override the file, and says where each value came from', () => {
    const environment = {
      COUNTERSIGN_REST_PORT: '9000',
      COUNTERSIGN_KEYS_ALLOW_PLAIN: 'true',
      COUNTERSIGN_PEER_ADDRESSES: 'globex=127.0.0.1:7051, initech=[::1]:7052',
      HOME: '/root',
    };
    const loaded = load(environment, fileOf(`${MINIMAL}rest:\n  port: 8181\n  host: 127.0.0.2\n`));
    expect(loaded.configuration.rest).toMatchObject({ port: 9000, host: '127.0.0.2' });
    expect(loaded.configuration.keys.allowPlain).toBe(true);
    expect(loaded.configuration.peer.addresses).toEqual({ globex: '127.0.0.1:7051', initech: '[::1]:7052' });
    expect(loaded.origins.get('rest.port')).toEqual({ variable: 'COUNTERSIGN_REST_PORT' });
    expect(loaded.origins.get('rest.host')).toBe('file');
    expect(loaded.origins.get('metrics.port')).toBe('default');
  });

  it('works from the environment alone', () => {
    const loaded = load({
      COUNTERSIGN_ORGANISATION: 'acme',
      COUNTERSIGN_DATABASE_URL: 'postgres://127.0.0.1/acme',
    });
    expect(loaded.file).toBeUndefined();
    expect(loaded.configuration.organisation).toBe('acme');
  });

  it('names the nearest known setting for an unknown key, at every level', () => {
    const problems = problemsOf(`${MINIMAL}organization: acme\nrest:\n  prot: 1\njournal:\n  zzz: 1\n`);
    expect(problems).toContain('organization: unknown setting; did you mean "organisation"?');
    expect(problems).toContain('rest.prot: unknown setting; did you mean "port"?');
    expect(problems).toContain('journal.zzz: unknown setting; known here: directory, segmentBytes');
  });

  it('names the nearest known variable for an unknown one, and knows the passphrase variable', () => {
    expect(problemsOf(MINIMAL, { COUNTERSIGN_REST_PROT: '1' })).toContain(
      'did you mean COUNTERSIGN_REST_PORT?',
    );
    const text = `${MINIMAL}keys:\n  passphraseEnvironment: COUNTERSIGN_PASSPHRASE\n`;
    const { configuration } = load({ COUNTERSIGN_PASSPHRASE: 'x' }, fileOf(text));
    expect(configuration.keys.passphraseEnvironment).toBe('COUNTERSIGN_PASSPHRASE');
  });

  it('tells all problems at once, with the field and the source', () => {
    const problems = problemsOf('rest:\n  port: 70000\n', { COUNTERSIGN_METRICS_PORT: 'many' });
    expect(problems).toContain('organisation: is missing; set it in the file or as COUNTERSIGN_ORGANISATION');
    expect(problems).toContain('database');
    expect(problems).toContain('rest.port: Too big');
    expect(problems).toContain('metrics.port (from COUNTERSIGN_METRICS_PORT)');
  });

  it('refuses to open the REST interface to others unless it is told to, and under which address', () => {
    const open = `${MINIMAL}rest:\n  host: 0.0.0.0\n`;
    expect(problemsOf(open)).toContain('rest.allowNonLoopback: true');
    expect(problemsOf(`${open}  allowNonLoopback: true\n`)).toContain('rest.publicUrl: must be set');
    const opened = load(
      {},
      fileOf(`${open}  allowNonLoopback: true\n  publicUrl: https://ledger.acme.example\n`),
    );
    expect(opened.configuration.rest.host).toBe('0.0.0.0');
  });

  it('takes the keys from a folder or from an external signer, not from both', () => {
    const keys = `${MINIMAL}keys:\n  signerSocket: signer.sock\n`;
    expect(load({}, fileOf(keys)).configuration.keys.signerSocket).toBe('/etc/countersign/signer.sock');
    expect(problemsOf(`${keys}  passphraseFile: secret\n`)).toContain(
      'keys.signerSocket: the external signer',
    );
  });

  it.each([
    ['a duplicate key', `${MINIMAL}organisation: globex\n`, 'unique'],
    ['a list', '- organisation\n', 'must be a mapping'],
    ['an alias', `${MINIMAL}log: &l\n  level: info\nmetrics: *l\n`, 'aliases'],
    ['broken YAML', 'organisation: "acme\n', 'quote'],
    ['contradicting bounds', `${MINIMAL}mempool:\n  bytesMax: 1048576\n`, 'must not exceed mempool.bytesMax'],
    [
      'limits of auditors that contradict',
      `${MINIMAL}  auditor:\n    transactionTimeoutMs: 59999\n`,
      'must be at least database.auditor.statementTimeoutMs (60000)',
    ],
    ['a bad address', `${MINIMAL}peer:\n  addresses:\n    globex: nowhere\n`, 'must be "host:port"'],
    [
      'a URL of another kind',
      'organisation: acme\ndatabase:\n  url: mysql://x/y\n',
      'must be a PostgreSQL URL',
    ],
  ])('refuses %s', (_name, text, message) => {
    expect(problemsOf(text)).toContain(message);
  });

  it('says which file is missing', () => {
    const missing = path.join(directory, 'absent.yaml');
    expect(() => loadConfiguration({}, missing)).toThrow(missing);
  });
});

describe('describeConfiguration', () => {
  it('shows every setting once, with origin, and hides passwords', () => {
    const rows = describeConfiguration(load({}, fileOf(MINIMAL)));
    expect(rows).toHaveLength(SETTINGS.length);
    expect(rows.find((row) => row.name === 'database.url')?.value).toBe(
      'postgres://acme:***@127.0.0.1:5432/acme',
    );
    expect(rows.find((row) => row.name === 'database.url')?.origin).toBe('file');
    expect(JSON.stringify(rows)).not.toContain('s3cret');
  });

  it('hides a password in the query', () => {
    expect(hidePassword('postgres://127.0.0.1/x?user=a&password=b')).not.toContain('=b');
  });

  it('gives every setting its own variable', () => {
    expect(new Set(SETTINGS.map((setting) => setting.variable)).size).toBe(SETTINGS.length);
    expect(SETTINGS.find((setting) => setting.name === 'database.statementTimeoutMs')?.variable).toBe(
      'COUNTERSIGN_DATABASE_STATEMENT_TIMEOUT_MS',
    );
  });
});
