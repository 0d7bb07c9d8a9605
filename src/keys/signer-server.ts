/**
 * An external signer over a keystore: a process of its own that holds the private keys and signs for whoever may open its
 * socket, which its owner alone may. What a vendor's signer does over the same protocol (docs/SIGNER.md).
 */
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Signer } from '../node/ports.js';
import type { PublicKey } from '../protocol/primitives/identifiers.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import type { FileKeystore } from './file-keystore.js';
import {
  formatSignerAnswer,
  LineReader,
  parseSignerRequest,
  type SignerAnswer,
  type SignerKey,
  type SignerRequest,
} from './external/signer-messages.js';

const CONNECTIONS_MAX = 16;

export class SignerServer {
  private readonly signers = new Map<PublicKey, Promise<Signer>>();
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  private constructor(
    private readonly keystore: FileKeystore,
    private readonly onProblem: (message: string) => void,
  ) {
    this.server = createServer((socket) => {
      this.serve(socket);
    });
    this.server.maxConnections = CONNECTIONS_MAX;
  }

  /** Opens every key, so that a wrong passphrase shows now. Throws those of the keystore, SIGNER_SOCKET_UNAVAILABLE. */
  static async listen(
    keystore: FileKeystore,
    socketFile: string,
    onProblem: (message: string) => void,
  ): Promise<{ readonly server: SignerServer; readonly keys: readonly SignerKey[] }> {
    const server = new SignerServer(keystore, onProblem);
    const keys = await server.keys();
    for (const { publicKey } of keys) await server.signerOf(publicKey);
    await removeLeftOver(socketFile);
    await new Promise<void>((resolve, reject) => {
      server.server.once('error', (cause) => {
        const message = `the socket ${socketFile} cannot be made: ${cause.message}`;
        reject(new LedgerError('SIGNER_SOCKET_UNAVAILABLE', message, { cause }));
      });
      // The file must not be open to others even for a moment.
      const before = process.umask(0o177);
      server.server.listen(socketFile, resolve);
      process.umask(before);
    });
    chmodSync(socketFile, 0o600);
    return { server, keys };
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private serve(socket: Socket): void {
    const lines = new LineReader();
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', (error) => {
      this.onProblem(`a connection broke: ${error.message}`);
    });
    socket.on('data', (chunk) => {
      const complete = lines.push(chunk);
      if (complete === undefined) socket.destroy();
      // A caller that does not read its answers is not listened to.
      for (const line of complete ?? []) void this.answer(socket, line);
    });
  }

  private async answer(socket: Socket, line: string): Promise<void> {
    const request = parseSignerRequest(line);
    if (request === undefined) {
      this.onProblem('a line is no request');
      socket.destroy();
      return;
    }
    const answer = await this.answerOf(request);
    const isFull = socket.writable && !socket.write(formatSignerAnswer(answer));
    if (isFull && !socket.isPaused()) {
      socket.pause();
      socket.once('drain', () => socket.resume());
    }
  }

  private async answerOf(request: SignerRequest): Promise<SignerAnswer> {
    const { id } = request;
    try {
      if (request.method === 'keys') return { id, keys: await this.keys() };
      const signer = await this.signerOf(request.publicKey);
      return { id, signatures: await signer.sign(request.messages) };
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      return { id, error: { code: error.code, message: error.message } };
    }
  }

  private async keys(): Promise<readonly SignerKey[]> {
    const keys: SignerKey[] = [];
    for (const name of await this.keystore.list()) {
      const { algorithm, publicKey } = await this.keystore.describe(name);
      if (algorithm === 'ed25519') keys.push({ name, publicKey: publicKey as PublicKey });
    }
    return keys;
  }

  private signerOf(publicKey: PublicKey): Promise<Signer> {
    const open = this.signers.get(publicKey);
    if (open !== undefined) return open;
    const loading = this.load(publicKey).catch((error: unknown) => {
      this.signers.delete(publicKey);
      throw error;
    });
    this.signers.set(publicKey, loading);
    return loading;
  }

  private async load(publicKey: PublicKey): Promise<Signer> {
    const key = (await this.keys()).find((each) => each.publicKey === publicKey);
    if (key === undefined) throw new LedgerError('KEY_NOT_FOUND', `this signer has no key ${publicKey}`);
    return this.keystore.loadSigner(key.name);
  }
}

/**
 * A socket that nobody listens at is what a crash has left. Whatever else is there stays: throws SIGNER_SOCKET_UNAVAILABLE for
 * another kind of file, and when somebody listens.
 */
async function removeLeftOver(socketFile: string): Promise<void> {
  const found = lstatSync(socketFile, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new LedgerError(
      'SIGNER_SOCKET_UNAVAILABLE',
      `${socketFile} is there and is no socket; name another file`,
    );
  const isServed = await new Promise<boolean>((resolve) => {
    const probe = connect(socketFile);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED');
    });
  });
  if (isServed)
    throw new LedgerError(
      'SIGNER_SOCKET_UNAVAILABLE',
      `another signer listens at ${socketFile}; stop it, or name another socket`,
    );
  rmSync(socketFile, { force: true });
}
