/**
 * Whose certificate is it? OpenSSL has checked the chain by the time this runs; here the answer is derived anew from the
 * one thing that counts: the leaf's signature by a member's ledger key. Names alone decide nothing; the ledger key says
 * with the subject whether it means its own validator or an observer.
 */
import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { PeerMember } from '../../node/ports.js';
import {
  isOrganisationName,
  type OrganisationName,
  type PublicKey,
  type TimestampMs,
} from '../../protocol/primitives/identifiers.js';
import { accept, reject, type Result } from '../../protocol/primitives/rejection.js';
import { ed25519Spki, OBSERVER_UNIT } from './certificate-authority.js';

export interface PeerIdentity {
  readonly organisation: OrganisationName;
  /** Name among the organisation's observers; `undefined` for its validator. */
  readonly observer: string | undefined;
  /** When its leaf expires. */
  readonly notAfterMs: TimestampMs;
  /** That of the organisation which signed its leaf. */
  readonly ledgerKey: PublicKey;
}

/** For people. */
export function describePeer({
  organisation,
  observer,
}: Pick<PeerIdentity, 'organisation' | 'observer'>): string {
  return observer === undefined ? organisation : `observer ${observer} of ${organisation}`;
}

/** An observer's name: as an organisation's, so that it is a plain word wherever it is shown. */
export function isObserverName(name: string): boolean {
  return isOrganisationName(name);
}

/** Attributes of a subject in their order; Node writes one on each line, and escapes what could look like another. */
const VALIDATOR_SUBJECT = /^O=([^\n]*)\nCN=([^\n]*)$/;
const OBSERVER_SUBJECT = new RegExp(`^O=([^\\n]*)\\nOU=${OBSERVER_UNIT}\\nCN=([^\\n]*)$`);

/** Whom a subject names, when it is one that `certifyKey` writes. */
export function readSubject(subject: string): Pick<PeerIdentity, 'organisation' | 'observer'> | undefined {
  const [, organisation, commonName] = VALIDATOR_SUBJECT.exec(subject) ?? [];
  if (organisation !== undefined && organisation === commonName) return { organisation, observer: undefined };
  const [, host, observer] = OBSERVER_SUBJECT.exec(subject) ?? [];
  if (host === undefined || observer === undefined || !isObserverName(observer)) return undefined;
  return { organisation: host, observer };
}

interface TrustedKey {
  readonly ledgerKey: PublicKey;
  readonly object: KeyObject;
}

/** Ledger keys by organisation; while one is replaced an organisation has two. */
export class MemberKeys {
  private readonly keys: ReadonlyMap<OrganisationName, readonly TrustedKey[]>;

  constructor(members: readonly Pick<PeerMember, 'organisation' | 'ledgerKeys'>[]) {
    this.keys = new Map(
      members.map(({ organisation, ledgerKeys }) => [
        organisation,
        ledgerKeys.map((ledgerKey) => ({
          ledgerKey,
          object: createPublicKey({ key: Buffer.from(ed25519Spki(ledgerKey)), format: 'der', type: 'spki' }),
        })),
      ]),
    );
  }

  has(organisation: OrganisationName): boolean {
    return this.keys.has(organisation);
  }

  /** Rejection: CERTIFICATE_INVALID. `nowMs` is the wall clock. */
  identify(leafDer: Uint8Array | undefined, nowMs: TimestampMs): Result<PeerIdentity> {
    if (leafDer === undefined) return reject('CERTIFICATE_INVALID', 'the peer showed no certificate');
    let leaf: X509Certificate;
    try {
      leaf = new X509Certificate(leafDer);
    } catch {
      return reject('CERTIFICATE_INVALID', 'the peer showed no X.509 certificate');
    }
    const subject = readSubject(leaf.subject);
    const keys = subject === undefined ? undefined : this.keys.get(subject.organisation);
    if (subject === undefined || keys === undefined) {
      return reject('CERTIFICATE_INVALID', 'the certificate names no member');
    }
    const { organisation } = subject;
    const signedWith = leaf.ca ? undefined : keys.find(({ object }) => leaf.verify(object));
    if (signedWith === undefined) {
      return reject(
        'CERTIFICATE_INVALID',
        `the certificate is not a leaf of the ledger key of ${organisation}`,
      );
    }
    const notAfterMs = Date.parse(leaf.validTo);
    if (nowMs > notAfterMs) {
      return reject('CERTIFICATE_INVALID', `the certificate of ${organisation} expired on ${leaf.validTo}`);
    }
    return accept({ ...subject, notAfterMs, ledgerKey: signedWith.ledgerKey });
  }
}
