/** COSE receipts as somebody else's library reads them: @transmute/cose, which knows nothing of this ledger. */
import { detached, receipt, type PublicKeyJwk } from '@transmute/cose';

export interface KeyToTry {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly y: string;
  readonly alg: string;
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

/** The root that the receipt is over, when leaf, path and signature belong together; throws otherwise. */
export async function verifyIndependently(
  coseSign1: Uint8Array,
  leafBytes: Uint8Array,
  key: KeyToTry,
): Promise<Uint8Array> {
  const verifier = detached.verifier({
    resolver: { resolve: () => Promise.resolve(key as PublicKeyJwk) },
  });
  const root = await receipt.inclusion.verify({
    entry: await receipt.leaf(leafBytes),
    receipt: toArrayBuffer(coseSign1),
    verifier,
  });
  return new Uint8Array(root);
}
