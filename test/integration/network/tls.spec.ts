import 'reflect-metadata';
import tls from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import grpc from '@grpc/grpc-js';
import x509 from '@peculiar/x509';
import { generateKeyPairSync } from 'node:crypto';
import {
  authorityCertificatePem,
  ed25519Spki,
  issueLeaf,
  trustAnchorPem,
  type LeafCertificate,
} from '../../../src/network/tls/certificate-authority.js';
import { PEER_SERVICE } from '../../../src/network/grpc-service.js';
import {
  addressOf,
  createMember,
  startNetwork,
  until,
  type NetworkChoices,
  type RunningNetwork,
} from '../../support/network-members.js';
import { realClock } from '../../support/real-clock.js';

const members = ['acme', 'globex', 'initech', 'umbrella'].map(createMember);
const [acme, globex, , umbrella] = members;
const running: RunningNetwork[] = [];

async function start(choices: Partial<NetworkChoices> & Pick<NetworkChoices, 'member'>) {
  const network = await startNetwork({ members, ...choices });
  running.push(network);
  return network;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ network }) => network.close()));
});

let anchors: string[];
beforeAll(async () => {
  anchors = await Promise.all(
    members.map(({ organisation, signer }) => trustAnchorPem(organisation, signer.publicKey)),
  );
});

const longAgo = { wallMs: () => Date.now() - 40 * 86_400_000 };

/** What a server under test answers to a client with this certificate: the status of the stream, or the transport's error. */
function connectAs(
  server: RunningNetwork,
  leaf: Pick<LeafCertificate, 'certificatePem' | 'privateKeyPem'> | undefined,
  context: tls.SecureContextOptions = {},
): Promise<grpc.StatusObject> {
  const secureContext = tls.createSecureContext({
    ca: anchors,
    ...(leaf === undefined ? {} : { cert: leaf.certificatePem, key: leaf.privateKeyPem }),
    minVersion: 'TLSv1.3',
    ...context,
  });
  const credentials = grpc.ChannelCredentials.createFromSecureContext(secureContext, {
    checkServerIdentity: () => undefined,
  });
  const client = new grpc.Client(addressOf(server), credentials, {
    'grpc.ssl_target_name_override': 'test',
  });
  const { path, requestSerialize, responseDeserialize } = PEER_SERVICE.connect;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  return new Promise((resolve) => {
    call.on('data', () => undefined);
    call.on('error', () => undefined);
    call.on('status', (status) => {
      client.close();
      resolve(status);
    });
  });
}

type SigningKey = Awaited<ReturnType<typeof webKeys>>['privateKey'];

