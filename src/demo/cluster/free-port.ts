/** Ports on loopback that nobody listens on: the usual one when it is free, else one that the system picks. */
import { createServer } from 'node:net';

const HOST = '127.0.0.1';

/** The port when it could be bound; `undefined` when it is taken. Port 0 asks the system for one. */
function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.unref();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: HOST, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : undefined;
      server.close(() => resolve(bound));
    });
  });
}

/** Hands out ports; one allocator never gives the same port twice. */
export class PortAllocator {
  private readonly given = new Set<number>();

  /** `preferred` 0 takes any free port. */
  async take(preferred: number): Promise<number> {
    const usual = preferred === 0 || this.given.has(preferred) ? undefined : await tryPort(preferred);
    if (usual !== undefined) return this.remember(usual);
    for (;;) {
      const port = await tryPort(0);
      if (port !== undefined && !this.given.has(port)) return this.remember(port);
    }
  }

  private remember(port: number): number {
    this.given.add(port);
    return port;
  }
}
