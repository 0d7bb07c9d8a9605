/** The first message each way: same protocol, same chain, and the organisation that the certificate proves. */
import type { Hello } from '../protocol/encoding/generated/countersign/v1/peer_pb.js';
import { bytesToHex, hexToBytes } from '../protocol/primitives/bytes.js';
import type { ChainId, OrganisationName } from '../protocol/primitives/identifiers.js';
import { encodeHello } from './message-mapping/encode-message.js';

export const PROTOCOL_VERSION = 3;

export interface HelloExpectation {
  readonly chainId: ChainId;
  /** Of the peer's TLS certificate. */
  readonly organisation: OrganisationName;
}

export function createHello(expectation: HelloExpectation, softwareVersion: string): Uint8Array {
  return encodeHello({
    protocolVersion: PROTOCOL_VERSION,
    chainId: hexToBytes(expectation.chainId),
    organisation: expectation.organisation,
    softwareVersion: softwareVersion.slice(0, 64),
  });
}

/** What is wrong with a peer's Hello; `undefined` when it is right. */
export function checkHello(hello: Hello, expected: HelloExpectation): string | undefined {
  if (hello.protocolVersion !== PROTOCOL_VERSION) {
    return `${expected.organisation} speaks protocol version ${hello.protocolVersion}, this node ${PROTOCOL_VERSION}: run the same version of Countersign`;
  }
  if (hello.organisation !== expected.organisation) {
    return `${expected.organisation} called itself by another name`;
  }
  if (bytesToHex(hello.chainId) !== expected.chainId) {
    return `${expected.organisation} is on another chain: compare the genesis files`;
  }
  return undefined;
}
