/**
 * The certificate by which a validator lets an observer in: the organisation's ledger key issues it for one observer, by
 * name and for a time, and the observer never holds a ledger key. One PEM file has the certificate and its private key.
 */
import 'reflect-metadata';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { promises as fs } from 'node:fs';
import path from 'node:path';
import x509 from '@peculiar/x509';
import type { Clock, Signer } from '../node/ports.js';
import type { OrganisationName, TimestampMs } from '../protocol/primitives/identifiers.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import { certifyKey, issueLeaf, type Certified, type LeafCertificate } from './tls/certificate-authority.js';
import { describePeer, isObserverName, readSubject, type MemberKeys } from './tls/peer-identity.js';
import type { LeafSource } from './tls/tls-identity.js';

export interface ObserverName {
  readonly organisation: OrganisationName;
  readonly observer: string;
}

const FILE_BYTES_MAX = 64 * 1024;
/** How soon a file that was replaced is noticed. */
const LOOK_AGAIN_MS = 60_000;

function requireName(observer: string): void {
  if (isObserverName(observer)) return;
  throw new LedgerError(
    'OBSERVER_CERTIFICATE_INVALID',
    `"${observer}" is no name of an observer: a lower-case letter, then up to 62 letters, digits or hyphens`,
  );
}

/** A new key with its certificate as the content of one file. Rejects as the signer does, OBSERVER_CERTIFICATE_INVALID. */
export async function issueObserverCertificate(
  name: ObserverName,
  signer: Signer,
  clock: Pick<Clock, 'wallMs'>,
  lifetimeMs: number,
): Promise<{ readonly pem: string; readonly notAfterMs: TimestampMs }> {
  requireName(name.observer);
  const leaf = await issueLeaf(name, signer, clock, lifetimeMs);
  return { pem: leaf.certificatePem + leaf.privateKeyPem, notAfterMs: leaf.notAfterMs };
}

/**
 * Certifies the key of a PKCS #10 request (RFC 2986) in PEM, so that the private key stays where it was made. Only the key is
 * taken from the request, never a name. Rejects as the signer does, OBSERVER_CERTIFICATE_INVALID.
 */
export async function certifyObserverRequest(
  requestPem: string,
  name: ObserverName,
  signer: Signer,
  clock: Pick<Clock, 'wallMs'>,
  lifetimeMs: number,
): Promise<Certified> {
  requireName(name.observer);
  let request: x509.Pkcs10CertificateRequest;
  try {
    request = new x509.Pkcs10CertificateRequest(requestPem);
  } catch (cause) {
    throw new LedgerError(
      'OBSERVER_CERTIFICATE_INVALID',
      'the request is no PKCS #10 certificate request in PEM; make one with "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"',
      { cause },
    );
  }
  const algorithm = request.publicKey.algorithm as { readonly name: string; readonly namedCurve?: string };
  if (algorithm.name !== 'ECDSA' || algorithm.namedCurve !== 'P-256' || !(await request.verify())) {
    throw new LedgerError(
      'OBSERVER_CERTIFICATE_INVALID',
      'the request must be for an ECDSA P-256 key and signed by that key',
    );
  }
  return certifyKey(name, new Uint8Array(request.publicKey.rawData), signer, clock, lifetimeMs);
}

/** The observer's leaf from its file, which is read again every minute: whoever replaces it need not restart the node. */
export function observerCertificateFile(
  file: string,
  organisation: OrganisationName,
  memberKeys: () => MemberKeys,
  clock: Pick<Clock, 'wallMs'>,
): LeafSource {
  return {
    obtain: async () => {
      const pem = await readPrivateFile(file);
      const leaf = readLeaf(pem, file, memberKeys(), organisation, clock.wallMs());
      return { leaf, nextAtMs: clock.wallMs() + LOOK_AGAIN_MS };
    },
  };
}

function unusable(file: string, problem: string, cause?: unknown): LedgerError {
  return new LedgerError(
    'OBSERVER_CERTIFICATE_INVALID',
    `the observer's certificate ${file} is not usable: ${problem}`,
    { cause },
  );
}

async function readPrivateFile(file: string): Promise<string> {
  try {
    const { mode, size } = await fs.stat(file);
    // Windows keeps access lists instead of modes; there the folder's inherited list decides.
    if (path.sep !== '\\' && (mode & 0o077) !== 0)
      throw unusable(file, `it is open to other users; run "chmod 600 ${file}"`);
    if (size > FILE_BYTES_MAX) throw unusable(file, `it has more than ${FILE_BYTES_MAX} bytes`);
    return await fs.readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof LedgerError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unusable(
      file,
      `it cannot be read (${reason}); put there what "countersign observer issue" wrote, or set peer.certificateFile`,
      cause,
    );
  }
}

function readLeaf(
  pem: string,
  file: string,
  memberKeys: MemberKeys,
  organisation: OrganisationName,
  nowMs: TimestampMs,
): LeafCertificate {
  let certificate: X509Certificate;
  let privateKeyPem: string;
  try {
    certificate = new X509Certificate(pem);
    const privateKey = createPrivateKey(pem);
    privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    if (!certificate.checkPrivateKey(privateKey))
      throw unusable(file, 'its private key is not that of its certificate');
  } catch (cause) {
    if (cause instanceof LedgerError) throw cause;
    throw unusable(file, 'it must have one certificate and its private key in PEM', cause);
  }
  const { observer, notAfterMs } = checkedName(certificate, file, memberKeys, organisation, nowMs);
  if (observer.observer === undefined || observer.organisation !== organisation) {
    throw unusable(file, `it names ${describePeer(observer)}, and must name an observer of ${organisation}`);
  }
  return { certificatePem: certificate.toString(), privateKeyPem, notAfterMs };
}

/** The ledger may name an organisation that this node has not heard of yet: then the others alone can judge the signature. */
function checkedName(
  certificate: X509Certificate,
  file: string,
  memberKeys: MemberKeys,
  organisation: OrganisationName,
  nowMs: TimestampMs,
) {
  const claimed = readSubject(certificate.subject);
  if (claimed?.organisation === organisation && !memberKeys.has(organisation)) {
    const notAfterMs = Date.parse(certificate.validTo);
    if (nowMs > notAfterMs) throw unusable(file, `it expired on ${certificate.validTo}`);
    return { observer: claimed, notAfterMs };
  }
  const identity = memberKeys.identify(certificate.raw, nowMs);
  if (!identity.ok) throw unusable(file, identity.rejection.message);
  return { observer: identity.value, notAfterMs: identity.value.notAfterMs };
}
