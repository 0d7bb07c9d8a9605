/**
 * One link of a cluster as a TCP proxy in this process. What it does to the bytes is up to the test: pass them, hold them
 * (the connection stands and nothing comes through: half-open), send them late, or cut the link and refuse new
 * connections. TCP loses nothing, so what was held comes through when the link is healed, unless an end gave up meanwhile.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export type Direction = 'toServer' | 'toClient';

/** What happens to the bytes, for all connections of a link. */
interface Condition {
  cut: boolean;
  readonly held: Set<Direction>;
  delayMs: number;
}

/** The bytes of one connection in one direction. */
class OneWay {
  private readonly waiting: { readonly bytes: Buffer; readonly dueMs: number }[] = [];
  private hasEnded = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly source: Socket,
    private readonly target: Socket,
    private readonly direction: Direction,
    private readonly condition: Condition,
  ) {
    source.on('data', (bytes) => {
      this.waiting.push({ bytes, dueMs: performance.now() + condition.delayMs });
      this.forward();
    });
    source.on('close', () => {
      this.hasEnded = true;
      this.forward();
    });
    // The close that follows says the same.
    source.on('error', () => undefined);
    target.on('drain', () => this.forward());
  }

  /** Sends on what is due; the source is read again when nothing is left. */
  forward(): void {
    clearTimeout(this.timer);
    if (this.condition.held.has(this.direction)) {
      this.source.pause();
      return;
    }
    while (this.waiting[0] !== undefined && !this.target.destroyed) {
      const { bytes, dueMs } = this.waiting[0];
      const lateMs = dueMs - performance.now();
      if (lateMs > 0) {
        this.timer = setTimeout(() => this.forward(), lateMs);
        return;
      }
      this.waiting.shift();
      if (this.target.write(bytes)) continue;
      this.source.pause();
      return;
    }
    if (this.hasEnded) this.target.destroy();
    else this.source.resume();
  }

  destroy(): void {
    clearTimeout(this.timer);
    this.waiting.length = 0;
    // A reset, as a machine that vanished would give; not every socket has got as far as that.
    if (this.source.connecting) this.source.destroy();
    else this.source.resetAndDestroy();
  }
}

export class TcpProxy {
  private readonly connections = new Set<OneWay>();
  private readonly condition: Condition = { cut: false, held: new Set(), delayMs: 0 };

  private constructor(
    private readonly server: Server,
    private targetPort: number,
  ) {
    server.on('connection', (client) => this.onConnection(client));
  }

  /** Listens on a port of its own; connects to `targetPort` for each connection that comes. */
  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TcpProxy(server, targetPort);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Everything comes through at once, what was held first. */
  pass(): void {
    this.condition.cut = false;
    this.condition.held.clear();
    this.condition.delayMs = 0;
    this.forward();
  }

  /** Connections stand and are accepted, and nothing comes through. */
  hold(...directions: readonly Direction[]): void {
    for (const direction of directions) this.condition.held.add(direction);
    this.forward();
  }

  /** Resets every connection, and each new one until `pass`. */
  cut(): void {
    this.condition.cut = true;
    this.reset();
  }

  /** Resets every connection; new ones work. */
  reset(): void {
    for (const connection of this.connections) connection.destroy();
  }

  /** What comes from now on comes so much later. */
  delay(delayMs: number): void {
    this.condition.delayMs = delayMs;
  }

  /** Another server stands at the end of the link from now on. */
  redirect(targetPort: number): void {
    this.targetPort = targetPort;
    this.reset();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private forward(): void {
    for (const connection of this.connections) connection.forward();
  }

  private onConnection(client: Socket): void {
    if (this.condition.cut) {
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const target = connect(this.targetPort, '127.0.0.1');
    for (const socket of [client, target]) socket.setNoDelay(true);
    const ways = [
      new OneWay(client, target, 'toServer', this.condition),
      new OneWay(target, client, 'toClient', this.condition),
    ];
    for (const way of ways) this.connections.add(way);
    let open = ways.length;
    for (const socket of [client, target]) {
      socket.on('close', () => {
        open -= 1;
        if (open === 0) for (const way of ways) this.connections.delete(way);
      });
    }
    for (const way of ways) way.forward();
  }
}
