/** A TCP proxy that can swallow the answers of the server and then cut the connection: the sender cannot know what happened. */
import { connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy {
  readonly port: number;
  /** From now on nothing of what the server says arrives. */
  swallowAnswers(): void;
  /** Cuts every connection; later ones work again. */
  cut(): void;
  close(): Promise<void>;
}

export async function startCuttingProxy(targetPort: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let swallow = false;
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(socket);
      socket.on('data', (bytes) => {
        if (socket === client || !swallow) other.write(bytes);
      });
      // Either end going away takes the other with it, which is all that a proxy can say.
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has no port');
  const cut = (): void => {
    swallow = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    swallowAnswers: () => {
      swallow = true;
    },
    cut,
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
