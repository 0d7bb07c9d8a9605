/**
 * A key with its proof of possession as a file: its holder makes it, an admin registers it, and the private half stays where
 * it is.
 */
import { bytesToBase64, parseBase64 } from '../../protocol/primitives/base64.js';
import {
  isHex64,
  type ChainId,
  type OrganisationName,
  type PublicKey,
} from '../../protocol/primitives/identifiers.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type { IdentityKey } from '../../sdk/index.js';

const FORMAT = 'countersign-key-proof/v1';

export interface KeyProof {
  readonly format: typeof FORMAT;
  readonly chainId: ChainId;
  readonly organisation: OrganisationName;
  readonly name: string;
  readonly algorithm: 'ed25519';
  readonly publicKey: PublicKey;
  /** Base64. */
  readonly possession: string;
}

export function keyToProof(
  key: IdentityKey,
  place: Pick<KeyProof, 'chainId' | 'organisation' | 'name'>,
): KeyProof {
  const { chainId, organisation, name } = place;
  const { algorithm, publicKey, possession } = key;
  return {
    format: FORMAT,
    ...{ chainId, organisation, name },
    ...{ algorithm, publicKey, possession: bytesToBase64(possession) },
  };
}

/** Throws LedgerError KEY_PROOF_INVALID: no such file, or one for another chain or identity. */
export function proofToKey(
  bytes: Uint8Array,
  file: string,
  place: Pick<KeyProof, 'chainId' | 'name'>,
): IdentityKey {
  const invalid = (what: string) =>
    new LedgerError('KEY_PROOF_INVALID', `${file} ${what}; make it with "countersign identity prove"`);
  let proof: Partial<KeyProof> | null;
  try {
    proof = JSON.parse(new TextDecoder().decode(bytes)) as Partial<KeyProof> | null;
  } catch {
    throw invalid('is not JSON');
  }
  if (proof?.format !== FORMAT) throw invalid(`is not a proof of the format ${FORMAT}`);
  const { chainId, name, publicKey, possession } = proof;
  if (chainId !== place.chainId)
    throw invalid(`is for chain ${chainId ?? 'unnamed'}, this is ${place.chainId}`);
  if (name !== place.name)
    throw invalid(`is for an identity ${name ?? 'without name'}, not for ${place.name}`);
  const signature = typeof possession === 'string' ? parseBase64(possession) : undefined;
  if (typeof publicKey !== 'string' || !isHex64(publicKey) || signature?.length !== 64)
    throw invalid('names no key with a signature of 64 bytes');
  return { algorithm: 'ed25519', publicKey, possession: signature };
}
