/**
 * Whose certificate is it? OpenSSL has checked the chain by the time this runs; here the answer is derived anew from the
 * one thing that counts: the leaf's signature by a member's ledger key. Names alone decide nothing.
 */
import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { ValidatorSet } from '../../protocol/ledger/validator-set.js';
import type { OrganisationName, TimestampMs } from '../../protocol/primitives/identifiers.js';
import { accept, reject, type Result } from '../../protocol/primitives/rejection.js';
import { ed25519Spki } from './certificate-authority.js';

export interface PeerIdentity {
  readonly organisation: OrganisationName;
  /** When its leaf expires. */
  readonly notAfterMs: TimestampMs;
}

export class MemberKeys {
  private readonly keys: ReadonlyMap<OrganisationName, KeyObject>;

  constructor(members: ValidatorSet) {
    this.keys = new Map(
      members.map(({ organisation, ledgerKey }) => [
        organisation,
        createPublicKey({ key: Buffer.from(ed25519Spki(ledgerKey)), format: 'der', type: 'spki' }),
      ]),
    );
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
    const organisation = /^O=(.*)$/m.exec(leaf.subject)?.[1];
    const key = organisation === undefined ? undefined : this.keys.get(organisation);
    if (organisation === undefined || key === undefined) {
      return reject('CERTIFICATE_INVALID', 'the certificate names no member');
    }
    if (leaf.ca || !leaf.verify(key)) {
      return reject(
        'CERTIFICATE_INVALID',
        `the certificate is not a leaf of the ledger key of ${organisation}`,
      );
    }
    const notAfterMs = Date.parse(leaf.validTo);
    if (nowMs > notAfterMs) {
      return reject('CERTIFICATE_INVALID', `the certificate of ${organisation} expired on ${leaf.validTo}`);
    }
    return accept({ organisation, notAfterMs });
  }
}
