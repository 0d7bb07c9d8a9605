/**
 * Which certificate a node shows to whoever connects, and whether it is a member's. Needs no key: with TLS 1.3 the server
 * proves itself first, and only then learns that the client has nothing to show.
 */
import tls from 'node:tls';
import type { PeerMember } from '../node/ports.js';
import type { TimestampMs } from '../protocol/primitives/identifiers.js';
import { reject, type Result } from '../protocol/primitives/rejection.js';
import { MemberKeys, type PeerIdentity } from './tls/peer-identity.js';

const CONNECT_LIMIT_MS = 5_000;

function certificateAt(host: string, port: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, fail) => {
    const socket = tls.connect({
      host,
      port,
      ALPNProtocols: ['h2'],
      minVersion: 'TLSv1.3',
      // Judged below, by the members' ledger keys; no word is exchanged with whoever this is.
      rejectUnauthorized: false,
    });
    socket.setTimeout(CONNECT_LIMIT_MS, () => {
      socket.destroy(new Error(`no answer within ${CONNECT_LIMIT_MS} ms`));
    });
    socket.once('secureConnect', () => {
      resolve(socket.getPeerX509Certificate()?.raw);
      socket.destroy();
    });
    socket.once('error', fail);
  });
}

/** Rejection: CERTIFICATE_INVALID. Rejects with the error of the connection. `address` is "host:port". */
export async function showCertificate(
  address: string,
  members: readonly Pick<PeerMember, 'organisation' | 'ledgerKeys'>[],
  nowMs: TimestampMs,
): Promise<Result<PeerIdentity>> {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[|\]$/g, '');
  const certificate = await certificateAt(host, Number(address.slice(at + 1)));
  const identity = new MemberKeys(members).identify(certificate, nowMs);
  if (!identity.ok) return identity;
  const { observer, organisation } = identity.value;
  return observer === undefined
    ? identity
    : reject('CERTIFICATE_INVALID', `an observer of ${organisation} listens where a validator should`);
}
