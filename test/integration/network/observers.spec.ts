import 'reflect-metadata';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import x509 from '@peculiar/x509';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  certifyObserverRequest,
  issueObserverCertificate,
} from '../../../src/network/observer-certificate.js';
import { issueLeaf } from '../../../src/network/tls/certificate-authority.js';
import {
  addressOf,
  createMember,
  limitsOf,
  peerMembersOf,
  startNetwork,
  until,
  type Member,
  type NetworkChoices,
  type RunningNetwork,
} from '../../support/network-members.js';
import { samplePeerMessages } from '../../support/peer-message-samples.js';
import { realClock } from '../../support/real-clock.js';

const HOUR_MS = 3_600_000;
const members = ['acme', 'globex', 'initech', 'umbrella'].map(createMember);
const [acme, globex] = members as [Member, Member];
const running: RunningNetwork[] = [];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'countersign-observers-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ network }) => network.close()));
});

async function start(choices: Partial<NetworkChoices> & Pick<NetworkChoices, 'member'>) {
  const network = await startNetwork({ members, ...choices });
  running.push(network);
  return network;
}

function write(name: string, content: string, mode = 0o600): string {
  const file = path.join(folder, name);
  rmSync(file, { force: true });
  writeFileSync(file, content, { mode });
  chmodSync(file, mode);
  return file;
}

async function issue(observer: string, member = acme, lifetimeMs = HOUR_MS): Promise<string> {
  const { organisation, signer } = member;
  const { pem } = await issueObserverCertificate({ organisation, observer }, signer, realClock, lifetimeMs);
  return write(`${observer}.pem`, pem);
}

/** A PKCS #10 request as an observer would make it. */
async function createRequest(namedCurve: string) {
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve }, true, ['sign', 'verify']);
  const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=any',
    keys,
    signingAlgorithm,
  });
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  return { request: request.toString('pem'), privateKeyPem: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}

/** An observer of `member` that knows where `servers` listen. */
function observe(certificateFile: string, servers: readonly [string, RunningNetwork][], member = acme) {
  const addresses = Object.fromEntries(servers.map(([name, server]) => [name, addressOf(server)]));
  return start({ member, addresses, role: { kind: 'observer', certificateFile } });
}

const sampleOf = (type: string) => samplePeerMessages(4).find((message) => message.type === type)!;
const logOf = ({ observer }: RunningNetwork) => observer.logged.map(({ text }) => text).join('\n');

