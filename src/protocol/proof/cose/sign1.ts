/**
 * One COSE receipt (RFC 9942) as a tagged COSE_Sign1 (RFC 9052): ES256, the root of the log as detached payload, the path to it
 * in the unprotected header. Nothing here knows whose key it is.
 */
import { concatBytes } from '../../primitives/bytes.js';
import { asBytes, asInteger, asList, asPath, asText, decodeCbor, encodeCbor, member } from './cbor.js';

/** Labels of the registries "COSE Header Parameters" and "CBOR Web Token Claims". */
const HEADER = {
  alg: 1,
  kid: 4,
  cwtClaims: 15,
  verifiableDataStructure: 395,
  verifiableDataProofs: 396,
} as const;
const CLAIM = { issuer: 1, subject: 2 } as const;
const ES256 = -7;
const RFC9162_SHA256 = 1;
const INCLUSION_PROOFS = -1;
/** Tag 18 in front of an array. */
const SIGN1_TAG = Uint8Array.of(0xd2);

export interface ProtectedHeader {
  /** 32 bytes. */
  readonly kid: Uint8Array;
  readonly issuer: string;
  readonly subject: string;
}

export interface InclusionInTree {
  /** Leaves of the tree. */
  readonly size: number;
  readonly index: number;
  readonly path: readonly Uint8Array[];
}

export interface Sign1Receipt extends ProtectedHeader {
  readonly inclusion: InclusionInTree;
  readonly signature: Uint8Array;
}

function encodeProtected({ kid, issuer, subject }: ProtectedHeader): Uint8Array {
  return encodeCbor(
    new Map<number, number | Uint8Array | Map<number, string>>([
      [HEADER.alg, ES256],
      [HEADER.kid, kid],
      [
        HEADER.cwtClaims,
        new Map([
          [CLAIM.issuer, issuer],
          [CLAIM.subject, subject],
        ]),
      ],
      [HEADER.verifiableDataStructure, RFC9162_SHA256],
    ]),
  );
}

/** Sig_structure of RFC 9052 section 4.4 with the root as payload and no external data. */
export function sign1SigningBytes(header: ProtectedHeader, root: Uint8Array): Uint8Array {
  return encodeCbor(['Signature1', encodeProtected(header), new Uint8Array(0), root]);
}

export function encodeSign1(receipt: Sign1Receipt): Uint8Array {
  const { inclusion, signature } = receipt;
  const proof = encodeCbor([inclusion.size, inclusion.index, [...inclusion.path]]);
  const unprotected = new Map([[HEADER.verifiableDataProofs, new Map([[INCLUSION_PROOFS, [proof]]])]]);
  return concatBytes(SIGN1_TAG, encodeCbor([encodeProtected(receipt), unprotected, null, signature]));
}

/**
 * What such bytes say; `undefined` for what says less. Whoever reads compares them with `encodeSign1` of it, which leaves
 * nothing else room.
 */
export function decodeSign1(bytes: Uint8Array): Sign1Receipt | undefined {
  if (bytes[0] !== SIGN1_TAG[0]) return undefined;
  const [protectedBytes, unprotected, , signed] = asList(decodeCbor(bytes.subarray(1))) ?? [];
  const header = decodeCbor(asBytes(protectedBytes) ?? new Uint8Array(0));
  const kid = asBytes(member(header, HEADER.kid));
  const claims = member(header, HEADER.cwtClaims);
  const issuer = asText(member(claims, CLAIM.issuer));
  const subject = asText(member(claims, CLAIM.subject));
  const proofs = asList(member(member(unprotected, HEADER.verifiableDataProofs), INCLUSION_PROOFS));
  const [treeSize, leafIndex, hashes] = asList(decodeCbor(asBytes(proofs?.[0]) ?? new Uint8Array(0))) ?? [];
  const size = asInteger(treeSize);
  const index = asInteger(leafIndex);
  const path = asPath(hashes);
  const signature = asBytes(signed);
  if (kid === undefined || issuer === undefined || subject === undefined) return undefined;
  if (size === undefined || index === undefined || path === undefined || signature === undefined)
    return undefined;
  return { kid, issuer, subject, inclusion: { size, index, path }, signature };
}
