/**
 * An organisation is its ledger key, and that key is its certificate authority: it signs short-lived TLS leaves through
 * the Signer port. The authority's own certificate is a pure function of name and key but for its signature, which nobody
 * checks on a trust anchor (RFC 5280, 6.1: an anchor is a name and a key). So whoever has the genesis file can write down
 * the anchors of all members, and no certificate has to be exchanged, renewed or trusted beforehand.
 */
import 'reflect-metadata';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import x509 from '@peculiar/x509';
import type { Clock, Signer } from '../../node/ports.js';
import { concatBytes, hexToBytes } from '../../protocol/primitives/bytes.js';
import type { OrganisationName, PublicKey, TimestampMs } from '../../protocol/primitives/identifiers.js';
import { invariant } from '../../protocol/primitives/invariant.js';

const DAY_MS = 86_400_000;
/** Clocks of two organisations may differ by this much at the moment a leaf is issued. */
const BACKDATE_MS = 3_600_000;
export const LEAF_LIFETIME_MS = 30 * DAY_MS;

/** SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410). */
const ED25519_SPKI_PREFIX = hexToBytes('302a300506032b6570032100');
const SIGNATURE_BYTES = 64;
const ANCHOR_NOT_BEFORE = new Date('2000-01-01T00:00:00Z');
/** "No well-defined expiration date" (RFC 5280, 4.1.2.5). */
const ANCHOR_NOT_AFTER = new Date('9999-12-31T23:59:59Z');

export interface LeafCertificate {
  /** The certificate alone. */
  readonly certificatePem: string;
  /** PKCS#8. */
  readonly privateKeyPem: string;
  readonly notAfterMs: TimestampMs;
}

export function ed25519Spki(ledgerKey: PublicKey): Uint8Array {
  return concatBytes(ED25519_SPKI_PREFIX, hexToBytes(ledgerKey));
}

/** Key identifier by RFC 7093, method 1. */
function keyIdentifier(ledgerKey: PublicKey): string {
  return createHash('sha256').update(hexToBytes(ledgerKey)).digest('hex').slice(0, 40);
}

function authorityName(organisation: OrganisationName): string {
  return `O=${organisation}, CN=${organisation} ledger authority`;
}

/** The certificate with a signature of zeros in its place: signing it later changes its last 64 bytes and nothing else. */
async function unsigned(
  fields: Omit<x509.X509CertificateCreateWithSignatureParams, 'signature' | 'signingAlgorithm'>,
): Promise<Uint8Array> {
  const certificate = await x509.X509CertificateGenerator.create({
    ...fields,
    signingAlgorithm: { name: 'Ed25519' },
    signature: new Uint8Array(SIGNATURE_BYTES),
  });
  return new Uint8Array(certificate.rawData);
}

function unsignedAuthority(organisation: OrganisationName, ledgerKey: PublicKey): Promise<Uint8Array> {
  const name = authorityName(organisation);
  return unsigned({
    serialNumber: `01${keyIdentifier(ledgerKey).slice(0, 30)}`,
    subject: name,
    issuer: name,
    notBefore: ANCHOR_NOT_BEFORE,
    notAfter: ANCHOR_NOT_AFTER,
    publicKey: ed25519Spki(ledgerKey),
    extensions: [
      // Path length 0: a member can make leaves, never another authority that bears a member's name.
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      new x509.SubjectKeyIdentifierExtension(keyIdentifier(ledgerKey)),
    ],
  });
}

/** First element of the outer sequence: what the signature is over (RFC 5280, 4.1). */
function toBeSigned(certificate: Uint8Array): Uint8Array {
  const lengthOctets = (offset: number): number => {
    const first = certificate[offset] ?? 0;
    return first < 0x80 ? 1 : 1 + (first & 0x7f);
  };
  const start = 1 + lengthOctets(1);
  const octets = lengthOctets(start + 1);
  let length = certificate[start + 1] ?? 0;
  if (octets > 1) {
    length = 0;
    for (let index = 1; index < octets; index++)
      length = length * 256 + (certificate[start + 1 + index] ?? 0);
  }
  const end = start + 1 + octets + length;
  invariant(
    certificate[0] === 0x30 && certificate[start] === 0x30,
    'a certificate is a sequence of sequences',
  );
  invariant(end < certificate.length, 'a certificate is longer than its signed part');
  return certificate.subarray(start, end);
}