describe('an observer', () => {
  it('dials every validator, its own organisation among them, and gets an index above theirs', async () => {
    const a = await start({ member: acme });
    const g = await start({ member: globex, addresses: { acme: addressOf(a) } });
    const o = await observe(await issue('auditor-1'), [
      ['acme', a],
      ['globex', g],
    ]);
    await until(() => o.network.connected().length === 2);
    expect(o.network.listeningPort).toBeUndefined();
    expect(o.network.connected()).toEqual([0, 1]);
    await until(() => a.connections.includes('+65536') && g.connections.includes('+65536'));
    expect(logOf(a)).toContain('observer auditor-1 of acme');

    a.network.send('all', sampleOf('status'));
    o.network.send('all', sampleOf('fetchBlock'));
    await until(() => o.received.length > 0 && g.received.length > 0 && a.received.length > 0);
    expect(o.received[0]).toMatchObject({ from: 0, message: { type: 'status' } });
    expect(a.received[0]).toMatchObject({ from: 65_536, message: { type: 'fetchBlock' } });
  });

  it('is told everything but the transactions that wait', async () => {
    const g = await start({ member: globex });
    const o = await observe(await issue('auditor-1'), [['globex', g]]);
    await until(() => o.network.connected().length === 1);
    expect(g.network.connected()).toEqual([]);
    g.network.send('all', sampleOf('transactionBatch'));
    g.network.send('all', sampleOf('vote'));
    await until(() => o.received.length > 0);
    expect(o.received.map(({ message }) => message.type)).toEqual(['vote']);
  });

  it('has one stream for its name; its organisation has four places, and others have theirs', async () => {
    const g = await start({ member: globex });
    const observers: RunningNetwork[] = [];
    for (const name of ['one', 'two', 'three', 'four'])
      observers.push(await observe(await issue(name), [['globex', g]]));
    await until(() => g.connections.length === 4);
    expect(g.connections.toSorted()).toEqual(['+65536', '+65537', '+65538', '+65539']);

    const fifth = await observe(await issue('five'), [['globex', g]]);
    await until(() => logOf(fifth).includes('acme has 4 observers here already'));
    const twin = await observe(await issue('one'), [['globex', g]]);
    await until(() => logOf(twin).includes('observer one of acme has a stream already'));
    const other = await observe(await issue('one', globex), [['globex', g]], globex);
    await until(() => other.network.connected().length === 1);

    await observers[1]!.network.close();
    await until(() => fifth.network.connected().length + twin.network.connected().length === 1);
  });

  it('is out for a while with all others of its organisation after it sent what no correct peer sends', async () => {
    const g = await start({ member: globex, tuning: { exclusionMinMs: 600_000, exclusionMaxMs: 600_000 } });
    const o = await observe(await issue('one'), [['globex', g]]);
    const neighbour = await observe(await issue('one', globex), [['globex', g]], globex);
    await until(() => o.network.connected().length + neighbour.network.connected().length === 2);
    const [index] = g.connections.map((text) => Number(text.slice(1)));
    g.network.disconnect(
      logOf(g).indexOf('of acme') < logOf(g).indexOf('of globex') ? index! : index! + 1,
      'garbage',
    );
    await until(() => logOf(o).includes('excluded for another'));
    expect(neighbour.network.connected()).toEqual([1]);
    const second = await observe(await issue('two'), [['globex', g]]);
    await until(() => logOf(second).includes('excluded for another'));
  });

  it('comes and goes with its organisation, and keeps its place when others join', async () => {
    const hooli = createMember('hooli');
    const all = peerMembersOf([...members, hooli]);
    const g = await start({ member: globex });
    // It has not heard of its own organisation yet: the others judge its certificate.
    const o = await observe(await issue('auditor-1', hooli), [['globex', g]], hooli);
    const neighbour = await observe(await issue('auditor-1'), [['globex', g]]);
    await until(() => logOf(o).includes('lets in nobody who is no member of its ledger'));
    await until(() => g.connections.includes('+65536'));
    g.network.setMembers(all, limitsOf(5));
    await until(() => o.network.connected().length === 1);
    expect(g.connections).toEqual(['+65536', '+65537']);
    const refused = 'hooli left this consortium with block 9';
    g.network.setMembers(
      all.map((known) => (known.organisation === 'hooli' ? { ...known, refused } : known)),
      limitsOf(5),
    );
    await until(() => logOf(o).includes(`PERMISSION_DENIED: ${refused}`));
    expect(g.connections).toEqual(['+65536', '+65537', '-65537']);
    expect(neighbour.network.connected()).toEqual([1]);
  });

  it('goes on when its organisation has a new ledger key, with a certificate of that one', async () => {
    const next = createMember('acme');
    const known = peerMembersOf([next, ...members.slice(1)]);
    const g = await start({ member: globex });
    const o = await observe(await issue('auditor-1'), [['globex', g]]);
    await until(() => o.network.connected().length === 1);
    for (const one of [g, o]) one.network.setMembers(known, limitsOf(4));
    await until(() => g.connections.includes('-65536'));
    await expect(o.network.renewCertificate()).rejects.toMatchObject({
      code: 'OBSERVER_CERTIFICATE_INVALID',
      message: expect.stringContaining('not a leaf of the ledger key of acme'),
    });
    await issue('auditor-1', next);
    await o.network.renewCertificate();
    await until(() => o.network.connected().length === 1);
  });

  it('stops with its certificate, and goes on with the one that replaces the file', async () => {
    const g = await start({ member: globex });
    const file = await issue('auditor-1', acme, 1_500);
    const o = await observe(file, [['globex', g]]);
    await until(() => o.network.connected().length === 1);
    await until(() => g.connections.includes('-65536'));
    await issue('auditor-1');
    await o.network.renewCertificate();
    await until(() => o.network.connected().length === 1);
    expect(o.network.certificateExpiresMs).toBeGreaterThan(Date.now() + HOUR_MS / 2);
  });

  it('can have made its key itself, and have it certified', async () => {
    const { request, privateKeyPem } = await createRequest('P-256');
    const name = { organisation: 'acme', observer: 'auditor-2' };
    const { certificatePem } = await certifyObserverRequest(request, name, acme.signer, realClock, HOUR_MS);
    const g = await start({ member: globex });
    const o = await observe(write('own.pem', certificatePem + privateKeyPem), [['globex', g]]);
    await until(() => o.network.connected().length === 1);
    expect(logOf(g)).toContain('observer auditor-2 of acme');
  });
});

