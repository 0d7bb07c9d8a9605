/**
 * Ports on loopback that nobody listens on: the usual one when it is free, else one below those that systems give to
 * outgoing connections. So a server that was down for a while finds its port as it left it.
 */
import { createServer } from 'node:net';

const HOST = '127.0.0.1';
/** Linux takes ports of outgoing connections from 32768 on, the other systems from 49152 on. */
const FREE_MIN = 20_000;
const FREE_MAX = 32_000;
/** Processes that start together look in different places, because a port is only theirs once it is used. */
const STRETCH = 401;

let nextFree = FREE_MIN + ((process.pid * STRETCH) % (FREE_MAX - FREE_MIN));

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.unref();
    server.once('error', () => resolve(false));
    server.listen({ port, host: HOST, exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}

/** Hands out ports; one allocator never gives the same port twice. */
export class PortAllocator {
  private readonly given = new Set<number>();

  /** `preferred` 0 takes any free port. */
  async take(preferred: number): Promise<number> {
    if (preferred !== 0 && !this.given.has(preferred) && (await canListen(preferred)))
      return this.remember(preferred);
    for (;;) {
      const port = nextFree;
      nextFree = port === FREE_MAX ? FREE_MIN : port + 1;
      if (!this.given.has(port) && (await canListen(port))) return this.remember(port);
    }
  }

  private remember(port: number): number {
    this.given.add(port);
    return port;
  }
}