async function sign(certificate: Uint8Array, signer: Signer): Promise<Uint8Array> {
  const [signature] = await signer.sign([toBeSigned(certificate)]);
  invariant(signature?.length === SIGNATURE_BYTES, 'an Ed25519 signature has 64 bytes');
  const signed = certificate.slice();
  signed.set(signature, signed.length - SIGNATURE_BYTES);
  return signed;
}

function toPem(certificate: Uint8Array): string {
  return `${x509.PemConverter.encode(certificate, 'CERTIFICATE')}\n`;
}

/** PEM by which OpenSSL trusts every leaf of the ledger key, and nothing else. Needs no private key. */
export async function trustAnchorPem(organisation: OrganisationName, ledgerKey: PublicKey): Promise<string> {
  return toPem(await unsignedAuthority(organisation, ledgerKey));
}

/** The same certificate with its signature, for tools that insist on one. */
export async function authorityCertificatePem(
  organisation: OrganisationName,
  signer: Signer,
): Promise<string> {
  return toPem(await sign(await unsignedAuthority(organisation, signer.publicKey), signer));
}

/** Whom a leaf names: an organisation's validator, or one of the observers that the organisation lets in. */
export interface LeafSubject {
  readonly organisation: OrganisationName;
  /** Lower-case name among the organisation's observers; `undefined` for the validator. */
  readonly observer?: string | undefined;
}

export const OBSERVER_UNIT = 'observer';

function subjectName({ organisation, observer }: LeafSubject): string {
  if (observer === undefined) return `O=${organisation}, CN=${organisation}`;
  return `O=${organisation}, OU=${OBSERVER_UNIT}, CN=${observer}`;
}

export interface Certified {
  readonly certificatePem: string;
  readonly notAfterMs: TimestampMs;
}

/**
 * Certifies a TLS key that somebody else may hold. `publicKey` is a SubjectPublicKeyInfo (RFC 5280, 4.1). An observer's
 * leaf is good for a client alone: whoever steals it can neither listen for peers nor speak as the validator.
 */
export async function certifyKey(
  subject: LeafSubject,
  publicKey: Uint8Array,
  signer: Signer,
  clock: Pick<Clock, 'wallMs'>,
  lifetimeMs: number,
): Promise<Certified> {
  const { organisation, observer } = subject;
  const nowMs = clock.wallMs();
  const notAfterMs = nowMs + lifetimeMs;
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  const isObserver = observer !== undefined;
  const certificate = await unsigned({
    // Positive, and 128 bits of chance (CA/Browser Forum, 7.1).
    serialNumber: `01${randomBytes(16).toString('hex')}`,
    subject: subjectName(subject),
    issuer: authorityName(organisation),
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(notAfterMs),
    publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(isObserver ? [clientAuth] : [serverAuth, clientAuth]),
      ...(isObserver
        ? []
        : [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: organisation }])]),
      new x509.AuthorityKeyIdentifierExtension(keyIdentifier(signer.publicKey)),
    ],
  });
  return { certificatePem: toPem(await sign(certificate, signer)), notAfterMs };
}

/** A new ECDSA P-256 key and its certificate; for a validator, both ends of a connection, and the key never touches a disk. */
export async function issueLeaf(
  subject: LeafSubject,
  signer: Signer,
  clock: Pick<Clock, 'wallMs'>,
  lifetimeMs = LEAF_LIFETIME_MS,
): Promise<LeafCertificate> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
  return {
    ...(await certifyKey(subject, spki, signer, clock, lifetimeMs)),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