describe("an observer's certificate", () => {
  it('opens no door of a validator', async () => {
    const { organisation, signer } = acme;
    const leaf = await issueLeaf({ organisation, observer: 'auditor-1' }, signer, realClock, HOUR_MS);
    const server = tls.createServer({ cert: leaf.certificatePem, key: leaf.privateKeyPem });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const o = await start({
      member: globex,
      addresses: { acme: `127.0.0.1:${port}` },
      role: { kind: 'observer', certificateFile: await issue('auditor-3', globex) },
    });
    await until(() => logOf(o).includes('unsuitable certificate purpose'));
    expect(o.network.connected()).toEqual([]);
    await new Promise((resolve) => server.close(resolve));
  });

  const refuse = async (file: string, member = acme): Promise<string> => {
    try {
      await observe(file, [], member);
    } catch (error) {
      expect(error).toMatchObject({ code: 'OBSERVER_CERTIFICATE_INVALID' });
      return (error as Error).message;
    }
    throw new Error('it was taken');
  };

  it('is refused with its problem and the fix', async () => {
    const file = await issue('auditor-1');
    const [certificate, key] = readFileSync(file, 'utf8').split(/(?=-----BEGIN PRIVATE KEY-----)/) as [
      string,
      string,
    ];
    const otherKey = readFileSync(await issue('other'), 'utf8').split(/(?=-----BEGIN PRIVATE KEY-----)/)[1]!;
    const validator = await issueLeaf({ organisation: 'acme' }, acme.signer, realClock);
    expect(await refuse(path.join(folder, 'missing.pem'))).toMatch(/cannot be read .*observer issue/);
    expect(await refuse(write('open.pem', certificate + key, 0o644))).toContain('chmod 600');
    expect(await refuse(write('keyless.pem', certificate))).toContain('certificate and its private key');
    expect(await refuse(write('bare.pem', key))).toContain('certificate and its private key');
    expect(await refuse(write('mixed.pem', certificate + otherKey))).toContain('not that of its certificate');
    expect(await refuse(write('long.pem', certificate + key + ' '.repeat(70_000)))).toContain(
      'more than 65536',
    );
    expect(
      await refuse(write('validator.pem', validator.certificatePem + validator.privateKeyPem)),
    ).toContain('must name an observer of acme');
    expect(await refuse(file, globex)).toContain('names observer auditor-1 of acme');
    expect(await refuse(await issue('old', acme, -1_000))).toContain('expired');
    // Of an organisation that this node has not heard of.
    const hooli = createMember('hooli');
    expect(await refuse(await issue('late', hooli, -1_000), hooli)).toContain('expired');
    const stranger = createMember('acme');
    expect(await refuse(await issue('forged', stranger))).toContain('not a leaf of the ledger key');
    expect(certificate).toContain('BEGIN CERTIFICATE');
  });

  it('is not issued for a name that is none, nor for a request that is none', async () => {
    const { signer } = acme;
    const named = (observer: string) => ({ organisation: 'acme', observer });
    for (const name of ['', 'Auditor', 'a b', 'a\nCN=acme', 'x'.repeat(64)])
      await expect(issueObserverCertificate(named(name), signer, realClock, HOUR_MS)).rejects.toMatchObject({
        code: 'OBSERVER_CERTIFICATE_INVALID',
      });
    const { request: curve } = await createRequest('P-384');
    const { request: good } = await createRequest('P-256');
    const tampered = good.replace(/\n[A-Za-z0-9+/]{8}/, (text) => `${text.slice(0, -2)}zz`);
    for (const request of ['', 'no PEM', curve, tampered])
      await expect(
        certifyObserverRequest(request, named('auditor-1'), signer, realClock, HOUR_MS),
      ).rejects.toMatchObject({ code: 'OBSERVER_CERTIFICATE_INVALID' });
  });
});
