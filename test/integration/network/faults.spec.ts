import net from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { issueLeaf, trustAnchorPem } from '../../../src/network/tls/certificate-authority.js';
import { encodeFrame } from '../../../src/network/flow/frame.js';
import { PEER_SERVICE } from '../../../src/network/grpc-service.js';
import { encodeMessage } from '../../../src/network/message-mapping/encode-message.js';
import { createHello } from '../../../src/network/peer-hello.js';
import type { ChainId } from '../../../src/protocol/primitives/identifiers.js';
import grpc from '@grpc/grpc-js';
import tls from 'node:tls';
import {
  addressOf,
  createMember,
  startNetwork,
  TEST_CHAIN_ID,
  until,
  type NetworkChoices,
  type RunningNetwork,
} from '../../support/network-members.js';
import { samplePeerMessages } from '../../support/peer-message-samples.js';
import { realClock } from '../../support/real-clock.js';

const members = ['acme', 'globex'].map(createMember);
const [acme, globex] = members;
const running: { close(): Promise<void> | void }[] = [];

async function start(choices: Partial<NetworkChoices> & Pick<NetworkChoices, 'member'>) {
  const network = await startNetwork({ members, ...choices });
  running.push(network.network);
  return network;
}

afterEach(async () => {
  for (const each of running.splice(0).reverse()) await each.close();
});

const vote = samplePeerMessages(2).find(({ type }) => type === 'syncRequest')!;
const hello = createHello({ chainId: TEST_CHAIN_ID, organisation: 'acme' }, 'test');

/** Acme with a mind of its own: right certificate, any bytes. */
async function dialAsAcme(server: RunningNetwork) {
  const leaf = await issueLeaf({ organisation: 'acme' }, acme!.signer, realClock);
  const anchors = await Promise.all(
    members.map(({ organisation, signer }) => trustAnchorPem(organisation, signer.publicKey)),
  );
  const context = tls.createSecureContext({
    ca: anchors,
    cert: leaf.certificatePem,
    key: leaf.privateKeyPem,
  });
  const credentials = grpc.ChannelCredentials.createFromSecureContext(context, {
    checkServerIdentity: () => undefined,
  });
  const client = new grpc.Client(addressOf(server), credentials, {
    'grpc.ssl_target_name_override': 'globex',
    'grpc.use_local_subchannel_pool': 1,
  });
  running.push(client);
  const { path, requestSerialize, responseDeserialize } = PEER_SERVICE.connect;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  let status: grpc.StatusObject | undefined;
  call.on('data', () => undefined);
  call.on('error', () => undefined);
  call.on('status', (ended) => (status = ended));
  return { call, client, status: () => status };
}

