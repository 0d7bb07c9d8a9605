// Keys in a process of their own, over a real local socket: what a node asks, what it waits for, and what it does not take.
import { afterEach, describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { FileKeystore } from '../../../src/keys/file-keystore.js';
import { SignerConnection } from '../../../src/keys/external/signer-connection.js';
import { openNodeKeys, type NodeKeys } from '../../../src/keys/open-node-keys.js';
import { SignerServer } from '../../../src/keys/signer-server.js';
import { ed25519Verifier } from '../../../src/protocol/crypto/ed25519.js';
import type { LedgerError } from '../../../src/protocol/primitives/ledger-error.js';
import { utf8ToBytes } from '../../../src/protocol/primitives/bytes.js';
import type { PublicKey } from '../../../src/protocol/primitives/identifiers.js';

const MESSAGES = ['one', 'two', 'three'].map(utf8ToBytes);

interface Bench {
  readonly socket: string;
  readonly keystore: FileKeystore;
  readonly ledgerKey: PublicKey;
  readonly scannerKey: PublicKey;
  readonly problems: (string | undefined)[];
  /** As a node of acme does. */
  open(): Promise<NodeKeys>;
  serve(): Promise<SignerServer>;
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function bench(): Promise<Bench> {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-signer-'));
  closing.push(() => fs.rmSync(root, { recursive: true, force: true }));
  const folder = path.join(root, 'keys');
  const keystore = new FileKeystore({ folder, passphrase: undefined, allowPlain: true });
  const ledgerKey = await keystore.createKey('ledger');
  const scannerKey = await keystore.createKey('identity-scanner');
  const socket = path.join(root, 'signer.sock');
  const problems: (string | undefined)[] = [];
  const settings = { directory: '/nowhere', allowPlain: false, ledgerKey: 'ledger', signerSocket: socket };
  return {
    ...{ socket, keystore, ledgerKey, scannerKey, problems },
    open: async () => {
      const watchers = {
        verifier: ed25519Verifier,
        onSignerProblem: (problem: string | undefined) => problems.push(problem),
      };
      const keys = await openNodeKeys(settings, {}, watchers);
      closing.push(() => {
        keys.close();
      });
      return keys;
    },
    serve: async () => {
      const { server } = await SignerServer.listen(keystore, socket, () => undefined);
      closing.push(() => server.close().catch(() => undefined));
      return server;
    },
  };
}

/** A signer that answers each line as the test says; what it returns is sent. */
async function serveOddly(
  socket: string,
  answer: (line: string, connection: Socket) => string,
): Promise<Server> {
  const connections = new Set<Socket>();
  const server = createServer((connection) => {
    connections.add(connection);
    connection.on('data', (data) => {
      for (const line of data.toString('utf8').split('\n'))
        if (line !== '') connection.write(answer(line, connection));
    });
    connection.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  closing.push(
    () =>
      new Promise((resolve) => {
        for (const connection of connections) connection.destroy();
        server.close(resolve);
      }),
  );
  return server;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('an external signer', () => {
  it('signs for the ledger and for identities, and shows no private key', async () => {
    const { open, serve, ledgerKey, scannerKey, socket } = await bench();
    await serve();
    expect(fs.statSync(socket).mode & 0o777).toBe(0o600);
    const { signer, identities } = await open();
    expect(signer.publicKey).toBe(ledgerKey);
    const signatures = await signer.sign(MESSAGES);
    expect(signatures.map((each, at) => ed25519Verifier.verify(ledgerKey, MESSAGES[at]!, each))).toEqual([
      true,
      true,
      true,
    ]);
    const scanner = await identities.find(scannerKey);
    const [signature] = await scanner!.sign([MESSAGES[0]!]);
    expect(ed25519Verifier.verify(scannerKey, MESSAGES[0]!, signature!)).toBe(true);
    // The ledger key is no identity's.
    expect(await identities.find(ledgerKey)).toBeUndefined();
    expect(await signer.sign([])).toEqual([]);
  });

  it('finds a key that was made after it had started', async () => {
    const { open, serve, keystore } = await bench();
    await serve();
    const { identities } = await open();
    const later = await keystore.createKey('identity-later');
    expect((await identities.find(later))?.publicKey).toBe(later);
  });

  it('signs as many messages as there are', async () => {
    const { open, serve } = await bench();
    await serve();
    const { signer } = await open();
    const many = Array.from({ length: 5_000 }, (_, at) => utf8ToBytes(`message ${at}`));
    const signatures = await signer.sign(many);
    expect(signatures).toHaveLength(5_000);
    expect(ed25519Verifier.verify(signer.publicKey, many[4_999]!, signatures[4_999]!)).toBe(true);
  });

  it('is waited for at the start and when it goes away, and nothing is asked in vain', async () => {
    const { open, serve, problems, ledgerKey } = await bench();
    const opening = open();
    await until(() => problems.length > 0);
    expect(problems[0]).toContain('is not reachable');
    const first = await serve();
    const { signer } = await opening;
    expect(signer.stall?.()).toBeUndefined();
    await first.close();
    const asked = Promise.all([signer.sign([MESSAGES[0]!]), signer.sign([MESSAGES[1]!])]);
    await until(() => signer.stall?.() !== undefined);
    expect(signer.stall?.()).toContain('the external signer at');
    await serve();
    const [one, two] = await asked;
    expect(ed25519Verifier.verify(ledgerKey, MESSAGES[0]!, one[0]!)).toBe(true);
    expect(ed25519Verifier.verify(ledgerKey, MESSAGES[1]!, two[0]!)).toBe(true);
    expect([signer.stall?.(), problems.at(-1)]).toEqual([undefined, undefined]);
  });

  it('is one at a socket; what a crash has left is taken over', async () => {
    const { serve, socket, keystore } = await bench();
    const first = await serve();
    await expect(SignerServer.listen(keystore, socket, () => undefined)).rejects.toMatchObject({
      code: 'SIGNER_SOCKET_UNAVAILABLE',
    });
    await first.close();
    const second = await serve();
    await second.close();
    const precious = `${socket}.note`;
    fs.writeFileSync(precious, 'a key');
    await expect(SignerServer.listen(keystore, precious, () => undefined)).rejects.toMatchObject({
      code: 'SIGNER_SOCKET_UNAVAILABLE',
    });
    expect(fs.readFileSync(precious, 'utf8')).toBe('a key');
    await expect(
      SignerServer.listen(keystore, path.join(socket, 'below', 'a', 'file'), () => undefined),
    ).rejects.toMatchObject({ code: 'SIGNER_SOCKET_UNAVAILABLE' });
  });
});

describe('a signer that is silent', () => {
  it('is connected to anew, however much is asked meanwhile, and refuses callers alone beyond the bound', async () => {
    const { socket, problems } = await bench();
    let connections = 0;
    const server = await serveOddly(socket, () => '');
    server.on('connection', () => (connections += 1));
    const settings = { socket, retryMs: 5, answerTimeoutMs: 200, openMax: 3 };
    const connection = new SignerConnection(settings, (problem) => problems.push(problem));
    const answers: Promise<unknown>[] = [];
    const ask = (mayBeRefused: boolean): number =>
      answers.push(
        connection
          .ask({ method: 'keys' }, mayBeRefused)
          .catch((error: unknown) => (error as LedgerError).code),
      );
    while (connections < 2) {
      ask(false);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(problems).toContainEqual(expect.stringContaining('has not answered for 200 ms'));
    ask(false);
    ask(true);
    const codes = answers.splice(-2);
    connection.close();
    expect(await Promise.all(codes)).toEqual(['SIGNER_CLOSED', 'SIGNER_OVERLOADED']);
    await Promise.all(answers);
  });
});

describe('answers of a signer', () => {
  const listing = (id: number, publicKey: string): string =>
    `${JSON.stringify({ id, keys: [{ name: 'ledger', publicKey, algorithm: 'ed25519' }] })}\n`;
  const idOf = (line: string): number => (JSON.parse(line) as { readonly id: number }).id;
  const methodOf = (line: string): string => (JSON.parse(line) as { readonly method: string }).method;

  it.each([
    [
      'a refusal',
      (id: number) => ({ id, error: { code: 'LOCKED', message: 'the device is locked' } }),
      'SIGNER_REFUSED',
    ],
    [
      'a signature by nobody',
      (id: number) => ({ id, signatures: [Buffer.alloc(64).toString('base64')] }),
      'SIGNER_WRONG',
    ],
    ['no signature', (id: number) => ({ id, signatures: [] }), 'SIGNER_WRONG'],
    ['something else', (id: number) => ({ id, keys: [] }), 'SIGNER_WRONG'],
  ])('%s ends the request', async (_word, answer, code) => {
    const { socket, open, ledgerKey } = await bench();
    await serveOddly(socket, (line) =>
      methodOf(line) === 'keys' ? listing(idOf(line), ledgerKey) : `${JSON.stringify(answer(idOf(line)))}\n`,
    );
    const { signer } = await open();
    await expect(signer.sign([MESSAGES[0]!])).rejects.toMatchObject({ code });
  });

  it.each([
    ['rubbish', () => 'rubbish\n'],
    ['an answer that nobody asked for', () => '{"id":999,"keys":[]}\n'],
    ['a signature of another length', (line: string) => `{"id":${idOf(line)},"signatures":["AAAA"]}\n`],
    ['a line without end', () => 'x'.repeat(5 * 1024 * 1024)],
  ])('that are %s break the connection, and the request is asked again', async (_word, odd) => {
    const { socket, open, ledgerKey, keystore, problems } = await bench();
    const signer = await keystore.loadSigner('ledger');
    const right = (line: string, connection: Socket): string => {
      const { id, messages } = JSON.parse(line) as {
        readonly id: number;
        readonly messages: readonly string[];
      };
      void signer.sign(messages.map((text) => Buffer.from(text, 'base64'))).then((signatures) => {
        const texts = signatures.map((each) => Buffer.from(each).toString('base64'));
        connection.write(`${JSON.stringify({ id, signatures: texts })}\n`);
      });
      return '';
    };
    let asked = 0;
    await serveOddly(socket, (line, connection) => {
      if (methodOf(line) === 'keys') return listing(idOf(line), ledgerKey);
      return asked++ === 0 ? odd(line) : right(line, connection);
    });
    const keys = await open();
    const [signature] = await keys.signer.sign([MESSAGES[0]!]);
    expect(ed25519Verifier.verify(ledgerKey, MESSAGES[0]!, signature!)).toBe(true);
    expect(asked).toBe(2);
    expect(problems.filter((problem) => problem !== undefined)).not.toEqual([]);
  });
});