/** A certificate that says what the test wants, signed by whom the test wants. */
async function forgedLeaf(
  fields: Partial<x509.X509CertificateCreateParams> & { readonly subject: string; readonly issuer: string },
  privateKey: SigningKey,
) {
  const leafKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: '0a',
    notBefore: new Date(Date.now() - 1000),
    notAfter: new Date(Date.now() + 3_600_000),
    publicKey: new Uint8Array(leafKeys.publicKey.export({ type: 'spki', format: 'der' })),
    signingKey: privateKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    ],
    ...fields,
  });
  return {
    certificatePem: certificate.toString('pem'),
    privateKeyPem: leafKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function webKeys() {
  return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
}

describe('who is let in', () => {
  it('refuses a client without a certificate', async () => {
    const server = await start({ member: globex! });
    expect((await connectAs(server, undefined)).code).toBe(grpc.status.UNAVAILABLE);
    expect(server.connections).toEqual([]);
  });

  it('refuses a leaf of an authority that genesis does not name, whatever name it bears', async () => {
    const server = await start({ member: globex! });
    const imposter = createMember('acme');
    const leaf = await issueLeaf({ organisation: 'acme' }, imposter.signer, realClock);
    expect((await connectAs(server, leaf)).code).toBe(grpc.status.UNAVAILABLE);
  });

  it('refuses it also with its authority sent along', async () => {
    const server = await start({ member: globex! });
    const imposter = createMember('acme');
    const leaf = await issueLeaf({ organisation: 'acme' }, imposter.signer, realClock);
    const authority = await authorityCertificatePem('acme', imposter.signer);
    const status = await connectAs(server, { ...leaf, certificatePem: leaf.certificatePem + authority });
    expect(status.code).toBe(grpc.status.UNAVAILABLE);
  });

  it('refuses a self-signed certificate with the right name', async () => {
    const server = await start({ member: globex! });
    const keys = await webKeys();
    const leaf = await forgedLeaf({ subject: 'O=acme, CN=acme', issuer: 'O=acme, CN=acme' }, keys.privateKey);
    expect((await connectAs(server, leaf)).code).toBe(grpc.status.UNAVAILABLE);
  });

  it('refuses an expired leaf', async () => {
    const server = await start({ member: globex! });
    const leaf = await issueLeaf({ organisation: 'acme' }, acme!.signer, longAgo);
    expect((await connectAs(server, leaf)).code).toBe(grpc.status.UNAVAILABLE);
  });

  it('refuses a leaf that a leaf has signed', async () => {
    const server = await start({ member: globex! });
    const leaf = await issueLeaf({ organisation: 'acme' }, acme!.signer, realClock);
    const der = Buffer.from(leaf.privateKeyPem.replaceAll(/-----.*-----|\n/g, ''), 'base64');
    const privateKey = await crypto.subtle.importKey(
      'pkcs8',
      der,
      { name: 'ECDSA', namedCurve: 'P-256' },
      true,
      ['sign'],
    );
    const below = await forgedLeaf(
      { subject: 'O=umbrella, CN=umbrella', issuer: 'O=acme, CN=acme' },
      privateKey,
    );
    const chain = { ...below, certificatePem: `${below.certificatePem}\n${leaf.certificatePem}` };
    expect((await connectAs(server, chain)).code).toBe(grpc.status.UNAVAILABLE);
  });

  it("refuses an authority below a member's, even one that bears another member's name", async () => {
    const server = await start({ member: globex! });
    const keys = await webKeys();
    const name = 'O=acme, CN=acme ledger authority';
    // Umbrella's own ledger key signs an authority that calls itself Acme's.
    const unsignedAuthority = await x509.X509CertificateGenerator.create({
      serialNumber: '0b',
      subject: name,
      issuer: 'O=umbrella, CN=umbrella ledger authority',
      notBefore: new Date(Date.now() - 1000),
      notAfter: new Date(Date.now() + 3_600_000),
      publicKey: keys.publicKey,
      signingAlgorithm: { name: 'Ed25519' },
      signature: new Uint8Array(64),
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ],
    });
    const der = new Uint8Array(unsignedAuthority.rawData);
    const outer = 4;
    const signedPart = der.subarray(outer, outer + 4 + der[outer + 2]! * 256 + der[outer + 3]!);
    const [signature] = await umbrella!.signer.sign([signedPart]);
    der.set(signature!, der.length - 64);
    const authority = new x509.X509Certificate(der);
    expect(
      await authority.verify({
        publicKey: new x509.PublicKey(ed25519Spki(umbrella!.signer.publicKey)),
        signatureOnly: true,
      }),
    ).toBe(true);
    const leaf = await forgedLeaf({ subject: 'O=acme, CN=acme', issuer: name }, keys.privateKey);
    const chain = { ...leaf, certificatePem: `${leaf.certificatePem}\n${authority.toString('pem')}` };
    expect((await connectAs(server, chain)).code).toBe(grpc.status.UNAVAILABLE);
  });

  it('refuses TLS 1.2', async () => {
    const server = await start({ member: globex! });
    const leaf = await issueLeaf({ organisation: 'acme' }, acme!.signer, realClock);
    const old = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
    expect((await connectAs(server, leaf, old)).code).toBe(grpc.status.UNAVAILABLE);
  });

  it('refuses a member that ought to be dialled, and takes the one that dials', async () => {
    const server = await start({ member: globex! });
    const late = await issueLeaf({ organisation: 'umbrella' }, umbrella!.signer, realClock);
    expect(await connectAs(server, late)).toMatchObject({
      code: grpc.status.PERMISSION_DENIED,
      details: expect.stringContaining('dials'),
    });
    // Right certificate, no Hello: the server gives up by itself.
    const silent = await issueLeaf({ organisation: 'acme' }, acme!.signer, realClock);
    expect(await connectAs(server, silent)).toMatchObject({
      code: grpc.status.ABORTED,
      details: expect.stringContaining('Hello'),
    });
    expect(server.connections).toEqual([]);
  });

  it('does not speak to a server that is another member than the one dialled', async () => {
    const wrong = await start({ member: umbrella! });
    const client = await start({ member: acme!, addresses: { globex: addressOf(wrong) } });
    await until(() => client.observer.logged.some(({ text }) => text.includes('reached umbrella')));
    expect(client.network.connected()).toEqual([]);
    expect(wrong.connections).toEqual([]);
  });
});

describe('renewal', () => {
  it('swaps the leaf of both ends while streams stand', async () => {
    const g = await start({ member: globex! });
    const a = await start({ member: acme!, addresses: { globex: addressOf(g) } });
    await until(() => a.network.connected().length === 1 && g.network.connected().length === 1);
    await Promise.all([a.network.renewCertificate(), g.network.renewCertificate()]);
    a.network.send(1, { type: 'syncRequest', fromHeight: 1, toHeight: 2, bytesMax: 3 });
    await until(() => g.received.length === 1);
    expect([a.connections, g.connections]).toEqual([['+1'], ['+0']]);
    a.network.disconnect(1, 'test of a new connection');
    await until(() => a.connections.length === 3 && g.connections.length === 3);
    expect(a.network.connected()).toEqual([1]);
  });

  it('cuts a stream when the leaf of its other end expires, and comes back with the new one', async () => {
    const tuning = { leafLifetimeMs: 3_000 };
    const g = await start({ member: globex! });
    const a = await start({ member: acme!, addresses: { globex: addressOf(g) }, tuning });
    await until(() => g.connections.length >= 3);
    expect(g.connections.slice(0, 3)).toEqual(['+0', '-0', '+0']);
    expect(g.observer.logged.some(({ text }) => text.includes('certificate expired'))).toBe(true);
    expect(
      a.observer.logged.filter(({ message }) => message.includes('certificate is in use')).length,
    ).toBeGreaterThan(1);
  });

  it('shows when its own leaf expires', async () => {
    const g = await start({ member: globex! });
    const days = (g.network.certificateExpiresMs - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(30);
  });
});
