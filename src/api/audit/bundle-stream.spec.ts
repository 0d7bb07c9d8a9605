import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { BundleStreams } from './bundle-stream.js';

const CHUNK = new Uint8Array(1024 * 1024);
/** Far more than two sockets hold. */
const CHUNKS = 64;
/** For the caller who reads nothing; nobody who reads is that slow in the other tests. */
const STALL_MS = 100;
const PATIENT_MS = 60_000;

async function* chunks(count: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let index = 0; index < count; index++) yield await Promise.resolve(CHUNK);
}

describe('a bundle on its way to a caller', () => {
  const drain = { isDraining: false };
  let streams = new BundleStreams(drain, { exportsMax: 1, stallMs: PATIENT_MS });
  let server: Server;
  let port = 0;
  let released = 0;
  /** How the newest stream ended. */
  let ended: Promise<string>;

  beforeAll(async () => {
    server = createServer((_request, response) => {
      const release = streams.reserve();
      if (release === undefined) {
        response.writeHead(503).end();
        return;
      }
      const stream = streams.stream(chunks(CHUNKS), () => {
        released += 1;
        release();
      });
      ended = new Promise((resolve) => {
        stream.once('end', () => resolve('whole'));
        stream.once('error', ({ message }) => {
          response.destroy();
          resolve(message);
        });
      });
      stream.pipe(response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(async () => {
    server.close();
    await once(server, 'close');
  });

  async function read(): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${port}/`);
    return (await response.arrayBuffer()).byteLength;
  }

  it('arrives whole, and gives its place to the next one', async () => {
    for (let round = 0; round < 2; round++) {
      expect(await read()).toBe(CHUNKS * CHUNK.length);
      expect(await ended).toBe('whole');
    }
    expect(released).toBe(2);
  });

  it('is cut off when its caller reads nothing, and gives its place to the next one', async () => {
    streams = new BundleStreams(drain, { exportsMax: 1, stallMs: STALL_MS });
    const caller = connect(port, '127.0.0.1');
    caller.on('error', () => undefined);
    caller.pause();
    caller.write('GET / HTTP/1.1\r\nhost: node\r\n\r\n');
    await once(server, 'request');
    expect(streams.reserve()).toBeUndefined();
    expect(await ended).toBe(`nothing of the bundle was read for ${STALL_MS} ms`);
    caller.destroy();
    const release = streams.reserve();
    expect(release).toBeDefined();
    release?.();
  });

  it('ends after the chunk that is under way when the node shuts down', async () => {
    streams = new BundleStreams(drain, { exportsMax: 1, stallMs: PATIENT_MS });
    drain.isDraining = true;
    expect(await read()).toBe(CHUNK.length);
    expect(await ended).toBe('whole');
  });
});