/** TCP between two nodes that a test can cut or freeze. */
async function startProxy(target: string) {
  const port = Number(target.split(':')[1]);
  const sockets = new Set<net.Socket>();
  let frozen = false;
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    if (frozen) return;
    const upstream = net.connect(port, '127.0.0.1');
    sockets.add(upstream);
    upstream.on('error', () => socket.destroy());
    upstream.on('close', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
    socket.on('data', (data) => frozen || upstream.write(data));
    upstream.on('data', (data) => frozen || socket.write(data));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.push({
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    address: `127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    cut,
    /** Connections are taken and kept, and nothing passes. */
    freeze: () => (frozen = true),
    heal: () => {
      frozen = false;
    },
  };
}

describe('a peer that sends garbage', () => {
  it.each<[string, () => Uint8Array[], string]>([
    ['no Hello first', () => [encodeMessage(vote)], 'MESSAGE_UNEXPECTED'],
    ['two Hellos', () => [hello, hello], 'MESSAGE_UNEXPECTED'],
    [
      'another name',
      () => [createHello({ chainId: TEST_CHAIN_ID, organisation: 'globex' }, 'test')],
      'MESSAGE_UNEXPECTED',
    ],
    [
      'another chain',
      () => [createHello({ chainId: 'ab'.repeat(32) as ChainId, organisation: 'acme' }, 'test')],
      'MESSAGE_UNEXPECTED',
    ],
    ['an unknown type', () => [hello, Uint8Array.of(0x7a, 1, 0)], 'MESSAGE_MALFORMED'],
    ['a malformed message', () => [hello, Uint8Array.of(0x1a, 2, 0x08, 0x09)], 'MESSAGE_MALFORMED'],
  ])('is cut off and counted: %s', async (_what, messages, code) => {
    const g = await start({ member: globex! });
    const { call, status } = await dialAsAcme(g);
    call.write(encodeFrame(messages()));
    await until(() => status() !== undefined);
    expect(status()?.code).toBe(grpc.status.ABORTED);
    expect(g.observer.refused).toEqual([{ index: 0, code }]);
    expect(g.network.connected()).toEqual([]);
    expect(g.received).toEqual([]);
  });

  it('stays out for a while and may come back', async () => {
    const g = await start({ member: globex!, tuning: { exclusionMinMs: 300 } });
    const first = await dialAsAcme(g);
    first.call.write(Buffer.from('garbage'));
    await until(() => first.status() !== undefined);
    const second = await dialAsAcme(g);
    await until(() => second.status() !== undefined);
    expect(second.status()).toMatchObject({
      code: grpc.status.PERMISSION_DENIED,
      details: expect.stringContaining('excluded'),
    });
    const a = await start({ member: acme!, addresses: { globex: addressOf(g) } });
    await until(() => a.network.connected().length === 1);
  });

  it('is cut off above the largest frame', async () => {
    const g = await start({ member: globex! });
    const { call, status } = await dialAsAcme(g);
    call.write(encodeFrame([hello]));
    await until(() => g.network.connected().length === 1);
    call.write(Buffer.alloc(64 * 1024 * 1024));
    await until(() => status() !== undefined);
    expect(g.network.connected()).toEqual([]);
  });
});

describe('streams that break', () => {
  it('come back after the connection is cut, the other end restarts, or it came up late', async () => {
    const probe = await start({ member: globex! });
    const port = probe.network.listeningPort!;
    await probe.network.close();
    const a = await start({ member: acme!, addresses: { globex: `127.0.0.1:${port}` } });
    await until(() => a.observer.logged.some(({ message }) => message.includes('no stream to a peer')));
    const g = await start({ member: globex!, port });
    await until(() => a.network.connected().length === 1);
    await g.network.close();
    await until(() => a.network.connected().length === 0);
    await start({ member: globex!, port });
    await until(() => a.network.connected().length === 1);
    expect(a.connections).toEqual(['+1', '-1', '+1']);
  });

  it('come back when cut in the middle', async () => {
    const g = await start({ member: globex! });
    const proxy = await startProxy(addressOf(g));
    const a = await start({ member: acme!, addresses: { globex: proxy.address } });
    for (let round = 1; round <= 3; round++) {
      await until(() => a.network.connected().length === 1 && g.network.connected().length === 1);
      proxy.cut();
      await until(() => a.connections.length >= 2 * round && g.connections.length >= 2 * round);
    }
    await until(() => a.network.connected().length === 1);
  });

  it('are noticed when nothing passes any more, and come back soon after the network heals', async () => {
    const g = await start({ member: globex!, tuning: { keepaliveMs: 200, keepaliveTimeoutMs: 200 } });
    const proxy = await startProxy(addressOf(g));
    const tuning = { keepaliveMs: 200, keepaliveTimeoutMs: 200, helloTimeoutMs: 300 };
    const a = await start({ member: acme!, addresses: { globex: proxy.address }, tuning });
    await until(() => a.network.connected().length === 1 && g.network.connected().length === 1);
    proxy.freeze();
    await until(() => a.network.connected().length === 0 && g.network.connected().length === 0);
    await new Promise((resolve) => setTimeout(resolve, 500));
    proxy.heal();
    const healedMs = performance.now();
    await until(() => a.network.connected().length === 1 && g.network.connected().length === 1);
    process.stdout.write(`back ${Math.round(performance.now() - healedMs)} ms after the heal\n`);
  });

  it('replace an older one of the same peer', async () => {
    const g = await start({ member: globex! });
    const first = await dialAsAcme(g);
    first.call.write(encodeFrame([hello]));
    await until(() => g.network.connected().length === 1);
    const second = await dialAsAcme(g);
    second.call.write(encodeFrame([hello, encodeMessage(vote)]));
    await until(() => g.received.length === 1);
    expect(g.connections).toEqual(['+0', '-0', '+0']);
    await until(() => first.status() !== undefined);
    expect(second.status()).toBeUndefined();
  });
});

describe('back-pressure', () => {
  it('drops the oldest bulk of a peer that does not read, keeps its bounds, and still brings the votes', async () => {
    const g = await start({ member: globex!, tuning: { inboundBytesPerSecond: 2_000_000 } });
    const tuning = { queueBytesMax: 4_000_000, inFlightBytesMax: 500_000 };
    const a = await start({ member: acme!, addresses: { globex: addressOf(g) }, tuning });
    await until(() => a.network.connected().length === 1 && g.network.connected().length === 1);
    const signature = new Uint8Array(64);
    const body = new Uint8Array(60_000);
    const batch = { type: 'transactionBatch', transactions: [{ body, signature }] } as const;
    let most = 0;
    for (let round = 0; round < 20; round++) {
      for (let count = 0; count < 20; count++) a.network.send('all', batch);
      a.network.send('all', vote);
      most = Math.max(most, a.network.queuedBytes);
      await new Promise(setImmediate);
    }
    expect(most).toBeLessThan(4_500_000 + 300_000);
    await until(() => g.received.filter(({ message }) => message.type === 'syncRequest').length === 20);
    await until(() => a.network.queuedBytes === 0);
    const dropped = a.observer.messages.get('out dropped') ?? 0;
    expect(dropped).toBeGreaterThan(0);
    await until(() => g.received.length === 420 - dropped);
  });

  it('forgets messages to whoever is not connected', async () => {
    const a = await start({ member: acme! });
    a.network.send('all', vote);
    a.network.send(1, vote);
    a.network.send(7, vote);
    expect(a.observer.messages.size).toBe(0);
  });
});
